"""`caudal study iris|mnist|run|resume|show|compare|list`: studies, computed and shown. study_requests.py makes requests of options."""

import os
import shlex
import signal
import sys

import click
from rich.console import Console

from ..study import records, report
from ..study.comparison_tables import compare as compare_studies
from ..study.definition import StudyError
from ..study.driver import Options, compute, read_settings
from ..study.pool import cores
from ..study.study_tables import study_tables
from ..study.tables import as_terminal
from .study_options import Numbers, Pairs, computing
from .study_progress import Shown
from .study_requests import iris_request, mnist_request, own_request, request_of

__all__ = ["main", "study"]

_INTERRUPTED = 130  # a shell's status for a program that Ctrl-C ended
_ABOVE_0 = click.IntRange(min=1)


def main(args):
    """The exit status of `caudal study` with `args`; what the user got wrong is said in a line."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return study.main(args, prog_name="caudal study", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("\nInterrupted.", file=sys.stderr)
        return _INTERRUPTED
    except (OSError, ValueError) as error:
        print(f"caudal study: {error}", file=sys.stderr)
    finally:
        signal.signal(signal.SIGTERM, before)
    return 2


def _interrupt(number, frame):
    raise KeyboardInterrupt


@click.group()
def study():
    """Train networks over grids, sizes and seeds; the recorded ones of 2017, or your own."""


@study.command()
@click.option("--seeds", type=_ABOVE_0, default=15, show_default=True, help="trials of each setting")
@click.option("--steps", type=_ABOVE_0, default=1000, show_default=True, help="iterations of each trial")
@computing("results/iris")
def iris(out, options, written, **asked):
    """Regularisation, early stopping and the learning rate on 150 flowers."""
    return _compute(iris_request(asked, _command()), out, options, written)


@study.command("mnist")
@click.option("--nets", default=None, help="of lenet,tfnet,vishnet; all by default")
@click.option("--sizes", type=Numbers(), default=None, help="training examples, as 5000,10000; those of 2017 by default")
@click.option("--epochs", type=click.FloatRange(min=0, min_open=True), default=None, help="50 by default")
@click.option("--repeats", type=_ABOVE_0, default=None, help="trials of each network and size; 4 by default")
@click.option("--tune/--no-tune", default=True, show_default=True, help="search lambda and rho first, or take those of 2017")
@click.option("--grid", type=Pairs(), default=None, help="a grid of your own, as 'l2=1e-4,4e-4 keep_prob=0.5,0.75'")
@click.option(
    "--grid-epochs",
    type=click.FloatRange(min=0, min_open=True),
    default=None,
    help="of the grid's trials; as --epochs by default",
)
@click.option("--grid-size", type=_ABOVE_0, default=None, help="examples of the grid's trials; 55,000 by default")
@click.option(
    "--early-stopping", type=_ABOVE_0, default=None, help="looks without a new least validation cost, then a trial ends"
)
@click.option("--looks", type=_ABOVE_0, default=None, help="how often a trial is looked at; 10, or 50 with early stopping")
@click.option("--quick", is_flag=True, help="all of it in small, in three minutes on two cores")
@click.option("--data", type=click.Path(), default=None, help="folder of the idx files; else $CAUDAL_DATA, cache, mirror")
@click.option("--offline", is_flag=True, help="leave the mirrors alone")
@computing("results/mnist")
def mnist_command(out, options, written, **asked):
    """Three networks on handwritten digits: tuned, then trained on growing training sets."""
    return _compute(mnist_request(asked, _command()), out, options, written)


@study.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@computing(None)
def run(file, out, options, written):
    """A study of your own: FILE binds a caudal.study.Study to the name `study`."""
    request = own_request({"file": os.path.abspath(file)}, _command())
    return _compute(request, out or os.path.join("results", request.study.name), options, written)


@study.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@computing(None, out=False, threads=False)
def resume(folder, options, written):
    """Go on with the study in FOLDER, which was stopped, or died."""
    held = read_settings(folder)
    if held["storage"] and not options.storage:
        if "***" in held["storage"]:
            raise StudyError(f"the study's storage has a password, which isn't kept: give --storage, as {held['storage']}")
        options = _with(options, storage=held["storage"])
    return _compute(request_of(held), folder, _with(options, threads=held["threads"]), written)


def _with(options, **changes):
    return Options(**(vars(options) | changes))


@study.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option("--write", is_flag=True, help="write the report, pictures and files of the tables anew")
def show(folder, write):
    """Print the tables of the study in FOLDER; of one that isn't whole, what it has."""
    record = records.load(folder)
    _show(record)
    if write:
        _write(record, folder)


@study.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False))
def compare(folders):
    """Print what two studies have in common, side by side."""
    if len(folders) != 2:
        raise click.UsageError("two studies are compared")
    for table in compare_studies(*map(records.load, folders)):
        Console().print(as_terminal(table))


@study.command("page")
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False))
@click.option("--out", default="results.md", show_default=True, type=click.Path(dir_okay=False), help="the page, a .md file")
def page_command(folders, out):
    """Write the studies in FOLDERS as one page of Markdown, with their JSON beside it."""
    if not out.endswith(".md"):
        raise click.UsageError(f"--out: {out!r} doesn't end in .md")
    for path in report.write_page(list(map(records.load, folders)), out):
        click.echo(f"Written: {path}")


@study.command("list")
@click.argument("folder", default="results", type=click.Path(file_okay=False))
def list_command(folder):
    """List the studies in FOLDER."""
    if not os.path.isdir(folder):
        raise StudyError(f"there is no folder {folder}")
    found = [
        entry.path
        for entry in sorted(os.scandir(folder), key=lambda e: e.name)
        if os.path.exists(os.path.join(entry.path, records.SETTINGS))
    ]
    for path in found:
        click.echo(_line(path))
    if not found:
        click.echo(f"{folder} holds no study")


def _line(folder):
    held = read_settings(folder)
    try:
        record = records.load(folder)
    except FileNotFoundError:
        return f"{folder}: {held['name']}, begun and not ended; caudal study resume {shlex.quote(folder)}"
    done = f"{len(record.trials)} of {record.planned} trials"
    lost = [trial for trial in record.trials if not trial.complete]
    rest = f", {len(lost)} failed or diverged" if lost else ""
    return f"{folder}: {held['name']}, {done}{rest}, {record.data.name}; {held['command']}"


def _command():
    return shlex.join(["caudal", "study", *sys.argv[2:]])


def _compute(request, folder, options, written):
    """Computes a study with its progress shown; prints its tables, and where its files lie."""
    try:
        with Shown(request.study.name, options.workers or max(1, len(cores()) // options.threads)) as events:
            record = compute(request, folder, options, events)
    except KeyboardInterrupt:
        kept = "; what had ended is kept" if os.path.exists(os.path.join(folder, records.SETTINGS)) else ""
        print(f"\nInterrupted{kept}. To go on: caudal study resume {shlex.quote(folder)}", file=sys.stderr)
        return _INTERRUPTED
    _show(record)
    if written:
        _write(record, folder)
    return 0


def _write(record, folder):
    click.echo("Written to:")
    for path in report.write(record, folder):
        click.echo(f"  {os.path.relpath(path)}")


def _show(record):
    console = Console()
    for table in study_tables(record):
        console.print(as_terminal(table))
        console.print()
