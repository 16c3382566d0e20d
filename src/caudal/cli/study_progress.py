"""A study's progress: in a terminal a bar with trials, steps a second over all workers and time left; else a line now and then."""

import collections
import time

from rich import progress
from rich.console import Console
from rich.markup import escape

from ..study.driver import Events

__all__ = ["Shown", "fetching"]

_EVERY = 10  # seconds between two lines of a log
_STAGES = {"grid": "the grid", "settings": "settings", "learning": "learning curves"}


class _Rate(progress.ProgressColumn):
    """Steps a second."""

    def render(self, task):
        return f"{task.speed or 0:,.0f} steps/s"


class _Left(progress.ProgressColumn):
    """Time left, from what a step of each network takes."""

    def render(self, task):
        left = task.fields["left"]()
        return "" if left is None else f"{_clock(left)} left"


def _clock(seconds):
    return f"{seconds // 3600:.0f}:{seconds // 60 % 60:02.0f}:{seconds % 60:02.0f}"


class Shown(Events):
    """Draws what happens on the standard error; a context manager.

    Args:
      name: the study's.
      workers: how many trials are under way at once.
    """

    def __init__(self, name, workers):
        parts = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.TextColumn("{task.fields[trials]}"),
            _Rate(),
        )
        self.bar = progress.Progress(*parts, progress.TimeElapsedColumn(), _Left(), console=Console(stderr=True))
        self.name, self.workers, self.task = name, workers, None
        self.logged = float("-inf")  # when a line was written last
        self.waiting, self.took = collections.Counter(), collections.defaultdict(list)

    def __enter__(self):
        self.bar.start()
        return self

    def __exit__(self, *error):
        self.bar.stop()

    def stage(self, jobs, missing):
        self.done, self.all, self.before, self.lost = 0, len(jobs), len(jobs) - len(missing), collections.Counter()
        self.waiting = collections.Counter()
        for job in missing:
            self.waiting[job.network] += job.point.steps
        self.total, self.under_way = sum(self.waiting.values()), 0
        stages = " and ".join(_STAGES[stage] for stage in dict.fromkeys(job.stage for job in jobs))
        what = {"total": self.total, "trials": self._trials(), "left": self._left}
        self.task = self.bar.add_task(f"{self.name}: {stages}", **what)
        self._log(f"{self.name}: {stages}, {len(missing)} trials of {self.total:,} steps", now=True)
        if self.before:
            self.say(f"{self.before} of {self.all} trials are done already")

    def steps(self, under_way):
        self.under_way = under_way
        self.bar.update(self.task, completed=self.done + under_way)

    def ended(self, trial):
        steps = trial.point["steps"]
        self.done += steps
        self.waiting[trial.network] -= steps
        self.before += 1
        if trial.complete:
            self.took[trial.network].append(trial.seconds / steps)
        else:
            self.lost[trial.state] += 1
            self.say(
                f"{trial.network}, {trial.label}, repeat {trial.repeat} {trial.state}: {trial.error.strip().splitlines()[-1]}"
            )
        self.bar.update(self.task, completed=self.done, trials=self._trials())
        left = self._left()
        told = f"{trial.network}, {trial.label}, repeat {trial.repeat}: {trial.state}; {self._trials()}"
        self._log(told if left is None else f"{told}, {_clock(left)} left", now=self.before == self.all)

    def _log(self, words, now=False):
        """Writes a line where there is no terminal to draw a bar in."""
        if self.bar.console.is_terminal or not (now or time.monotonic() - self.logged >= _EVERY):
            return
        self.logged = time.monotonic()
        self.bar.console.print(escape(words), highlight=False, soft_wrap=True)

    def say(self, words):
        self.bar.console.print(escape(words), style="yellow", highlight=False)

    def _trials(self):
        lost = "".join(f", {count} {state}" for state, count in self.lost.items())
        return f"{self.before}/{self.all} trials{lost}"

    def _left(self):
        """Seconds left of this stage, about; None while no network's step was timed."""
        if not self.took:
            return None
        known = {network: sum(times) / len(times) for network, times in self.took.items()}
        mean = sum(known.values()) / len(known)
        seconds = sum(steps * known.get(network, mean) for network, steps in self.waiting.items())
        share = 1 - self.under_way / max(1, self.total - self.done)
        return seconds * max(0.0, share) / self.workers


def fetching():
    """A bar for a download; shown while something is fetched."""
    columns = progress.TextColumn("fetching {task.description}"), progress.BarColumn(), progress.DownloadColumn()
    return progress.Progress(*columns, console=Console(stderr=True), transient=True)
