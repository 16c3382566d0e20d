"""The threads of a `Supervisor`: summaries, steps a second and checkpoints, once in so many seconds."""

import time

from ..formats.proto.summary_pb2 import SessionLog, Summary
from ..platform import logging
from .coordinator import LooperThread
from .global_step import global_step

__all__ = ["CheckpointThread", "StepCounterThread", "SummaryThread"]


class SummaryThread(LooperThread):
    """Writes the summaries."""

    def __init__(self, sv, sess):
        super().__init__(sv.coord, sv.save_summaries_secs)
        self._sv, self._sess = sv, sess

    def run_loop(self):
        """One round."""
        step = None
        if self._sv.global_step is not None:
            made, step = self._sess.run([self._sv.summary_op, self._sv.global_step])
        else:
            made = self._sess.run(self._sv.summary_op)
        if self._sv.summary_writer:
            logging.info("Recording summary at step %s.", step)
            self._sv.summary_writer.add_summary(made, step)


class StepCounterThread(LooperThread):
    """Writes steps a second."""

    def __init__(self, sv, sess):
        super().__init__(sv.coord, sv.save_summaries_secs)
        self._sv, self._sess = sv, sess
        self._last_time, self._last_step = 0.0, 0
        self._summary_tag = f"{sv.global_step.op.name}/sec"

    def start_loop(self):
        """Notes time and step."""
        self._last_time = time.time()
        self._last_step = global_step(self._sess, self._sv.global_step)

    def run_loop(self):
        """One round."""
        step, now = global_step(self._sess, self._sv.global_step), time.time()
        steps, seconds = step - self._last_step, now - self._last_time
        self._last_step, self._last_time = step, now
        speed = steps / seconds if seconds > 0.0 else float("inf")
        summary = Summary(value=[Summary.Value(tag=self._summary_tag, simple_value=speed)])
        if self._sv.summary_writer:
            self._sv.summary_writer.add_summary(summary, step)
        logging.log_first_n(logging.INFO, "%s: %g", 10, self._summary_tag, speed)


class CheckpointThread(LooperThread):
    """Writes checkpoints."""

    def __init__(self, sv, sess):
        super().__init__(sv.coord, sv.save_model_secs)
        self._sv, self._sess = sv, sess

    def run_loop(self):
        """One round."""
        sv = self._sv
        logging.info("Saving checkpoint to path %s", sv.save_path)
        sv.saver.save(self._sess, sv.save_path, global_step=sv.global_step)
        if sv.summary_writer and sv.global_step is not None:
            step = global_step(self._sess, sv.global_step)
            sv.summary_writer.add_session_log(SessionLog(status=SessionLog.CHECKPOINT, checkpoint_path=sv.save_path), step)
