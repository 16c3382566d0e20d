"""Exporters: what writes a SavedModel after an evaluation: of each one, of the last one, or of the best one."""

import glob
import os

from ..formats.paths import to_path
from ..ground.api import export
from ..ground.errors import NotFoundError, need
from ..platform import logging
from ..platform.gfile import rmtree
from ..summary.event_file import summary_iterator
from .arguments import fn_args

__all__ = ["Exporter"]


@export("estimator.Exporter")
class Exporter:
    """What exports a model after an evaluation; a class of its own says how."""

    @property
    def name(self):
        """The name of the folder of its exports."""
        return None

    def export(self, estimator, export_path, checkpoint_path, eval_result, is_the_final_export):
        """Exports, or doesn't.

        Args:
          estimator: the `Estimator`.
          export_path: the folder of exports.
          checkpoint_path: the checkpoint that was evaluated.
          eval_result: what `evaluate` gave.
          is_the_final_export: whether the training is at its end.

        Returns:
          The path of the export; None if there was none.
        """


class _SavedModelExporter(Exporter):
    """Writes SavedModels; of many it keeps the newest."""

    def __init__(self, name, serving_input_receiver_fn, assets_extra, as_text, exports_to_keep=None):
        self._name, self._serving_input_receiver_fn = name, serving_input_receiver_fn
        self._assets_extra, self._as_text, self._exports_to_keep = assets_extra, as_text, exports_to_keep

    @property
    def name(self):
        """The name of the folder of its exports."""
        return self._name

    def _write(self, estimator, export_path, checkpoint_path):
        made = estimator.export_saved_model(
            export_path,
            self._serving_input_receiver_fn,
            assets_extra=self._assets_extra,
            as_text=self._as_text,
            checkpoint_path=checkpoint_path,
        )
        if self._exports_to_keep is not None:
            _remove_old(export_path, self._exports_to_keep)
        return made


def _remove_old(base, keep):
    """Removes all exports but the newest; an export's name is the second when it was made."""
    base = to_path(base)
    names = sorted(name for name in os.listdir(base) if len(name) == 10 and name.isdigit())
    for name in names[: len(names) - keep]:
        path = os.path.join(base, name)
        try:
            rmtree(path)
        except NotFoundError as error:
            logging.warning("Can not delete %s recursively: %s", path, error)


@export("estimator.FinalExporter")
class FinalExporter(_SavedModelExporter):
    """Exports at the end of the training.

    Args:
      name: of the folder of its export.
      serving_input_receiver_fn, assets_extra, as_text: as `Estimator.export_saved_model` takes them.
    """

    def __init__(self, name, serving_input_receiver_fn, assets_extra=None, as_text=False):
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text)

    def export(self, estimator, export_path, checkpoint_path, eval_result, is_the_final_export):
        """Exports at the end."""
        if not is_the_final_export:
            return None
        logging.info("Performing the final export in the end of training.")
        return self._write(estimator, export_path, checkpoint_path)


@export("estimator.LatestExporter")
class LatestExporter(_SavedModelExporter):
    """Exports after each evaluation.

    Args:
      name: of the folder of its exports.
      serving_input_receiver_fn, assets_extra, as_text: as `Estimator.export_saved_model` takes them.
      exports_to_keep: how many stay; None for all.

    Raises:
      ValueError: exports_to_keep is below 1.
    """

    def __init__(self, name, serving_input_receiver_fn, assets_extra=None, as_text=False, exports_to_keep=5):
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text, exports_to_keep)
        need(exports_to_keep is None or exports_to_keep > 0, "`exports_to_keep`, if provided, must be positive number")

    def export(self, estimator, export_path, checkpoint_path, eval_result, is_the_final_export):
        """Exports."""
        return self._write(estimator, export_path, checkpoint_path)


def _loss_smaller(best_eval_result, current_eval_result):
    """Whether the loss is smaller than the best so far."""
    for name, result in (("best", best_eval_result), ("current", current_eval_result)):
        need(result and "loss" in result, f"{name}_eval_result cannot be empty or no loss is found in it.")
    return best_eval_result["loss"] > current_eval_result["loss"]


_COMPARED = ["best_eval_result", "current_eval_result"]


@export("estimator.BestExporter")
class BestExporter(_SavedModelExporter):
    """Exports after an evaluation that is the best so far.

    Args:
      name: of the folder of its exports.
      serving_input_receiver_fn, assets_extra, as_text: as `Estimator.export_saved_model` takes them.
      event_file_pattern: the event files of earlier evaluations, below the estimator's folder; None to forget them.
      compare_fn: a function of best_eval_result and current_eval_result that says whether the second is better; the smaller
        loss by default.
      exports_to_keep: how many stay; None for all.

    Raises:
      ValueError: exports_to_keep is below 1, or compare_fn has other arguments.
    """

    def __init__(
        self,
        name="best_exporter",
        serving_input_receiver_fn=None,
        event_file_pattern="eval/*.tfevents.*",
        compare_fn=_loss_smaller,
        assets_extra=None,
        as_text=False,
        exports_to_keep=5,
    ):
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text, exports_to_keep)
        need(compare_fn is not None, "`compare_fn` must not be None.")
        asked = fn_args(compare_fn)
        for argument in _COMPARED:
            need(argument in asked, f"compare_fn ({compare_fn}) must include {argument} argument.")
        others = [argument for argument in asked if argument not in _COMPARED]
        need(not others, f"compare_fn ({compare_fn}) has following not expected args: {others}")
        need(
            exports_to_keep is None or exports_to_keep > 0,
            f"`exports_to_keep`, if provided, must be a positive number. Got {exports_to_keep}",
        )
        self._compare_fn, self._event_file_pattern = compare_fn, event_file_pattern
        self._model_dir = self._best_eval_result = None

    def export(self, estimator, export_path, checkpoint_path, eval_result, is_the_final_export):
        """Exports if the result is the best so far, in earlier runs too."""
        if self._model_dir != estimator.model_dir and self._event_file_pattern:
            logging.info("Loading best metric from event files.")
            self._model_dir = estimator.model_dir
            self._best_eval_result = self._best_of(os.path.join(self._model_dir, self._event_file_pattern))
        best = self._best_eval_result
        if best is not None and not self._compare_fn(best_eval_result=best, current_eval_result=eval_result):
            return None
        logging.info("Performing best model export.")
        self._best_eval_result = eval_result
        return self._write(estimator, export_path, checkpoint_path)

    def _best_of(self, pattern):
        """The best result in event files; None if there is none."""
        best = None
        for path in sorted(glob.glob(pattern)):
            for event in summary_iterator(path):
                found = {v.tag: v.simple_value for v in event.summary.value if v.HasField("simple_value")}
                if found and (best is None or self._compare_fn(best, found)):
                    best = found
        return best
