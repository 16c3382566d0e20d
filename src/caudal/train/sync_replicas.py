"""SyncReplicasOptimizer: workers wait for each other at each step, and their gradients are averaged."""

import contextlib

from ..build.variables import Variable, global_variables, report_uninitialized_variables
from ..graph.composite import IndexedSlices
from ..graph.graph import GraphKeys, Tensor
from ..graph.scopes import colocate_with, control_dependencies, device, name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops import state
from ..ops.accumulators import ConditionalAccumulator, SparseConditionalAccumulator
from ..ops.basic import no_op
from ..ops.control import group
from ..ops.fill import fill
from ..ops.queues import FIFOQueue
from ..platform.logging import info
from .optimizer import Optimizer
from .queue_runner import QueueRunner
from .session_manager import ready
from .session_run_hook import SessionRunHook

__all__ = ["SyncReplicasOptimizer"]

_NOT_READY = "Model is not ready for SyncReplicasOptimizer local init."


@export("train.SyncReplicasOptimizer")
class SyncReplicasOptimizer(Optimizer):
    """Averages the gradients of several workers and makes one step of `opt` with them, then gives each a token to go on.

    A worker's train op adds its gradients to accumulators and waits for a token. The chief's queue runner waits until
    there are enough gradients, makes the step, and puts the tokens into the queue. (Chen et al. 2016, with backup workers)

    Args:
      opt: the `Optimizer` that makes the steps.
      replicas_to_aggregate: how many gradients make one step.
      total_num_replicas: how many workers there are; `replicas_to_aggregate` if None.
      variable_averages: an `ExponentialMovingAverage` that is brought forward after each step.
      variables_to_average: the variables that it takes.
      use_locking: accepted; updates never mix.
      name: of the accumulators' scope.
    """

    def __init__(
        self,
        opt,
        replicas_to_aggregate,
        total_num_replicas=None,
        variable_averages=None,
        variables_to_average=None,
        use_locking=False,
        name="sync_replicas",
    ):
        total_num_replicas = replicas_to_aggregate if total_num_replicas is None else total_num_replicas
        super().__init__(use_locking, name)
        info("SyncReplicasV2: replicas_to_aggregate=%s; total_num_replicas=%s", replicas_to_aggregate, total_num_replicas)
        self._opt, self._replicas_to_aggregate, self._total_num_replicas = opt, replicas_to_aggregate, total_num_replicas
        self._variable_averages, self._variables_to_average = variable_averages, variables_to_average
        self._tokens_per_step = max(total_num_replicas, replicas_to_aggregate)
        self._gradients_applied = False
        self._global_step = self._sync_token_queue = self._chief_queue_runner = None
        self._accumulator_list = []  # (accumulator, the device of its variable)

    def compute_gradients(self, *args, **kwargs):
        """`opt.compute_gradients`."""
        return self._opt.compute_gradients(*args, **kwargs)

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """The op that a worker runs for a step.

        Args:
          grads_and_vars: pairs of a gradient (a tensor, IndexedSlices, or None) and its variable.
          global_step: the variable that counts the steps.
          name: not used.

        Raises:
          ValueError: no pairs, no global step, or a gradient of another kind.
        """
        need(grads_and_vars, "Must supply at least one variable")
        need(global_step is not None, "Global step is required to check staleness")
        self._global_step = global_step
        self._make_local_step()
        with name_scope(None, self._name):
            added, taken = self._accumulate(grads_and_vars)
            with self._at_step():
                update = self._opt.apply_gradients(taken, global_step)
            with self._at_step():
                self._sync_token_queue = FIFOQueue(
                    -1, global_step.dtype.base_dtype, shapes=(), name="sync_token_q", shared_name="sync_token_q"
                )
                # the runner closes its queue, and this one is to stay open
                closed = FIFOQueue(1, dtypes.int32, shapes=(), name="dummy_queue", shared_name="dummy_queue")
            with self._at_step():
                train_op = self._wait(added)
                self._chief_queue_runner = QueueRunner(closed, [self._synchronize(update)])
            self.chief_init_op = group(self.local_step_init_op, *self._set_steps())
        self._gradients_applied = True
        return train_op

    @contextlib.contextmanager
    def _at_step(self):
        """The root scope, on the device of the global step."""
        with device(self._global_step.device), name_scope(""):
            yield

    def _make_local_step(self):
        with colocate_with(no_op()):  # with the worker, not with the variables
            self._local_step = Variable(
                initial_value=0,
                trainable=False,
                collections=[GraphKeys.LOCAL_VARIABLES],
                dtype=self._global_step.dtype.base_dtype,
                name="sync_rep_local_step",
            )
        self.local_step_init_op = state.assign(self._local_step, self._global_step)
        self.ready_for_local_init_op = report_uninitialized_variables(global_variables())

    def _accumulate(self, grads_and_vars):
        """The ops that add gradients to accumulators, and (what is taken out of each, its variable)."""
        added, taken = [], []
        for grad, variable in grads_and_vars:
            if grad is None:
                taken.append((None, variable))
                continue
            with device(variable.device):
                kind = _Dense if isinstance(grad, Tensor) else _Sparse
                need(kind is _Dense or isinstance(grad, IndexedSlices), "Unknown grad type!")
                accumulator = kind.make(grad, variable, shared_name=variable.name + "/grad_accum")
                added.append(kind.add(accumulator, grad, local_step=self._local_step))
                taken.append((kind.take(accumulator, self._replicas_to_aggregate), variable))
                self._accumulator_list.append((accumulator, variable.device))
        return added, taken

    def _wait(self, added):
        """The op that goes on once there is a token, after the gradients were added."""
        with control_dependencies(added):
            token = self._sync_token_queue.dequeue()
        return state.assign(self._local_step, token)

    def _synchronize(self, update):
        """The op that gives out the tokens of a step that was made."""
        with control_dependencies([update]):
            tokens = fill([self._tokens_per_step], self._global_step)
            done = self._sync_token_queue.enqueue_many((tokens,))
        if self._variable_averages is None:
            return done
        with control_dependencies([done]), name_scope(""):
            return self._variable_averages.apply(self._variables_to_average)

    def _set_steps(self):
        for accumulator, where in self._accumulator_list:
            with device(where):
                yield accumulator.set_global_step(self._global_step, name="SetGlobalStep")

    def get_chief_queue_runner(self):
        """The `QueueRunner` that makes the steps; the chief alone starts it.

        Raises:
          ValueError: before `apply_gradients`.
        """
        need(self._gradients_applied, "Should be called after apply_gradients().")
        return self._chief_queue_runner

    def get_slot(self, *args, **kwargs):
        """`opt.get_slot`."""
        return self._opt.get_slot(*args, **kwargs)

    def variables(self):
        """`opt.variables`."""
        return self._opt.variables()

    def get_slot_names(self, *args, **kwargs):
        """`opt.get_slot_names`."""
        return self._opt.get_slot_names(*args, **kwargs)

    def get_init_tokens_op(self, num_tokens=-1):
        """The op that puts the first tokens into the queue; the chief alone runs it.

        Args:
          num_tokens: how many; `replicas_to_aggregate` if -1.

        Raises:
          ValueError: before `apply_gradients`, or too few tokens for a first step.
        """
        need(self._gradients_applied, "get_init_tokens_op() should be called after apply_gradients().")
        needed = self._replicas_to_aggregate - self._total_num_replicas
        if num_tokens == -1:
            num_tokens = self._replicas_to_aggregate
        need(num_tokens >= needed, f"Too few tokens to finish the first step: {num_tokens} (given) vs {needed} (needed)")
        if num_tokens <= 0:
            return no_op(name="no_init_tokens")
        with self._at_step():
            return self._sync_token_queue.enqueue_many((fill([num_tokens], self._global_step),))

    def make_session_run_hook(self, is_chief, num_tokens=-1):
        """The hook for a `MonitoredTrainingSession`.

        Args:
          is_chief: whether this worker makes the steps.
          num_tokens: as `get_init_tokens_op` takes it.
        """
        return _Hook(self, is_chief, num_tokens)


