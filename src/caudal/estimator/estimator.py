"""Estimator: a model function that is trained, evaluated, asked and exported, each in a graph of its own.

`training.py` runs the training, `results.py` writes what evaluations find, `exporting.py` writes SavedModels.
"""

import copy
import os

from ..formats.paths import to_path
from ..graph.graph import Graph, GraphKeys, default_graph
from ..graph.scopes import device
from ..ground.api import export
from ..ground.errors import need
from ..ops.control import group
from ..ops.random import set_random_seed
from ..platform import logging
from ..train.checkpoint_state import latest_checkpoint
from ..train.checkpoint_utils import list_variables, load_variable
from ..train.evaluation import StopAfterNEvalsHook, evaluate_once, get_or_create_eval_step
from ..train.global_step import create_global_step, get_global_step, global_step_read
from ..train.hooks import StopAtStepHook
from ..train.monitored_session import MonitoredSession
from ..train.replicas import replica_device_setter
from ..train.saving_hooks import CheckpointSaverListener
from ..train.scaffold import Scaffold
from ..train.session_creators import ChiefSessionCreator
from . import exporting
from .arguments import fn_args, some_of, verify_model_fn_args
from .cluster import TaskType
from .mode_keys import ModeKeys
from .parsed_inputs import ends, parse_input_fn_result
from .results import metric_ops, write_checkpoint_path, write_results
from .run_config import settled
from .spec import EstimatorSpec, checked_hooks
from .training import saved_step, train_with_spec
from .warm_starting import start_warm, warm_start_settings

__all__ = ["Estimator"]

_MAY_OVERRIDE = {"model_fn", "_create_and_assert_global_step", "_export_all_saved_models"}


