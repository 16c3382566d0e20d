"""tf.train's hooks under tf.estimator's names."""

from ..ground.api import constant
from ..train import hooks, saving_hooks, session_run_hook, timers

__all__ = []

_FROM = {
    hooks: "FeedFnHook FinalOpsHook GlobalStepWaiterHook LoggingTensorHook NanLossDuringTrainingError NanTensorHook StopAtStepHook",
    saving_hooks: "CheckpointSaverHook CheckpointSaverListener StepCounterHook SummarySaverHook",
    session_run_hook: "SessionRunArgs SessionRunContext SessionRunHook SessionRunValues",
    timers: "SecondOrStepTimer",
}
for _module, _names in _FROM.items():
    for _name in _names.split():
        constant(getattr(_module, _name), "estimator." + _name)