class _Dense:
    """What is done with gradients that are tensors."""

    add, take = ConditionalAccumulator.apply_grad, ConditionalAccumulator.take_grad

    @staticmethod
    def make(grad, variable, shared_name):
        return ConditionalAccumulator(grad.dtype, shape=variable.get_shape(), shared_name=shared_name)


class _Sparse:
    """What is done with gradients that are IndexedSlices."""

    add = SparseConditionalAccumulator.apply_indexed_slices_grad
    take = SparseConditionalAccumulator.take_indexed_slices_grad

    @staticmethod
    def make(grad, variable, shared_name):
        return SparseConditionalAccumulator(grad.dtype, shape=(), shared_name=shared_name)


class _Hook(SessionRunHook):
    """Sets the steps of a new session, and on the chief starts what makes them."""

    def __init__(self, optimizer, is_chief, num_tokens):
        self._optimizer, self._is_chief, self._num_tokens = optimizer, is_chief, num_tokens
        self._runner = self._init_tokens_op = None

    def begin(self):
        made, chief = self._optimizer, self._is_chief
        need(made._gradients_applied, "SyncReplicasOptimizer.apply_gradient should be called before using the hook.")
        self._local_init_op = made.chief_init_op if chief else made.local_step_init_op
        if chief:
            self._runner, self._init_tokens_op = made.get_chief_queue_runner(), made.get_init_tokens_op(self._num_tokens)

    def after_create_session(self, session, coord):
        all_ready, words = ready(self._optimizer.ready_for_local_init_op, session, _NOT_READY)
        if not all_ready:
            raise RuntimeError(
                "Init operations did not make model ready for SyncReplicasOptimizer local_init. Init op: "
                f"{self._local_init_op.name}, error: {words}"
            )
        session.run(self._local_init_op)
        if self._init_tokens_op is not None:
            session.run(self._init_tokens_op)
        if self._runner is not None:
            self._runner.create_threads(session, coord=coord, daemon=True, start=True)
