"""Many training steps by one call, over arrays that stay on the device: `caudal.loop`, which TensorFlow 1 hasn't got."""

import numpy as np

from ..graph.graph import Tensor
from ..ground import nest
from ..ground.api import export
from ..ground.errors import need
from ..run.feeds import expand, value_for
from ..run.fetches import Fetches
from ..run.stepping import Stepping

__all__ = ["Steps", "run_steps"]


@export("loop.Steps")
class Steps:
    """Training steps of a session, of which each takes some rows of the same arrays.

    A step does what `session.run([train, fetches], {x: array[rows], ...})` does, to the bit, but nothing comes back to Python in between, except for
    ops that only Python computes.

    Args:
      session: a `tf.Session`; its variables are initialised.
      train: the op that makes a step, or a list of them.
      arrays: placeholder -> array `[examples, ...]`; all with the same number of examples.
      fetches: what to fetch beside, as `session.run` takes it; None for nothing.
      feed_dict: what is fed whole in each step.

    Raises:
      ValueError: no arrays, or not of one length; an op that works outside of the graph, as a queue or a `py_func` does.
      TypeError: a key or a value that can't be fed.
    """

    def __init__(self, session, train, arrays, fetches=None, feed_dict=None):
        self._session, self._nest = session, [train] if fetches is None else [train, fetches]
        rows, fixed = _feeds(session.graph, arrays), _feeds(session.graph, feed_dict or {})
        need(rows, "There are no arrays to take batches from.", fix="{x: images, y: labels}, as a feed dict, but whole")
        lengths = {key.name: value.shape[0] if value.ndim else None for key, value in rows}
        if len(set(lengths.values())) > 1 or None in lengths.values():
            told = ", ".join(f"{name!r} has {length}" for name, length in lengths.items())
            need(
                False,
                f"The arrays need the same number of examples, but {told}.",
                fix="rows of one example have one place in all arrays",
            )
        self._rows, self._fixed, self._length = rows, fixed, next(iter(lengths.values()))
        self._made, self._changes = None, -1

    def run(self, order, every=1):
        """Makes steps.

        Args:
          order: integers `[steps, batch]`: which examples each step takes. An epoch in the order of a RandomState:
            `draw.permutation(examples)[: steps * batch].reshape(steps, batch)`.
          every: the fetches of each such step are kept.

        Returns:
          The nest of fetches, each with a first dimension of `steps // every`; None if there are none. Ctrl-C ends it between steps.

        Raises:
          ValueError: `order` or `every` is no such thing; an example has not the shape of its placeholder.
          IndexError: there is no such example.
          RuntimeError: the session is closed.
          tf.errors.OpError: an op failed.
        """
        order = self._checked(np.asarray(order))
        need(every >= 1, f"`every` counts steps, and can't be {every}.")
        self._session.run(())  # says if it is closed
        asked, stepping = self._stepping(order.shape[1])
        made = stepping.run(order, int(every))
        columns = [np.stack(column) for column in zip(*made, strict=True)] if made else self._nothing(asked)
        return asked.rebuild(columns)[1] if len(self._nest) > 1 else None

    def _checked(self, order):
        """The rows of each step as int32."""
        right = order.ndim == 2 and (np.issubdtype(order.dtype, np.integer) or not order.size)
        need(
            right,
            f"`order` has to be integers [steps, batch], but is {order.dtype.name}{list(order.shape)}.",
            fix="order.reshape(steps, batch)",
        )
        if order.size and not (order.min() >= 0 and order.max() < self._length):
            raise IndexError(f"`order` asks for examples from {order.min()} to {order.max()}, but there are {self._length}.")
        return order.astype(np.int32)

    def _stepping(self, batch):
        """(what is fetched, the steps), made again when the graph has changed."""
        session = self._session
        for key, value in self._rows:
            value_for(session.graph, key, np.broadcast_to(value[:1], (batch, *value.shape[1:])), key)
        if self._changes != session.graph._changes or self._made[1].store is not session._store:
            asked, pairs = Fetches(session.graph, self._nest), [*self._rows, *self._fixed]
            plan = session._plan(None, None, asked, tuple(key for key, _ in pairs))
            batched = [True] * len(self._rows) + [False] * len(self._fixed)
            self._made = asked, Stepping(plan, session._store, [value for _, value in pairs], batched)
            self._changes = session.graph._changes
        return self._made

    def _nothing(self, asked):
        """What is fetched of no step."""
        return [np.zeros((0, *(d or 0 for d in t.dims or ())), t._dtype.base_dtype.np) for t in asked.tensors]


def _feeds(graph, given):
    """(tensor, array) pairs of a feed dict, of which the shapes aren't looked at yet."""
    pairs = []
    for key, value in nest.flatten_dict_items(given).items() if isinstance(given, dict) else given:
        pairs += expand(graph, key, value)
    for key, value in pairs:
        if isinstance(value, Tensor):
            value_for(graph, key, value, key)  # says that a tensor can't be fed
    return [(key, np.asarray(value, key._dtype.base_dtype.np)) for key, value in pairs]


@export("loop.run_steps")
def run_steps(session, train, arrays, order, fetches=None, every=1, feed_dict=None):
    """Makes training steps, each with other rows of the same arrays; `Steps` keeps the arrays on the device for several calls.

    Args:
      session, train, arrays, fetches, feed_dict: as `Steps` takes them.
      order, every: as its `run` takes them.

    Returns:
      The nest of fetches of each `every`-th step.

    Raises:
      ValueError, TypeError, IndexError, RuntimeError, tf.errors.OpError: as `Steps` and its `run` do.
    """
    return Steps(session, train, arrays, fetches, feed_dict).run(order, every)
