"""InMemoryEvaluatorHook: an evaluation within the training, with the variables as they are, without a checkpoint."""

from ..graph.graph import Graph, GraphKeys, default_graph
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import placeholder
from ..ops.control import group
from ..ops.state import assign
from ..train.scaffold import Scaffold
from ..train.session_run_hook import SessionRunHook
from ..train.timers import SecondOrStepTimer
from .spec import checked_hooks

__all__ = ["InMemoryEvaluatorHook"]


def _variables():
    """Name -> global variable of the default graph."""
    return {v.name: v for v in default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES)}


@export("estimator.experimental.InMemoryEvaluatorHook", "contrib.estimator.InMemoryEvaluatorHook")
class InMemoryEvaluatorHook(SessionRunHook):
    """Evaluates at the start of a training, once in so many steps, and at its end.

    Args:
      estimator: the `Estimator` that is trained.
      input_fn: gives features and labels.
      steps: how many batches; None for all.
      hooks: `SessionRunHook`s of the evaluation.
      name: of the evaluation: its events' folder is "eval_" and this.
      every_n_iter: once in so many steps.

    Raises:
      ValueError: every_n_iter is below 1, or there are several machines.
    """

    def __init__(self, estimator, input_fn, steps=None, hooks=None, name=None, every_n_iter=100):
        need(every_n_iter is not None and every_n_iter > 0, f"invalid every_n_iter={every_n_iter}.")
        config = estimator.config
        need(
            config.num_ps_replicas <= 0 and config.num_worker_replicas <= 1,
            "InMemoryEvaluator supports only single machine (aka Local) setting.",
        )
        self._estimator, self._input_fn, self._eval_dir = estimator, input_fn, estimator.eval_dir(name)
        hooks = checked_hooks(hooks, "Hooks must be a SessionRunHook")
        self._hooks = [*hooks, *estimator._convert_eval_steps_to_hooks(steps)]
        self._timer = SecondOrStepTimer(every_steps=every_n_iter)

    def begin(self):
        """Makes the graph of the evaluation.

        Raises:
          ValueError: its model has a saver or a function of its own to initialise it.
        """
        self._timer.reset()
        self._iter_count, self._graph = 0, Graph()
        with self._graph.as_default():
            self._built = self._estimator._evaluate_build_graph(self._input_fn, self._hooks)
            need(self._built[0].saver is None, "InMemoryEvaluator does not support custom saver")
            need(self._built[0].init_fn is None, "InMemoryEvaluator does not support custom init_fn")
            self._places = {name: placeholder(v.dtype.base_dtype) for name, v in _variables().items()}

    def after_create_session(self, session, coord):
        """Makes the op that takes the variables over, and evaluates.

        Raises:
          ValueError: something but variables is saved.
        """
        need(
            not default_graph().get_collection(GraphKeys.SAVEABLE_OBJECTS),
            "InMemoryEvaluator does not support saveables other than global variables.",
        )
        self._trained = {name: v for name, v in _variables().items() if name in self._places}
        with self._graph.as_default():
            own = _variables()
            self._take = group(*[assign(own[name], self._places[name]) for name in self._trained])
        self._evaluate(session)

    def _evaluate(self, session):
        """Evaluates with the values of a session."""
        feeds = {self._places[name]: value for name, value in session.run(self._trained).items()}
        scaffold, *rest = self._built
        with self._graph.as_default():
            scaffold = Scaffold(init_fn=lambda _, own: own.run(self._take, feeds), copy_from_scaffold=scaffold)
            self._estimator._evaluate_run(None, scaffold, *rest, self._eval_dir)
        self._timer.update_last_triggered_step(self._iter_count)

    def after_run(self, run_context, run_values):
        """Evaluates when it is time."""
        self._iter_count += 1
        if self._timer.should_trigger_for_step(self._iter_count):
            self._evaluate(run_context.session)

    def end(self, session):
        """Evaluates once more."""
        self._evaluate(session)
