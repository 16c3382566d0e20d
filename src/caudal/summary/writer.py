"""FileWriter: summaries, graphs and other events of a run, written to an event file."""

import time
import warnings

from ..formats.proto import GraphDef
from ..formats.proto.meta_graph_pb2 import MetaGraphDef
from ..formats.proto.summary_pb2 import Event, Summary, TaggedRunMetadata
from ..graph.graph import Graph
from ..ground.api import export
from ..ground.errors import need
from ..platform import logging
from ..train.meta_graph import create_meta_graph_def
from .event_file import EventFile

__all__ = ["FileWriter", "SummaryToEventTransformer"]


class SummaryToEventTransformer:
    """What makes events of summaries, graphs and the like, and hands them to `event_writer`, which has `add_event`.

    Args:
      event_writer: where events go.
      graph: a `Graph` that is written at once.
      graph_def: a `GraphDef` instead.
    """

    def __init__(self, event_writer, graph=None, graph_def=None):
        self.event_writer = event_writer
        self._session_run_tags = {}
        self._seen_summary_tags = set()
        if graph is not None or graph_def is not None:
            self.add_graph(graph=graph, graph_def=graph_def)
            message = graph.as_graph_def(add_shapes=True) if graph is not None else graph_def
            self.add_meta_graph(create_meta_graph_def(graph_def=message))

    def add_summary(self, summary, global_step=None):
        """Writes a summary.

        Args:
          summary: a `Summary`, or one as bytes, as a run gives it.
          global_step: the step that it belongs to.
        """
        if isinstance(summary, bytes):
            summary = Summary.FromString(summary)
        for value in summary.value:
            if value.HasField("metadata"):
                if value.tag in self._seen_summary_tags:
                    value.ClearField("metadata")  # TensorBoard wants it once
                self._seen_summary_tags.add(value.tag)
        self._add_event(Event(summary=summary), global_step)

    def add_session_log(self, session_log, global_step=None):
        """Writes a `SessionLog`: that a session began, ended, or saved."""
        self._add_event(Event(session_log=session_log), global_step)

    def _add_graph_def(self, graph_def, global_step=None):
        self._add_event(Event(graph_def=graph_def.SerializeToString()), global_step)

    def add_graph(self, graph, global_step=None, graph_def=None):
        """Writes a graph.

        Args:
          graph: a `Graph`.
          global_step: the step that it belongs to.
          graph_def: a `GraphDef` in its place.

        Raises:
          ValueError: both are given, or neither; TypeError: no graph.
        """
        need(graph is None or graph_def is None, "Please pass only graph, or graph_def (deprecated), but not both.")
        if isinstance(graph, Graph) or isinstance(graph_def, Graph):
            if not isinstance(graph, Graph):
                logging.warning("When passing a `Graph` object, please use the `graph` named argument instead of `graph_def`.")
                graph = graph_def
            message = graph.as_graph_def(add_shapes=True)
        elif isinstance(graph, GraphDef) or isinstance(graph_def, GraphDef):
            logging.warning(
                "Passing a `GraphDef` to the SummaryWriter is deprecated. Pass a `Graph` object instead, such as `sess.graph`."
            )
            message = graph if isinstance(graph, GraphDef) else graph_def
        else:
            raise TypeError("The passed graph must be an instance of `Graph` or the deprecated `GraphDef`")
        self._add_graph_def(message, global_step)

    def add_meta_graph(self, meta_graph_def, global_step=None):
        """Writes a `MetaGraphDef`.

        Raises:
          TypeError: it is none.
        """
        if not isinstance(meta_graph_def, MetaGraphDef):
            raise TypeError(f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}")
        self._add_event(Event(meta_graph_def=meta_graph_def.SerializeToString()), global_step)

    def add_run_metadata(self, run_metadata, tag, global_step=None):
        """Writes what a run told of itself.

        Args:
          run_metadata: a `RunMetadata`.
          tag: its name, given once.
          global_step: the step that it belongs to.

        Raises:
          ValueError: the tag was used before.
        """
        need(tag not in self._session_run_tags, "The provided tag was already used for this event type")
        self._session_run_tags[tag] = True
        tagged = TaggedRunMetadata(tag=tag, run_metadata=run_metadata.SerializeToString())
        self._add_event(Event(tagged_run_metadata=tagged), global_step)

    def _add_event(self, event, step):
        event.wall_time = time.time()
        if step is not None:
            event.step = int(step)
        self.event_writer.add_event(event)


class EventFileWriter:
    """An event file as `SummaryToEventTransformer` wants it; a closed one takes no events."""

    def __init__(self, logdir, max_queue=10, flush_secs=120, filename_suffix=None):
        self._logdir = logdir
        self._file = EventFile(str(logdir), flush_secs, filename_suffix)

    def get_logdir(self):
        """The folder."""
        return self._logdir

    def add_event(self, event):
        """Appends an `Event`."""
        if not self._file.closed:
            self._file.add(event)

    def flush(self):
        """Writes what is kept back."""
        self._file.flush()

    def close(self):
        """Ends the file."""
        self._file.close()

    def reopen(self):
        """Begins a new file."""
        self._file.reopen()


@export("summary.FileWriter")
class FileWriter(SummaryToEventTransformer):
    """Writes what TensorBoard shows: a file `events.out.tfevents.*` in a folder.

    Args:
      logdir: the folder; made if it is not there.
      graph: a `Graph` that is written at once.
      max_queue: how many events are kept back; none are here.
      flush_secs: how long they are kept back, seconds.
      graph_def: a `GraphDef` in the place of `graph`.
      filename_suffix: the end of the file's name.
      session: accepted; files are written without it.

    Use it as a context manager: it is closed at its end.
    """

    def __init__(self, logdir, graph=None, max_queue=10, flush_secs=120, graph_def=None, filename_suffix=None, session=None):
        self._closed = False
        super().__init__(EventFileWriter(logdir, max_queue, flush_secs, filename_suffix), graph, graph_def)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def get_logdir(self):
        """The folder that it writes to."""
        return self.event_writer.get_logdir()

    def _warn_if_event_writer_is_closed(self):
        if self._closed:
            warnings.warn(
                "Attempting to use a closed FileWriter. The operation will be a noop unless the FileWriter is explicitly reopened.",
                stacklevel=3,
            )

    def _add_event(self, event, step):
        self._warn_if_event_writer_is_closed()
        super()._add_event(event, step)

    def add_event(self, event):
        """Writes an `Event` as it is."""
        self._warn_if_event_writer_is_closed()
        self.event_writer.add_event(event)

    def flush(self):
        """Writes what is kept back."""
        self._warn_if_event_writer_is_closed()
        self.event_writer.flush()

    def close(self):
        """Ends the file; call it when you need the writer no more."""
        self.event_writer.close()
        self._closed = True

    def reopen(self):
        """Begins a new file after `close`; nothing happens if it is open."""
        self.event_writer.reopen()
        self._closed = False
