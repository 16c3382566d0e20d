"""TPUEstimator with use_tpu=False: an `Estimator` whose functions are told their batch's size."""

import contextlib
import copy
import enum
import math

from ...build.initializers import Zeros
from ...build.scopes import get_variable
from ...estimator.arguments import fn_args, some_of, verify_model_fn_args
from ...estimator.estimator import Estimator
from ...estimator.mode_keys import ModeKeys
from ...formats.proto.summary_pb2 import Summary
from ...graph.graph import GraphKeys
from ...graph.scopes import device
from ...ground import dtypes
from ...ground.api import export
from ...ground.errors import advise, need
from ...platform import logging
from ...run.session import Session
from ...train.global_step import get_global_step
from ...train.saving_hooks import StepCounterHook
from .resolver import NO_TPU
from .tpu_config import InputPipelineConfig, RunConfig, check_positive_integer, parse_iterations_per_loop
from .tpu_spec import TPUEstimatorSpec

__all__ = ["TPUEstimator"]

_RESERVED = ["batch_size", "context"]


class _ExamplesPerSecondHook(StepCounterHook):
    """Prints and writes steps, and rows, a second."""

    def __init__(self, batch_size, **settings):
        self._batch_size = batch_size
        super().__init__(**settings)

    def _log_and_record(self, elapsed_steps, elapsed_time, global_step):
        speed = elapsed_steps / elapsed_time
        for tag, value in (("global_step/sec", speed), ("examples/sec", self._batch_size * speed)):
            if self._summary_writer is not None:
                self._summary_writer.add_summary(Summary(value=[Summary.Value(tag=tag, simple_value=value)]), global_step)
            logging.info("%s: %g", tag, value)


class ExportSavedModelApiVersion(enum.Enum):
    """How a model for TPUs is exported."""

    V1 = 1
    V2 = 2


@contextlib.contextmanager
def _reported(source):
    """Logs the end, or the error, of a loop."""
    try:
        yield
    except Exception as error:
        logging.error("Error recorded from %s: %s", source, error)
        logging.info("%s marked as finished", source)
        logging.warning("Reraising captured error")
        raise
    logging.info("%s marked as finished", source)


def _put(params, name, value):
    """Sets a parameter, in a dict or in `HParams`."""
    if hasattr(params, "set_hparam"):
        (params.set_hparam if name in params else params.add_hparam)(name, value)
    else:
        params[name] = value


