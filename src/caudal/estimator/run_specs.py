"""TrainSpec and EvalSpec: what `train_and_evaluate` trains and evaluates with."""

import collections

from ..ground.api import export
from ..ground.errors import need
from .exporters import Exporter
from .spec import checked_hooks

__all__ = ["EvalSpec", "TrainSpec"]

_HOOKS = "All hooks must be `SessionRunHook` instances"


def _check_input(input_fn):
    need(callable(input_fn), f"`input_fn` must be callable, given: {input_fn}", kind=TypeError)


@export("estimator.TrainSpec")
class TrainSpec(collections.namedtuple("TrainSpec", ["input_fn", "max_steps", "hooks"])):
    """How to train.

    Args:
      input_fn: gives features and labels.
      max_steps: the last step of all; None for the end of the input.
      hooks: `SessionRunHook`s.

    Raises:
      ValueError: max_steps is below 1; TypeError: something of another kind.
    """

    def __new__(cls, input_fn, max_steps=None, hooks=None):
        _check_input(input_fn)
        need(max_steps is None or max_steps > 0, f"Must specify max_steps > 0, given: {max_steps}")
        return super().__new__(cls, input_fn, max_steps, checked_hooks(hooks, _HOOKS))


@export("estimator.EvalSpec")
class EvalSpec(collections.namedtuple("EvalSpec", "input_fn steps name hooks exporters start_delay_secs throttle_secs".split())):
    """How to evaluate and export.

    Args:
      input_fn: gives features and labels.
      steps: how many batches; None for all.
      name: of the evaluation: its events' folder is "eval_" and this.
      hooks: `SessionRunHook`s.
      exporters: an `Exporter`, or several.
      start_delay_secs: how long another machine waits before it evaluates, seconds.
      throttle_secs: at least how long lies between two evaluations, seconds.

    Raises:
      ValueError: a number out of its range, or names of exporters that are missing or not unique.
      TypeError: something of another kind.
    """

    def __new__(cls, input_fn, steps=100, name=None, hooks=None, exporters=None, start_delay_secs=120, throttle_secs=600):
        _check_input(input_fn)
        need(steps is None or steps > 0, f"Must specify steps > 0, given: {steps}")
        need(name is None or isinstance(name, str), f"`name` must be string, given: {name}", kind=TypeError)
        hooks, exporters = checked_hooks(hooks, _HOOKS), _checked_exporters(exporters)
        need(start_delay_secs >= 0, f"Must specify start_delay_secs >= 0, given: {start_delay_secs}")
        need(throttle_secs >= 0, f"Must specify throttle_secs >= 0, given: {throttle_secs}")
        return super().__new__(cls, input_fn, steps, name, hooks, exporters, start_delay_secs, throttle_secs)


def _checked_exporters(exporters):
    """The exporters, a tuple; each has a name of its own."""
    if not exporters:
        return ()
    words = f"`exporters` must be an Exporter, an iterable of Exporter, or `None`, found {exporters}."
    if isinstance(exporters, Exporter):
        exporters = [exporters]
    need(hasattr(exporters, "__iter__"), words, kind=TypeError)
    exporters, seen = tuple(exporters), set()
    for one in exporters:
        need(isinstance(one, Exporter), words, kind=TypeError)
        names = [e.name for e in exporters if isinstance(e, Exporter)]
        need(one.name, f"An Exporter cannot have a name that is `None` or empty. All exporter names: {names}")
        need(isinstance(one.name, str), f"An Exporter must have a string name. Given: {type(one.name)}")
        need(
            one.name not in seen,
            f"`exporters` must have unique names. Such a name cannot be `None`. All exporter names: {names}",
        )
        seen.add(one.name)
    return exporters
