"""train_and_evaluate on one machine: an evaluation, and exports, after each checkpoint of the training."""

import os
import time

from ..graph.graph import GraphKeys
from ..ground.api import export
from ..ground.errors import need
from ..platform import logging
from ..train.saving_hooks import CheckpointSaverListener
from ..train.timers import SecondOrStepTimer
from .cluster import TaskType
from .estimator import Estimator
from .run_specs import EvalSpec, TrainSpec

__all__ = ["train_and_evaluate"]


class _Evaluator:
    """Evaluates the latest checkpoint, once, and exports it."""

    def __init__(self, estimator, eval_spec, max_steps):
        self._estimator, self._spec, self._max_steps = estimator, eval_spec, max_steps
        self._previous, self._last_warning = None, 0

    def evaluate_and_export(self):
        """(the metrics, or None and why, what exporters gave)."""
        path = self._estimator.latest_checkpoint()
        if not path:
            return self._none(
                "missing checkpoint", "Estimator is not trained yet. Will start an evaluation when a checkpoint is ready."
            )
        if path == self._previous:
            return self._none(
                "no new checkpoint",
                "No new checkpoint ready for evaluation. Skip the current evaluation pass as evaluation results are expected to be "
                "same for the same checkpoint.",
            )
        spec = self._spec
        metrics = self._estimator.evaluate(
            input_fn=spec.input_fn, steps=spec.steps, name=spec.name, checkpoint_path=path, hooks=spec.hooks
        )
        final = bool(self._max_steps) and metrics[GraphKeys.GLOBAL_STEP] >= self._max_steps
        exports = [
            exporter.export(
                estimator=self._estimator,
                export_path=os.path.join(self._estimator.model_dir, "export", exporter.name),
                checkpoint_path=path,
                eval_result=metrics,
                is_the_final_export=final,
            )
            for exporter in spec.exporters
        ]
        self._previous, self._last_warning = path, 0
        return metrics, "evaluated", exports

    def _none(self, status, words):
        if time.time() - self._last_warning > 600:
            logging.warning(words)
            self._last_warning = time.time()
        return None, status, []


class _EvaluateNewCheckpoints(CheckpointSaverListener):
    """Evaluates after each checkpoint but the first, though not too often."""

    def __init__(self, evaluator, throttle_secs):
        self._evaluator, self._throttle_secs = evaluator, throttle_secs
        self.metrics = self.exports = None

    def begin(self):
        """Starts the clock."""
        self._timer, self._is_first = SecondOrStepTimer(every_secs=self._throttle_secs), True

    def after_save(self, session, global_step_value):
        """Evaluates when it is time; the first checkpoint is of what is not trained yet."""
        if self._is_first:
            self._is_first = False
        elif self._timer.should_trigger_for_step(global_step_value):
            self._evaluate(global_step_value)
        else:
            logging.info(f"Skip the current checkpoint eval due to throttle secs ({self._throttle_secs} secs).")

    def end(self, session, global_step_value):
        """Evaluates the last checkpoint."""
        if global_step_value != self._timer.last_triggered_step():
            self._evaluate(global_step_value)

    def _evaluate(self, step):
        self._timer.update_last_triggered_step(step)
        self.metrics, status, self.exports = self._evaluator.evaluate_and_export()
        need(
            status == "evaluated",
            f"There was no new checkpoint after the training. Eval status: {status}",
            kind=RuntimeError,
        )


@export("estimator.train_and_evaluate")
def train_and_evaluate(estimator, train_spec, eval_spec):
    """Trains, and evaluates and exports after the checkpoints.

    Args:
      estimator: an `Estimator`; its config says how often checkpoints are written.
      train_spec: a `TrainSpec`.
      eval_spec: an `EvalSpec`.

    Returns:
      (what the last evaluation gave, a list of what exporters gave); None for both if there was none. None if TF_CONFIG names
      this machine alone as a cluster: as in 1.15 it only trains.

    Raises:
      TypeError: something of another kind; NotImplementedError: TF_CONFIG names several machines.
    """
    for name, value, kind in (
        ("eval_spec", eval_spec, EvalSpec),
        ("estimator", estimator, Estimator),
        ("train_spec", train_spec, TrainSpec),
    ):
        fits = isinstance(value, kind)
        need(fits, f"`{name}` must have type `tf.estimator.{kind.__name__}`. Got: {type(value)}", kind=TypeError)
    config = estimator.config
    if config.cluster_spec and not config.master and config.task_type in (TaskType.CHIEF, TaskType.WORKER):
        logging.info("Skip starting Tensorflow server as there is only one node in the cluster.")
        estimator.train(train_spec.input_fn, hooks=train_spec.hooks, max_steps=train_spec.max_steps)
        return None  # an evaluator of the cluster would evaluate
    if config.cluster_spec or config.task_type == TaskType.EVALUATOR:
        raise NotImplementedError(
            "tf.estimator.train_and_evaluate runs on one machine in Caudal. Leave cluster and task out of TF_CONFIG."
        )
    logging.info("Running training and evaluation locally (non-distributed).")
    logging.info(
        "Start train and evaluate loop. The evaluate will happen after every checkpoint. Checkpoint frequency is determined based "
        f"on RunConfig arguments: save_checkpoints_steps {config.save_checkpoints_steps} or save_checkpoints_secs "
        f"{config.save_checkpoints_secs}."
    )
    listener = _EvaluateNewCheckpoints(_Evaluator(estimator, eval_spec, train_spec.max_steps), eval_spec.throttle_secs)
    estimator.train(
        input_fn=train_spec.input_fn, max_steps=train_spec.max_steps, hooks=train_spec.hooks, saving_listeners=[listener]
    )
    return listener.metrics, listener.exports