@export("estimator.Estimator")
class Estimator:
    """A model as a function: it is trained, evaluated and asked in graphs that are made anew from its latest checkpoint.

    Args:
      model_fn: a function of features, and of those that it asks for of labels, mode, params and config; it gives an
        `EstimatorSpec`.
      model_dir: the folder of checkpoints and events; the config's if None, or else a temporary one.
      config: a `RunConfig`.
      params: a dict that model_fn and input functions are given.
      warm_start_from: the path of a checkpoint or SavedModel that variables start from, or a `WarmStartSettings`; used where
        there is no checkpoint yet.

    Raises:
      ValueError: model_fn has other arguments, config is none, or a subclass overrides a member.

    An input function gives a `tf.data.Dataset`, or (features, labels), or features: tensors, or dicts of them. It is given
    those that it asks for of mode, params and config.
    """

    def __init__(self, model_fn, model_dir=None, config=None, params=None, warm_start_from=None):
        self._assert_members_are_not_overridden()
        self._config = settled(config, model_dir)
        self._model_dir, self._session_config = self._config.model_dir, self._config.session_config
        self._train_distribution = self._eval_distribution = None  # strategies are not made
        logging.info("Using config: %s", str(vars(self._config)))
        self._device_fn = self._config.device_fn or _device_setter(self._config)
        need(model_fn is not None, "model_fn must be provided to Estimator.")
        verify_model_fn_args(model_fn, params)
        self._model_fn, self._params = model_fn, copy.deepcopy(params or {})
        self._warm_start_settings = warm_start_settings(warm_start_from)

    def _assert_members_are_not_overridden(self):
        kind = type(self)
        if kind.__name__ == "TPUEstimator":
            return
        members = {name for name in dir(Estimator) if not name.startswith("__")}
        own = members & set(vars(kind)) - _MAY_OVERRIDE
        changed = [name for name in own if getattr(Estimator, name) != getattr(kind, name)]
        need(not changed, f"Subclasses of Estimator cannot override members of Estimator. {kind} does override {changed}")

    # --- what it is ---------------------------------------------------------------------------------

    @property
    def model_dir(self):
        """The folder of checkpoints and events."""
        return self._model_dir

    @property
    def config(self):
        """A copy of the `RunConfig`."""
        return copy.deepcopy(self._config)

    @property
    def params(self):
        """A copy of the parameters."""
        return copy.deepcopy(self._params)

    @property
    def model_fn(self):
        """The model function with the parameters given: a function of features, labels, mode and config."""

        def public_model_fn(features, labels, mode, config):
            return self._call_model_fn(features, labels, mode, config)

        return public_model_fn

    def get_variable_value(self, name):
        """The value of a variable in the latest checkpoint, an array.

        Raises:
          ValueError: there is no checkpoint.
        """
        self._check_trained()
        return load_variable(self.model_dir, name)

    def get_variable_names(self):
        """The names of all variables in the latest checkpoint.

        Raises:
          ValueError: there is no checkpoint.
        """
        self._check_trained()
        return [name for name, _ in list_variables(self.model_dir)]

    def _check_trained(self):
        need(latest_checkpoint(self.model_dir), f"Could not find trained model in model_dir: {self.model_dir}.")

    def latest_checkpoint(self):
        """The path of the latest checkpoint, or None."""
        return latest_checkpoint(self.model_dir)

    def eval_dir(self, name=None):
        """The folder of the events of an evaluation of some name."""
        return os.path.join(self._model_dir, "eval" if not name else "eval_" + name)

    # --- training -----------------------------------------------------------------------------------

    def train(self, input_fn, hooks=None, steps=None, max_steps=None, saving_listeners=None):
        """Trains from the latest checkpoint on, until the input ends or so many steps are done.

        Args:
          input_fn: gives features and labels.
          hooks: `SessionRunHook`s.
          steps: how many steps from now on; None for no end.
          max_steps: the last step of all; at most one of both is given.
          saving_listeners: `CheckpointSaverListener`s.

        Returns:
          The estimator itself.

        Raises:
          ValueError: both of steps and max_steps, or one below 1.
        """
        need(
            self._config.task_type not in (TaskType.EVALUATOR, TaskType.PS),
            "Train has been called wrong configuration. Please use tf.estimator.train_and_evaluate which calls proper API "
            f"according to given configuration. Current configuration: {self._config}.",
        )
        need(steps is None or max_steps is None, "Can not provide both steps and max_steps.")
        need(steps is None or steps > 0, f"Must specify steps > 0, given: {steps}")
        need(max_steps is None or max_steps > 0, f"Must specify max_steps > 0, given: {max_steps}")
        if max_steps is not None and max_steps <= saved_step(self._model_dir):
            logging.info("Skipping training since max_steps has already saved.")
            return self
        hooks = [*_hooks(hooks), *self._convert_train_steps_to_hooks(steps, max_steps)]
        listeners = list(saving_listeners or ())
        for listener in listeners:
            known = isinstance(listener, CheckpointSaverListener)
            need(known, f"saving_listeners must be a list of CheckpointSaverListener, given: {listener}", kind=TypeError)
        loss = self._train_model(input_fn, hooks, listeners)
        logging.info("Loss for final step: %s.", loss)
        return self

    def _convert_train_steps_to_hooks(self, steps, max_steps):
        return [] if steps is None and max_steps is None else [StopAtStepHook(steps, max_steps)]

    def _train_model(self, input_fn, hooks, saving_listeners):
        """The last step's loss."""
        with Graph().as_default() as graph, graph.device(self._device_fn):
            set_random_seed(self._config.tf_random_seed)
            self._create_and_assert_global_step(graph)
            global_step_read(graph)
            features, labels, input_hooks = self._get_features_and_labels_from_input_fn(input_fn, ModeKeys.TRAIN)
            spec = self._call_model_fn(features, labels, ModeKeys.TRAIN, self.config)
            if self._warm_start_settings:
                start_warm(self._warm_start_settings)
            return train_with_spec(spec, self._config, [*input_hooks, *hooks], saving_listeners)

    # --- evaluation ---------------------------------------------------------------------------------

    def evaluate(self, input_fn, steps=None, hooks=None, checkpoint_path=None, name=None):
        """Evaluates a checkpoint until the input ends or so many batches are done, and writes events.

        Args:
          input_fn: gives features and labels.
          steps: how many batches; None for all.
          hooks: `SessionRunHook`s.
          checkpoint_path: the checkpoint; the latest one if None. Without any, variables are as they start.
          name: of the evaluation, if there are several: its events' folder is "eval_" and this.

        Returns:
          A dict from the names of metrics to their values; with "loss", the mean over batches, and "global_step".

        Raises:
          ValueError: steps is below 1.
        """
        hooks = [*_hooks(hooks), *self._convert_eval_steps_to_hooks(steps)]
        checkpoint_path = self._checkpoint(checkpoint_path, "evaluate")
        with Graph().as_default():
            built = self._evaluate_build_graph(input_fn, hooks, checkpoint_path)
            return self._evaluate_run(checkpoint_path, *built, self.eval_dir(name))

    def _checkpoint(self, path, purpose):
        """The checkpoint that was asked for, or the latest one, or None."""
        path = path or latest_checkpoint(self._model_dir)
        if not path:
            logging.info(f"Could not find trained model in model_dir: {self._model_dir}, running initialization to {purpose}.")
        return path

    def _convert_eval_steps_to_hooks(self, steps):
        need(steps is None or steps > 0, f"Must specify steps > 0, given: {steps}")
        return [] if steps is None else [StopAfterNEvalsHook(num_evals=steps)]

    def _evaluate_build_graph(self, input_fn, hooks=None, checkpoint_path=None):
        """(scaffold, op that updates metrics, dict of their values, hooks), made in the default graph."""
        set_random_seed(self._config.tf_random_seed)
        self._create_and_assert_global_step(default_graph())
        features, labels, input_hooks = self._get_features_and_labels_from_input_fn(input_fn, ModeKeys.EVAL)
        spec = self._call_model_fn(features, labels, ModeKeys.EVAL, self.config)
        update, values = metric_ops(spec.eval_metric_ops, spec.loss)
        self._maybe_warm_start(checkpoint_path)
        need(
            GraphKeys.GLOBAL_STEP not in values,
            "Metric with name `global_step` is not allowed, because Estimator already defines a default metric with the same name.",
        )
        values[GraphKeys.GLOBAL_STEP] = get_global_step()
        scaffold = spec.scaffold
        if scaffold and scaffold.local_init_op is not None:
            get_or_create_eval_step()  # so that the op below starts it
            both = group(scaffold.local_init_op, Scaffold.default_local_init_op())
            scaffold = Scaffold(local_init_op=both, copy_from_scaffold=scaffold)
        return scaffold, update, values, [*input_hooks, *(hooks or ()), *spec.evaluation_hooks]

    def _evaluate_run(self, checkpoint_path, scaffold, update_op, eval_dict, all_hooks, output_dir):
        """The dict of values, written to the folder."""
        results = evaluate_once(
            checkpoint_path=checkpoint_path,
            master=self._config.evaluation_master,
            scaffold=scaffold,
            eval_ops=update_op,
            final_ops=eval_dict,
            hooks=all_hooks,
            config=self._session_config,
        )
        step = results[GraphKeys.GLOBAL_STEP]
        write_results(output_dir, results, step)
        if checkpoint_path:
            write_checkpoint_path(output_dir, checkpoint_path, step)
        return results

    # --- prediction ---------------------------------------------------------------------------------

    def predict(self, input_fn, predict_keys=None, hooks=None, checkpoint_path=None, yield_single_examples=True):
        """Yields predictions until the input ends.

        Args:
          input_fn: gives features; labels are left out.
          predict_keys: a list of the names to give, where predictions are a dict; None for all.
          hooks: `SessionRunHook`s.
          checkpoint_path: the checkpoint; the latest one if None. Without any, variables are as they start.
          yield_single_examples: whether batches are split into rows.

        Yields:
          Arrays, or dicts from name to array.

        Raises:
          ValueError: predictions of different lengths, or no prediction of such a name.
        """
        hooks = _hooks(hooks)
        checkpoint_path = self._checkpoint(checkpoint_path, "predict")
        with Graph().as_default() as graph:
            set_random_seed(self._config.tf_random_seed)
            self._create_and_assert_global_step(graph)
            features, input_hooks = self._get_features_from_input_fn(input_fn, ModeKeys.PREDICT)
            spec = self._call_model_fn(features, None, ModeKeys.PREDICT, self.config)
            self._maybe_warm_start(checkpoint_path)
            predictions = _chosen(spec.predictions, predict_keys)
            creator = ChiefSessionCreator(
                checkpoint_filename_with_path=checkpoint_path,
                master=self._config.master,
                scaffold=spec.scaffold,
                config=self._session_config,
            )
            with MonitoredSession(session_creator=creator, hooks=[*input_hooks, *hooks, *spec.prediction_hooks]) as session:
                while not session.should_stop():
                    found = session.run(predictions)
                    if not yield_single_examples:
                        yield found
                    elif not isinstance(predictions, dict):
                        yield from found
                    else:
                        for k in range(_batch_length(found)):
                            yield {name: value[k] for name, value in found.items()}

    # --- export -------------------------------------------------------------------------------------

    def export_saved_model(
        self,
        export_dir_base,
        serving_input_receiver_fn,
        assets_extra=None,
        as_text=False,
        checkpoint_path=None,
        experimental_mode=ModeKeys.PREDICT,
    ):
        """Writes a SavedModel of a checkpoint, into a new folder named by the time.

        Args:
          export_dir_base: the folder that it lies in.
          serving_input_receiver_fn: gives a `ServingInputReceiver`.
          assets_extra: a dict from paths in the folder "assets.extra" to files that are copied there.
          as_text: whether the graph is written as text.
          checkpoint_path: the checkpoint; the latest one if None.
          experimental_mode: the mode of the graph.

        Returns:
          The new folder's path, as bytes.

        Raises:
          ValueError: there is no receiver function, or no checkpoint.
        """
        need(serving_input_receiver_fn, "An input_receiver_fn must be defined.")
        receivers = {experimental_mode: serving_input_receiver_fn}
        return self._export_all_saved_models(export_dir_base, receivers, assets_extra, as_text, checkpoint_path, True)

    def experimental_export_all_saved_models(
        self, export_dir_base, input_receiver_fn_map, assets_extra=None, as_text=False, checkpoint_path=None
    ):
        """`export_saved_model` with the graphs of several modes.

        Args:
          input_receiver_fn_map: a dict from mode to a function that gives what feeds it.
          export_dir_base, assets_extra, as_text, checkpoint_path: as there.
        """
        given = export_dir_base, input_receiver_fn_map, assets_extra, as_text, checkpoint_path
        return self._export_all_saved_models(*given, strip_default_attrs=True)

    def export_savedmodel(
        self,
        export_dir_base,
        serving_input_receiver_fn,
        assets_extra=None,
        as_text=False,
        checkpoint_path=None,
        strip_default_attrs=False,
    ):
        """`export_saved_model` under its older name.

        Args:
          strip_default_attrs: whether attributes with default values are left out of the graph.
          export_dir_base, serving_input_receiver_fn, assets_extra, as_text, checkpoint_path: as there.
        """
        need(serving_input_receiver_fn, "An input_receiver_fn must be defined.")
        receivers = {ModeKeys.PREDICT: serving_input_receiver_fn}
        given = export_dir_base, receivers, assets_extra, as_text, checkpoint_path
        return self._export_all_saved_models(*given, strip_default_attrs)

    def _export_all_saved_models(
        self,
        export_dir_base,
        input_receiver_fn_map,
        assets_extra=None,
        as_text=False,
        checkpoint_path=None,
        strip_default_attrs=True,
    ):
        checkpoint_path = checkpoint_path or latest_checkpoint(self._model_dir)
        if not checkpoint_path:
            need(self._warm_start_settings, f"Couldn't find trained model at {self._model_dir}.")
            checkpoint_path = to_path(self._warm_start_settings.ckpt_to_initialize_from)
            if os.path.isdir(checkpoint_path):
                checkpoint_path = latest_checkpoint(checkpoint_path)

        def add(mode, receiver_fn, builder, first):
            self._add_meta_graph_for_mode(builder, mode, receiver_fn, checkpoint_path, first, strip_default_attrs)

        return exporting.export_models(export_dir_base, input_receiver_fn_map, add, assets_extra, as_text)

    def _add_meta_graph_for_mode(self, builder, mode, receiver_fn, checkpoint_path, save_variables, strip_default_attrs):
        with Graph().as_default() as graph:
            self._create_and_assert_global_step(graph)
            set_random_seed(self._config.tf_random_seed)
            receiver = receiver_fn()
            labels = getattr(receiver, "labels", None)
            spec = self._call_model_fn(receiver.features, labels, mode, self.config)
            signatures = exporting.signatures(spec, receiver, mode)
            given = spec, signatures, checkpoint_path, self._session_config, strip_default_attrs
            exporting.add_graph(builder, save_variables, mode, *given)

    # --- calls of the user's functions --------------------------------------------------------------

    def _get_features_from_input_fn(self, input_fn, mode):
        features, _, hooks = parse_input_fn_result(self._call_input_fn(input_fn, mode))
        self._validate_features_in_predict_input(features)
        return features, hooks

    def _validate_features_in_predict_input(self, result):
        if not ends(result):
            logging.warning(
                "Input graph does not use tf.data.Dataset or contain a QueueRunner. That means predict yields forever. This is "
                "probably a mistake."
            )

    def _get_features_and_labels_from_input_fn(self, input_fn, mode):
        return parse_input_fn_result(self._call_input_fn(input_fn, mode))

    def _create_global_step(self, graph):
        return create_global_step(graph)

    def _create_and_assert_global_step(self, graph):
        step = self._create_global_step(graph)
        assert step is get_global_step()
        assert step.dtype.is_integer
        return step

    def _call_input_fn(self, input_fn, mode, input_context=None):
        given = some_of(input_fn, mode=mode, params=self.params, config=self.config)
        with device("/cpu:0"):
            return input_fn(**given)

    def _call_model_fn(self, features, labels, mode, config):
        need(
            labels is None or "labels" in fn_args(self._model_fn),
            "model_fn does not take labels, but input_fn returns labels.",
        )
        given = some_of(self._model_fn, labels=labels, mode=mode, params=self.params, config=config)
        logging.info("Calling model_fn.")
        spec = self._model_fn(features=features, **given)
        logging.info("Done calling model_fn.")
        need(isinstance(spec, EstimatorSpec), "model_fn should return an EstimatorSpec.")
        return spec

    def _maybe_warm_start(self, checkpoint_path):
        if not checkpoint_path and self._warm_start_settings:
            start_warm(self._warm_start_settings)


def _device_setter(config):
    """A function of an op that gives its device among several machines; None on one."""
    if config.num_ps_replicas <= 0:
        return None
    worker = f"/job:{config.task_type}/task:{config.task_id}" if config.task_type else "/job:worker"
    return replica_device_setter(
        ps_tasks=config.num_ps_replicas, worker_device=worker, merge_devices=True, cluster=config.cluster_spec
    )


def _hooks(hooks):
    return list(checked_hooks(hooks, "Hooks must be a SessionRunHook"))


def _chosen(predictions, names):
    """The predictions of some names.

    Raises:
      ValueError: there are none, or predictions have no names.
    """
    if not names:
        return predictions
    need(isinstance(predictions, dict), "predict_keys argument is not valid in case of non-dict predictions.")
    chosen = {name: value for name, value in predictions.items() if name in names}
    need(chosen, f"Expected to run at least one output from {predictions.keys()}, provided {names}.")
    return chosen


def _batch_length(found):
    """The length that all predictions share."""
    length = None
    for name, value in found.items():
        length = length or value.shape[0]
        same = value.shape[0] == length
        need(same, f"Batch length of predictions should be same. {name} has different batch length than others.")
    return length
