"""slim.evaluation: a net's measures on a checkpoint, or on each that a training writes."""

from ...ground.api import PUBLIC, constant, export
from ...summary.functions import merge_all
from ...train import evaluation
from ...train.saver import Saver
from ...train.scaffold import Scaffold

__all__ = ["evaluate_once", "evaluation_loop"]

_USE_DEFAULT = 0
for _name in ("wait_for_new_checkpoint", "checkpoints_iterator"):
    constant(PUBLIC["contrib.training." + _name], "contrib.slim.evaluation." + _name)


def _hooks(num_evals, summary_op, logdir, feed_dict, hooks):
    if summary_op is _USE_DEFAULT:
        summary_op = merge_all()
    out = [evaluation.StopAfterNEvalsHook(num_evals)]
    if summary_op is not None:
        out.append(evaluation.SummaryAtEndHook(log_dir=logdir, summary_op=summary_op, feed_dict=feed_dict))
    return out + list(hooks or ())


def _scaffold(initial_op, feed_dict, variables_to_restore):
    saver = None if variables_to_restore is None else Saver(variables_to_restore)
    return Scaffold(init_op=initial_op, init_feed_dict=feed_dict, saver=saver)


@export("contrib.slim.evaluation.evaluate_once")
def evaluate_once(
    master,
    checkpoint_path,
    logdir,
    num_evals=1,
    initial_op=None,
    initial_op_feed_dict=None,
    eval_op=None,
    eval_op_feed_dict=None,
    final_op=None,
    final_op_feed_dict=None,
    summary_op=_USE_DEFAULT,
    summary_op_feed_dict=None,
    variables_to_restore=None,
    session_config=None,
    hooks=None,
):
    """Evaluates a checkpoint.

    Args:
      master: '' for this process.
      checkpoint_path: the checkpoint.
      logdir: where summaries go.
      num_evals: how often eval_op is run.
      initial_op: what initialises variables; initial_op_feed_dict: what is fed to it.
      eval_op: run for each batch, as the updates of measures; eval_op_feed_dict: what is fed to it.
      final_op: run at the end; final_op_feed_dict: what is fed to it.
      summary_op: all summaries as one; None for none; summary_op_feed_dict: what is fed to it.
      variables_to_restore: which variables the checkpoint holds; all by default.
      session_config: a `ConfigProto`.
      hooks: more `SessionRunHook`s.

    Returns:
      What final_op gave; None without one.
    """
    return evaluation.evaluate_once(
        checkpoint_path,
        master=master,
        hooks=_hooks(num_evals, summary_op, logdir, summary_op_feed_dict, hooks),
        scaffold=_scaffold(initial_op, initial_op_feed_dict, variables_to_restore),
        eval_ops=eval_op,
        feed_dict=eval_op_feed_dict,
        final_ops=final_op,
        final_ops_feed_dict=final_op_feed_dict,
        config=session_config,
    )


@export("contrib.slim.evaluation.evaluation_loop")
def evaluation_loop(
    master,
    checkpoint_dir,
    logdir,
    num_evals=1,
    initial_op=None,
    initial_op_feed_dict=None,
    init_fn=None,
    eval_op=None,
    eval_op_feed_dict=None,
    final_op=None,
    final_op_feed_dict=None,
    summary_op=_USE_DEFAULT,
    summary_op_feed_dict=None,
    variables_to_restore=None,
    eval_interval_secs=60,
    max_number_of_evaluations=None,
    session_config=None,
    timeout=None,
    timeout_fn=None,
    hooks=None,
):
    """Evaluates each new checkpoint of a folder.

    Args:
      checkpoint_dir: the folder.
      init_fn: accepted: variables come from the checkpoint.
      eval_interval_secs: at least how long lies between two evaluations, seconds.
      max_number_of_evaluations: how many at most; None for no end.
      timeout: how long it waits for a checkpoint, seconds; timeout_fn: called then, false goes on waiting.
      master, logdir, num_evals and the others: as for `evaluate_once`.

    Returns:
      What final_op gave last.
    """
    return evaluation.evaluate_repeatedly(
        checkpoint_dir,
        master=master,
        hooks=_hooks(num_evals, summary_op, logdir, summary_op_feed_dict, hooks),
        scaffold=_scaffold(initial_op, initial_op_feed_dict, variables_to_restore),
        eval_ops=eval_op,
        feed_dict=eval_op_feed_dict,
        final_ops=final_op,
        final_ops_feed_dict=final_op_feed_dict,
        eval_interval_secs=eval_interval_secs,
        config=session_config,
        max_number_of_evaluations=max_number_of_evaluations,
        timeout=timeout,
        timeout_fn=timeout_fn,
    )
