"""tf.contrib.predictor: a SavedModel, or an estimator, as a function from a dict of arrays to a dict of arrays."""

from ..estimator.estimator import Estimator
from ..estimator.mode_keys import ModeKeys
from ..graph.graph import Graph
from ..ground.api import export
from ..ground.errors import need
from ..run.session import Session
from ..saved_model.constants import DEFAULT_SERVING_SIGNATURE_DEF_KEY
from ..saved_model.loader import load
from ..train.monitored_session import MonitoredSession
from ..train.session_creators import ChiefSessionCreator

__all__ = ["from_estimator", "from_saved_model"]


class Predictor:
    """A function from inputs to outputs by their names, in a session of its own.

    Args:
      graph: the graph; session: its session.
      inputs, outputs: dicts from name to the name of a tensor.
    """

    def __init__(self, graph, session, inputs, outputs):
        self._graph, self._session = graph, session
        self._feed_tensors = {name: graph.get_tensor_by_name(tensor) for name, tensor in inputs.items()}
        self._fetch_tensors = {name: graph.get_tensor_by_name(tensor) for name, tensor in outputs.items()}

    graph = property(lambda self: self._graph, doc="The graph.")
    session = property(lambda self: self._session, doc="Its session.")
    feed_tensors = property(lambda self: self._feed_tensors, doc="A dict from name to tensor.")
    fetch_tensors = property(lambda self: self._fetch_tensors, doc="A dict from name to tensor.")

    def __call__(self, input_dict):
        """A dict from the names of outputs to arrays.

        Raises:
          ValueError: there is no input of a name.
        """
        known = set(self._feed_tensors)
        others = set(input_dict) - known
        need(not others, f"Got unexpected keys in input_dict: {others}\nexpected: {known}")
        feeds = {self._feed_tensors[name]: value for name, value in input_dict.items() if value is not None}
        return self._session.run(self._fetch_tensors, feeds)


def _names(infos):
    return {name: info.name for name, info in infos.items()}


@export("contrib.predictor.from_saved_model")
def from_saved_model(
    export_dir,
    signature_def_key=None,
    signature_def=None,
    input_names=None,
    output_names=None,
    tags=None,
    graph=None,
    config=None,
):
    """A `Predictor` of a SavedModel.

    Args:
      export_dir: the model's folder.
      signature_def_key: the name of a signature of it; "serving_default" if nothing says what goes in and comes out.
      signature_def: or a `SignatureDef`.
      input_names, output_names: or dicts from name to the name of a tensor.
      tags: of the MetaGraph, with commas between; "serve" by default.
      graph: where it is loaded; a new one if None.
      config: a `ConfigProto`.

    Raises:
      ValueError: several of these, or there is no such signature.
    """
    need(
        (input_names is None) == (output_names is None),
        "input_names and output_names must both be specified or both be unspecified.",
    )
    given = [signature_def_key, signature_def, input_names]
    need(
        sum(one is not None for one in given) <= 1,
        "You must specify at most one of signature_def_key OR signature_def OR(input_names AND output_names).",
    )
    graph = graph or Graph()
    with graph.as_default():
        session = Session(config=config)
        found = load(session, (tags or "serve").split(","), export_dir).signature_def
    if input_names is None:
        if signature_def is None:
            key = signature_def_key or DEFAULT_SERVING_SIGNATURE_DEF_KEY
            need(key in found, f'Got signature_def_key "{key}". Available signatures are {list(found)}.')
            signature_def = found[key]
        input_names, output_names = _names(signature_def.inputs), _names(signature_def.outputs)
    return Predictor(graph, session, input_names, output_names)


@export("contrib.predictor.from_estimator")
def from_estimator(estimator, serving_input_receiver_fn, output_key=None, graph=None, config=None):
    """A `Predictor` of an estimator's latest checkpoint.

    Args:
      estimator: a `tf.estimator.Estimator`.
      serving_input_receiver_fn: gives a `ServingInputReceiver`.
      output_key: the name of an output of its `EstimatorSpec`; "serving_default" if None.
      graph: where it is made; a new one if None.
      config: a `ConfigProto`.

    Raises:
      TypeError: it is no estimator; KeyError: there is no such output.
    """
    need(isinstance(estimator, Estimator), f"Expected estimator to be of type Estimator, got {type(estimator)}.", kind=TypeError)
    graph = graph or Graph()
    with graph.as_default():
        receiver = serving_input_receiver_fn()
        outputs = estimator.model_fn(receiver.features, None, ModeKeys.PREDICT, estimator.config).export_outputs
        key = output_key or DEFAULT_SERVING_SIGNATURE_DEF_KEY
        need(key in outputs, f"output_key must be one of {list(outputs)}; got {key}", kind=KeyError)
        signature = outputs[key].as_signature_def(receiver.receiver_tensors)
        session = MonitoredSession(ChiefSessionCreator(config=config, checkpoint_dir=estimator.model_dir))
    return Predictor(graph, session, _names(signature.inputs), _names(signature.outputs))
