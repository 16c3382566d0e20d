"""What the options of `caudal study` look like: lists of numbers, grids, and those that all computing commands share."""

import functools
import math

import click

from ..study.driver import Options

__all__ = ["Numbers", "Pairs", "computing"]

_ABOVE_0 = click.IntRange(min=1)


class Numbers(click.ParamType):
    """Whole numbers above 0, with commas between them."""

    name = "numbers"

    def convert(self, value, param, ctx):
        if isinstance(value, list):
            return value
        try:
            numbers = [int(part) for part in value.split(",")]
        except ValueError:
            self.fail(f"{value!r} isn't a list of whole numbers, as 5000,10000 is", param, ctx)
        if min(numbers) < 1:
            self.fail(f"{min(numbers)} isn't above 0", param, ctx)
        return list(dict.fromkeys(numbers))


class Pairs(click.ParamType):
    """A grid: axis=value,value, with spaces between the axes."""

    name = "grid"

    def convert(self, value, param, ctx):
        if isinstance(value, dict):
            return value
        axes = {}
        for part in value.split():
            axis, sign, values = part.partition("=")
            if not axis or not sign or axis in axes:
                self.fail(f"{part!r} isn't an axis with its values, as l2=1e-4,4e-4 is", param, ctx)
            axes[axis] = [self._number(text, axis, param, ctx) for text in values.split(",")]
        if not axes:
            self.fail("it is empty", param, ctx)
        return axes

    def _number(self, text, axis, param, ctx):
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.fail(f"the grid's value {text!r} for {axis} isn't a number", param, ctx)
        return int(value) if axis in ("batch",) else value


def computing(folder, out=True, threads=True):
    """The options of how a study is computed, for a command; they reach it as `options`.

    Args:
      folder: the default of --out.
      out, threads: whether there are these options.
    """
    listed = [
        click.option("--out", default=folder, show_default=folder is not None, help="the study's folder"),
        click.option(
            "--threads", type=_ABOVE_0, default=1, show_default=True, help="processors of a trial; they decide its last bits"
        ),
        click.option("--workers", type=_ABOVE_0, default=None, help="trials at once; one a processor by default"),
        click.option("--storage", default=None, help="URL of an SQL server's database; else SQLite in the study's folder"),
        click.option("--cluster", default=None, metavar="tcp://HOST:PORT", help="a running Dask scheduler whose workers train"),
        click.option(
            "--slurm", multiple=True, metavar="KEY=VALUE...", help="workers through Slurm, as 'queue=long cores=1 memory=4GB'"
        ),
        click.option("--attempts", type=_ABOVE_0, default=5, show_default=True, help="of a trial whose workers die"),
        click.option("--retry", is_flag=True, help="do failed trials again"),
        click.option(
            "--report/--no-report", "written", default=True, show_default=True, help="write the page, its pictures and files"
        ),
        click.option("--keep", is_flag=True, help="take trials that another version of Caudal computed as they are"),
    ]

    def decorate(command):
        @functools.wraps(command)
        def call(slurm, cluster, **given):
            names = ("threads", "workers", "storage", "attempts", "retry", "keep")
            how = {name: given.pop(name) for name in names if name in given}
            if slurm and cluster:
                raise click.UsageError("--cluster and --slurm exclude each other")
            return command(**given, options=Options(**how, cluster=cluster, slurm=_slurm(slurm) if slurm else None))

        for option in reversed(listed[0 if out else 1 :] if threads else listed[2:]):
            call = option(call)
        return call

    return decorate


def _slurm(parts):
    """Arguments from KEY=VALUE texts."""
    pairs = [pair for part in parts for pair in part.split()]
    for pair in pairs:
        if "=" not in pair:
            raise click.UsageError(f"--slurm takes KEY=VALUE, got {pair!r}")
    return dict(pair.split("=", 1) for pair in pairs)