@export("contrib.tpu.TPUEstimator", "estimator.tpu.TPUEstimator")
class TPUEstimator(Estimator):
    """An `Estimator` for TPUs, which runs on CPUs and GPUs with use_tpu=False.

    Args:
      model_fn: a function of features, params and what else it asks for; it gives a `TPUEstimatorSpec` or an `EstimatorSpec`.
      model_dir: the folder of checkpoints and events.
      config: a `tf.contrib.tpu.RunConfig`.
      params: a dict that model_fn and input functions are given; with "batch_size", which is the mode's of the next ones.
      use_tpu: must be False, as there is no TPU: else training and prediction raise, and evaluation unless eval_on_tpu is False.
      train_batch_size, eval_batch_size, predict_batch_size: rows of a batch.
      batch_axis, export_to_tpu, embedding_config_spec, export_saved_model_api_version: a TPU's; they change nothing.
      eval_on_tpu: whether evaluation is a TPU's.
      export_to_cpu: whether SavedModels have a graph for CPUs.
      warm_start_from: as for `Estimator`.

    Raises:
      ValueError: config is of another kind, params have names of its own, or functions don't ask for params.
    """

    def __init__(
        self,
        model_fn=None,
        model_dir=None,
        config=None,
        params=None,
        use_tpu=True,
        train_batch_size=None,
        eval_batch_size=None,
        predict_batch_size=None,
        batch_axis=None,
        eval_on_tpu=True,
        export_to_tpu=True,
        export_to_cpu=True,
        warm_start_from=None,
        embedding_config_spec=None,
        export_saved_model_api_version=ExportSavedModelApiVersion.V1,
    ):
        need(isinstance(config, RunConfig), "`config` must be provided with type `tpu_config.RunConfig`")
        need(
            params is None or not any(name in params for name in _RESERVED),
            f"{_RESERVED} are reserved keys but existed in params {params}.",
        )
        if use_tpu:
            _check_batches(train_batch_size, eval_batch_size, predict_batch_size)
        verify_model_fn_args(model_fn, params)
        self._log_every_n_steps = config.log_step_count_steps
        super().__init__(
            model_fn=self._augmented(model_fn),
            model_dir=model_dir,
            config=config.replace(log_step_count_steps=None),  # the hook below counts instead
            params=params or {},
            warm_start_from=warm_start_from,
        )
        self._set_often()
        logging.info("_TPUContext: eval_on_tpu %s", eval_on_tpu)
        if not use_tpu and eval_on_tpu:
            logging.warning("eval_on_tpu ignored because use_tpu is False.")
        sizes = train_batch_size, eval_batch_size, predict_batch_size
        self._batch_sizes = dict(zip((ModeKeys.TRAIN, ModeKeys.EVAL, ModeKeys.PREDICT), sizes, strict=True))
        self._use_tpu, self._eval_on_tpu = use_tpu, eval_on_tpu
        self._export_to_cpu, self._export_to_tpu = export_to_cpu, export_to_tpu
        need(
            isinstance(export_saved_model_api_version, ExportSavedModelApiVersion),
            f"export_saved_model_api_version should be of type ExportSavedModelApiVersion; got {export_saved_model_api_version}.",
        )
        self._is_input_fn_invoked = None

    def _set_often(self):
        """How often steps are counted: a TPU's loop of several steps is logged only at its end."""
        loop = parse_iterations_per_loop(self._config.tpu_config.iterations_per_loop)
        self._log_every_n_secs = None
        if loop.unit == "seconds":
            self._log_every_n_steps, self._log_every_n_secs = None, loop.value
        elif self._log_every_n_steps is not None:
            self._log_every_n_steps = math.ceil(self._log_every_n_steps / loop.value)

    def _check_no_tpu(self, mode, exports=False):
        """Raises RuntimeError if a TPU is needed."""
        if not self._use_tpu or exports:
            return
        if mode == ModeKeys.EVAL and not self._eval_on_tpu:
            logging.info("_is_running_on_cpu: eval_on_tpu disabled")
            return
        with Session() as session:
            devices = session.list_devices()
        error = RuntimeError(
            "Cannot find any TPU cores in the system. Please double check Tensorflow master address and TPU worker(s). Available "
            f"devices are {devices}."
        )
        raise advise(error, NO_TPU)

    def _create_global_step(self, graph):
        need(get_global_step(graph) is None, '"global_step" already exists.')
        with graph.as_default(), graph.name_scope(None):
            return get_variable(
                GraphKeys.GLOBAL_STEP,
                shape=[],
                dtype=dtypes.int64,
                initializer=Zeros(),
                trainable=False,
                use_resource=True,
                collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
            )

    # --- calls of the user's functions --------------------------------------------------------------

    def _call_input_fn(self, input_fn, mode, input_context=None):
        need(
            "params" in fn_args(input_fn),
            f"input_fn ({input_fn}) does not include params argument, required by TPUEstimator to pass batch size as "
            'params["batch_size"]',
        )
        given = some_of(input_fn, params=self.params, config=self.config, mode=mode)
        self._is_input_fn_invoked = True
        self._check_no_tpu(mode)
        need(
            mode == ModeKeys.TRAIN or self._config.tpu_config.eval_training_input_configuration != InputPipelineConfig.SLICED,
            "Invalid TPUConfig `eval_training_input_configuration` value. SLICED mode only works on use_tpu = True.",
        )
        if self._batch_sizes[mode] is not None:
            _put(given["params"], "batch_size", self._batch_sizes[mode])
        with device("/device:CPU:0"):
            return input_fn(**given)

    def _validate_features_in_predict_input(self, result):
        """Any input is taken."""

    def _augmented(self, model_fn):
        """The model function as an `Estimator` calls it."""

        def _model_fn(features, labels, mode, config, params):
            exports, self._is_input_fn_invoked = not self._is_input_fn_invoked, None
            self._check_no_tpu(mode, exports)
            logging.info("Running %s on CPU", mode)
            spec = self._spec(model_fn, features, labels, mode, config, params, exports)
            if self._log_every_n_steps is None and self._log_every_n_secs is None:
                return spec
            hook = _ExamplesPerSecondHook(
                self._batch_sizes[mode],
                output_dir=self.model_dir if not config or config.save_summary_steps else None,
                every_n_steps=self._log_every_n_steps,
                every_n_secs=self._log_every_n_secs,
            )
            return spec._replace(training_hooks=(*spec.training_hooks, hook))

        return _model_fn

    def _spec(self, model_fn, features, labels, mode, config, params, exports):
        """The `EstimatorSpec` of the user's model function."""
        asked = fn_args(model_fn)
        need(
            labels is None or "labels" in asked,
            "model_fn does not take labels, but input_fn returns labels.",
        )
        need(
            "params" in asked,
            f"model_fn ({model_fn}) does not include params argument, required by TPUEstimator to pass batch size as "
            "params['batch_size']",
        )
        params = copy.deepcopy(params)
        if not exports and self._batch_sizes[mode] is not None:
            _put(params, "batch_size", self._batch_sizes[mode])
        _put(params, "use_tpu", False)
        given = some_of(model_fn, labels=labels, mode=mode, config=copy.deepcopy(config), params=params)
        spec = model_fn(features=features, **given)
        return spec.as_estimator_spec() if isinstance(spec, TPUEstimatorSpec) else spec

    # --- runs ---------------------------------------------------------------------------------------

    def train(self, input_fn, hooks=None, steps=None, max_steps=None, saving_listeners=None):
        """As `Estimator.train`.

        Raises:
          RuntimeError: a TPU is asked for.
        """
        with _reported("training_loop"):
            return super().train(input_fn, hooks, steps, max_steps, saving_listeners)

    def evaluate(self, input_fn, steps=None, hooks=None, checkpoint_path=None, name=None):
        """As `Estimator.evaluate`.

        Raises:
          RuntimeError: a TPU is asked for.
        """
        with _reported("evaluation_loop"):
            return super().evaluate(input_fn, steps, hooks, checkpoint_path, name)

    def predict(self, input_fn, predict_keys=None, hooks=None, checkpoint_path=None, yield_single_examples=True):
        """As `Estimator.predict`.

        Raises:
          RuntimeError: a TPU is asked for.
        """
        with _reported("prediction_loop"):
            yield from super().predict(input_fn, predict_keys, hooks, checkpoint_path, yield_single_examples)

    def _add_meta_graph_for_mode(self, builder, mode, receiver_fn, checkpoint_path, save_variables, strip_default_attrs):
        if self._export_to_tpu and mode != ModeKeys.PREDICT:
            logging.warning(
                f"TPUEstimator only handles mode PREDICT for exporting when `export_to_tpu` is `True`; Mode {mode} will be ignored "
                "for TPU."
            )
        need(self._export_to_cpu or self._export_to_tpu, "One of export_to_cpu and export_to_tpu must be true.")
        if not self._export_to_cpu:
            raise NotImplementedError("A SavedModel's graph for TPUs is not made in Caudal: export_to_cpu must be true.")
        super()._add_meta_graph_for_mode(builder, mode, receiver_fn, checkpoint_path, save_variables, strip_default_attrs)


def _check_batches(train, evaluation, prediction):
    """Raises ValueError or TypeError unless the sizes could be a TPU's."""
    need(train is not None, "`train_batch_size` cannot be `None`")
    check_positive_integer(train, "train_batch_size")
    for size, name in ((evaluation, "eval_batch_size"), (prediction, "predict_batch_size")):
        if size is not None:
            check_positive_integer(size, name)
