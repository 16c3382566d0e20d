"""SecondOrStepTimer: what says that so many steps, or seconds, have gone by."""

import time

from ..ground.api import export
from ..ground.errors import need

__all__ = ["NeverTriggerTimer", "SecondOrStepTimer"]


@export("train.SecondOrStepTimer")
class SecondOrStepTimer:
    """Triggers at the first step, and again after so many steps or seconds.

    Args:
      every_secs: seconds.
      every_steps: steps; exactly one of both is given.

    Raises:
      ValueError: none or both are.
    """

    def __init__(self, every_secs=None, every_steps=None):
        self.reset()
        self._every_secs, self._every_steps = every_secs, every_steps
        need(every_secs is not None or every_steps is not None, "Either every_secs or every_steps should be provided.")
        need(every_secs is None or every_steps is None, "Can not provide both every_secs and every_steps.")

    def reset(self):
        """Forgets what was."""
        self._last_triggered_step = self._last_triggered_time = None

    def should_trigger_for_step(self, step):
        """Whether it is time at a step."""
        if self._last_triggered_step is None:
            return True
        if self._last_triggered_step == step:
            return False
        if self._every_secs is not None:
            return time.time() > self._last_triggered_time + self._every_secs
        return step >= self._last_triggered_step + self._every_steps

    def update_last_triggered_step(self, step):
        """Notes that it was triggered; (seconds, steps) since the last time, None for both at first."""
        now, since = time.time(), (None, None)
        if self._last_triggered_time is not None:
            since = now - self._last_triggered_time, step - self._last_triggered_step
        self._last_triggered_time, self._last_triggered_step = now, step
        return since

    def last_triggered_step(self):
        """The step at which it was triggered last, or None."""
        return self._last_triggered_step


class NeverTriggerTimer:
    """Never triggers."""

    def reset(self):
        """Does nothing."""

    def should_trigger_for_step(self, step):
        """False."""
        return False

    def update_last_triggered_step(self, step):
        """(None, None)."""
        return None, None

    def last_triggered_step(self):
        """None."""
        return None
