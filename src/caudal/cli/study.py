"""`caudal study iris|mnist`: trains the recorded networks, shows progress, a table, and where the pictures lie."""

import contextlib
import os
import sys
import time
import warnings

import click
from rich import progress
from rich.console import Console

from ..data import mnist
from ..study import iris_study, mnist_study

__all__ = ["main", "study"]

_INTERRUPTED = 130  # a shell's status for a program that Ctrl-C ended
_ABOVE_0 = click.IntRange(min=1)


def main(args):
    """The exit status of `caudal study` with `args`; what the user got wrong is said in a line."""
    try:
        return study.main(args, prog_name="caudal study", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("\nInterrupted: nothing of this run was kept; the same command begins it again.", file=sys.stderr)
        return _INTERRUPTED
    except (OSError, ValueError) as error:
        print(f"caudal study: {error}", file=sys.stderr)
    return 2


@click.group()
def study():
    """Train the recorded networks of 2017."""


class _Rate(progress.ProgressColumn):
    """Steps a second."""

    def render(self, task):
        return f"{task.speed or 0:,.0f} steps/s"


class _Numbers(click.ParamType):
    """Whole numbers above 0, with commas between them."""

    name = "numbers"

    def convert(self, value, param, ctx):
        try:
            numbers = [int(part) for part in value.split(",")]
        except ValueError:
            self.fail(f"{value!r} isn't a list of whole numbers, as 5000,10000 is", param, ctx)
        if min(numbers) < 1:
            self.fail(f"{min(numbers)} isn't above 0", param, ctx)
        return list(dict.fromkeys(numbers))


@study.command()
@click.option("--out", default="results/iris", show_default=True, help="folder for curves and results")
@click.option("--seeds", type=_ABOVE_0, default=7, show_default=True, help="trials of each setting")
@click.option("--steps", type=_ABOVE_0, default=1000, show_default=True, help="iterations of each trial")
def iris(out, seeds, steps):
    """Regularisation, early stopping and the learning rate on 150 flowers."""
    _study("iris", out, seeds * len(iris_study.SETTINGS) * steps, lambda tick: iris_study.run(out, seeds, steps, tick))


@study.command("mnist")
@click.option("--nets", default="lenet", show_default=True, help="lenet,tfnet,vishnet")
@click.option("--sizes", type=_Numbers(), default="5000", show_default=True, help="training examples, as 5000,10000")
@click.option("--epochs", type=click.FloatRange(min=0, min_open=True), default=5, show_default=True)
@click.option("--repeats", type=_ABOVE_0, default=1, show_default=True, help="trials of each network and size")
@click.option("--data", type=click.Path(), default=None, help="folder of the idx files; else $CAUDAL_DATA, cache, mirror")
@click.option("--offline", is_flag=True, help="leave the mirrors alone")
@click.option("--out", default="results/mnist", show_default=True, help="folder for pictures and results")
def mnist_command(nets, sizes, epochs, repeats, data, offline, out):
    """Networks on growing training sets of handwritten digits."""
    digits = _load(data, offline)
    nets = list(dict.fromkeys(nets.split(",")))
    mnist_study.check(nets, sizes, digits)
    steps = len(nets) * repeats * sum(mnist_study.steps_of(size, epochs) for size in sizes)
    _study("mnist", out, steps, lambda tick: mnist_study.run(digits, out, nets, sizes, epochs, repeats, tick))


def _load(folder, offline):
    """MNIST; where it stands in, the warning goes to the terminal."""
    with warnings.catch_warnings(record=True) as said, _bar("fetching MNIST") as (bar, task):
        warnings.simplefilter("always")
        digits = mnist.load(folder, lambda name, done, total: bar.update(task, completed=done, total=total), offline)
    for warning in said:
        click.secho(str(warning.message), fg="yellow", err=True)
    return digits


@contextlib.contextmanager
def _bar(name, total=None):
    """A bar with rate and time left, and its task."""
    parts = progress.TextColumn("{task.description}"), progress.BarColumn(), progress.MofNCompleteColumn(), _Rate()
    times = progress.TimeElapsedColumn(), progress.TimeRemainingColumn()
    with progress.Progress(*parts, *times, console=Console(stderr=True), transient=total is None) as bar:
        yield bar, bar.add_task(name, total=total)


def _study(name, out, steps, run):
    """Runs a study with a bar of `steps`; prints its table and its files."""
    os.makedirs(out, exist_ok=True)
    start = time.perf_counter()
    with _bar(name, steps) as (bar, task):
        table, paths = run(lambda: bar.advance(task))
    Console().print(table)
    click.echo(f"{time.perf_counter() - start:.0f} s. Written to:")
    for path in paths:
        click.echo(f"  {os.path.abspath(path)}")
