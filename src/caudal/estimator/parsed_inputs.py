"""What input functions give, as features and labels; and the hook that starts a data set's iterator."""

from ..datasets.dataset import Dataset, make_initializable_iterator
from ..graph.graph import GraphKeys, Tensor, default_graph
from ..ground import nest
from ..ground.errors import need
from ..train.session_run_hook import SessionRunHook

__all__ = ["ends", "parse_input_fn_result"]


class _DatasetInitializerHook(SessionRunHook):
    """Starts an iterator when the session is made."""

    def __init__(self, iterator):
        self._iterator = iterator

    def begin(self):
        """Finds the op, while the graph may still grow."""
        self._initializer = self._iterator.initializer

    def after_create_session(self, session, coord):
        """Runs it."""
        session.run(self._initializer)


def parse_input_fn_result(result):
    """(features, labels or None, hooks) of a data set, of (features, labels), or of features.

    Raises:
      ValueError: a tuple of another length.
    """
    hooks = []
    if isinstance(result, Dataset):
        iterator = make_initializable_iterator(result)
        hooks.append(_DatasetInitializerHook(iterator))
        result = iterator.get_next()
    if not isinstance(result, list | tuple):
        return result, None, hooks
    need(len(result) == 2, "input_fn should return (features, labels) as a len 2 tuple.")
    return result[0], result[1], hooks


def ends(features):
    """Whether something in the graph can end the input: a data set's iterator, or threads that fill queues."""
    tensors = [x for x in nest.flatten(features) if isinstance(x, Tensor)]
    made_by = {tensor.op.type for tensor in tensors}
    return "IteratorGetNext" in made_by or bool(default_graph().get_collection(GraphKeys.QUEUE_RUNNERS))
