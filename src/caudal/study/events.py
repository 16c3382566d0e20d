"""TensorBoard's view of a study: an event file for each trial, with its curves, its hyperparameters and how it ended.

`tensorboard --logdir FOLDER` then shows the curves under SCALARS, and all trials by hyperparameter under HPARAMS; trials that
differ in their repeat alone are one session group there. The files of a trial are the same, to the byte, however often they are made.
"""

import os
import shutil

from ..formats.proto import hparams_plugin_pb2 as proto
from ..formats.proto.summary_pb2 import Event, Summary, SummaryMetadata
from ..formats.records import Writer
from .comparisons import tested
from .panels import slug

__all__ = ["run_name", "write"]

_STAGES = ("grid", "learning", "settings")
_SUFFIX = ".caudal"
_FILE_VERSION = "brain.Event:2"
_PLUGIN, _EXPERIMENT, _START, _END = (
    "hparams",
    "_hparams_/experiment",
    "_hparams_/session_start_info",
    "_hparams_/session_end_info",
)
_METRICS = (
    ("test/accuracy", "test accuracy"),
    ("validation/accuracy", "validation accuracy"),
    ("validation/cost", "validation cost"),
)
_METRICS += (("training/cost", "training cost"), ("time/seconds_per_step", "seconds a step"))
_STATUS = {"complete": proto.STATUS_SUCCESS, "failed": proto.STATUS_FAILURE, "diverged": proto.STATUS_FAILURE}


def write(record, folder):
    """Writes a study's event files; those of an earlier call are replaced.

    Args:
      record: a `StudyRecord`.
      folder: an existing folder of their own.

    Returns:
      the folder.
    """
    for entry in os.scandir(folder):
        if entry.name in _STAGES:
            shutil.rmtree(entry.path)
        elif entry.name.endswith(_SUFFIX):
            os.remove(entry.path)
    _experiment(record, folder)
    for trial in record.trials:
        _trial(record, trial, os.path.join(folder, run_name(trial)))
    return folder


def run_name(trial):
    """A trial's folder: what it is, and enough of its key that no two share it."""
    what = (trial.network, trial.label, str(trial.size), f"repeat-{trial.repeat}", trial.key[:8])
    return os.path.join(trial.stage, slug("-".join(part for part in what if part)))


def _writer(folder, started):
    os.makedirs(folder, exist_ok=True)
    writer = Writer(os.path.join(folder, f"events.out.tfevents.{int(started):010d}{_SUFFIX}"))
    writer.write(Event(wall_time=started, file_version=_FILE_VERSION).SerializeToString())
    return writer


def _hparams_event(tag, time, **data):
    """An event of the HParams plugin: its message is in the metadata, the value is empty."""
    content = proto.HParamsPluginData(version=0, **data).SerializeToString()
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=_PLUGIN, content=content))
    value = Summary.Value(tag=tag, metadata=metadata)
    value.tensor.dtype = 1  # DT_FLOAT: readers want a tensor, an empty one
    value.tensor.tensor_shape.dim.add().size = 0
    return Event(wall_time=time, summary=Summary(value=[value])).SerializeToString()


def _experiment(record, folder):
    """Which hyperparameters and metrics there are."""
    started = min((trial.started for trial in record.trials), default=0.0)
    experiment = proto.Experiment(name=record.name, description=record.command, time_created_secs=started)
    for name, values in _varied(record).items():
        info = experiment.hparam_infos.add(name=name, type=_kind(values))
        info.domain_discrete.extend(sorted(values, key=str) if info.type == proto.DATA_TYPE_STRING else sorted(values))
    for tag, name in _METRICS:
        experiment.metric_infos.add(name=proto.MetricName(tag=tag), display_name=name)
    writer = _writer(folder, started)
    writer.write(_hparams_event(_EXPERIMENT, started, experiment=experiment))
    writer.close()


def _kind(values):
    if all(isinstance(value, bool) for value in values):
        return proto.DATA_TYPE_BOOL
    return proto.DATA_TYPE_STRING if any(isinstance(value, str) for value in values) else proto.DATA_TYPE_FLOAT64


def _varied(record):
    """Each hyperparameter's values over all trials."""
    found = {}
    for trial in record.trials:
        for name, value in hyperparameters(trial).items():
            found.setdefault(name, set()).add(value)
    return found


def hyperparameters(trial):
    """What the HParams tab lists of a trial: its point, its network, size and stage; without what isn't set."""
    plain = {name: value for name, value in trial.point.items() if isinstance(value, bool | int | float | str)}
    label = {"setting": trial.label} if trial.label else {}
    return {"network": trial.network, "stage": trial.stage, "size": trial.size} | label | plain


def _trial(record, trial, folder):
    writer = _writer(folder, trial.started)
    group = slug(f"{trial.stage}-{trial.network}-{trial.label}-{trial.size}")
    start = proto.SessionStartInfo(group_name=group, start_time_secs=trial.started)
    for name, value in hyperparameters(trial).items():
        _put(start.hparams[name], value)
    writer.write(_hparams_event(_START, trial.started, session_start_info=start))
    for step, time, values in _scalars(trial):
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
        writer.write(Event(wall_time=time, step=step, summary=summary).SerializeToString())
    end = proto.SessionEndInfo(status=_STATUS[trial.state], end_time_secs=trial.ended)
    writer.write(_hparams_event(_END, trial.ended, session_end_info=end))
    writer.close()


def _put(value, what):
    """A hyperparameter as a protobuf `Value`."""
    if isinstance(what, bool):
        value.bool_value = what
    elif isinstance(what, str):
        value.string_value = what
    else:
        value.number_value = what


def _scalars(trial):
    """(step, time, tag to value) of each look, and of the end; looks stand between start and end as their steps do."""
    looks = {}
    for part in ("training", "validation", "testing"):
        curve = getattr(trial, part)
        for step, cost, accuracy in zip(curve.steps, curve.cost, curve.accuracy, strict=True) if curve else ():
            looks.setdefault(step, {}).update({f"{part}/cost": cost, f"{part}/accuracy": accuracy})
    last = max(looks, default=0)
    ends = {"test/accuracy": tested(trial) if trial.complete else None, "time/seconds_per_step": trial.seconds_per_step}
    looks.setdefault(last, {}).update({tag: value for tag, value in ends.items() if value is not None})
    for step in sorted(looks):
        yield step, trial.started + trial.seconds * (step / last if last else 1), looks[step]
