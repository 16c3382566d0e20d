"""Timeline: what a run's statistics say, in the format that chrome://tracing reads."""

import json

__all__ = ["Timeline"]


class Timeline:
    """The nodes of a run along time.

    Args:
      step_stats: a `StepStats` message, as `RunMetadata.step_stats` holds it.
      graph: kept for whoever asks.
    """

    def __init__(self, step_stats, graph=None):
        self._step_stats, self._graph = step_stats, graph

    def generate_chrome_trace_format(self, show_dataflow=True, show_memory=False):
        """The trace as JSON: one process a device, one bar a node; times in microseconds."""
        events = []
        for pid, device in enumerate(self._step_stats.dev_stats):
            events.append({"name": "process_name", "ph": "M", "pid": pid, "args": {"name": f"{device.device} Compute"}})
            events += [_bar(pid, node) for node in device.node_stats]
        return json.dumps({"traceEvents": events}, indent=4)


def _bar(pid, node):
    kind = node.timeline_label.partition(" = ")[2].partition("(")[0] or node.node_name
    return {
        "ph": "X",
        "cat": "Op",
        "name": kind,
        "pid": pid,
        "tid": node.thread_id,
        "ts": node.all_start_micros,
        "dur": node.all_end_rel_micros,
        "args": {"name": node.node_name, "op": kind},
    }
