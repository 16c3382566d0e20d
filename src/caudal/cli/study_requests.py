"""From a command's options to the study that they ask for; and from a study's folder to the same again."""

import dataclasses
import os
import warnings

import click

from ..data import mnist
from ..study import iris_study, mnist_study
from ..study.definition import Study, StudyError
from ..study.driver import Request
from ..study.recorded import RECORDED, SIZES
from ..study.sources import load_study, origin_of
from .study_progress import fetching

__all__ = ["iris_request", "mnist_request", "own_request", "request_of"]


def iris_request(asked, command):
    """`caudal study iris`."""
    return Request(iris_study.study_of(asked["seeds"], asked["steps"]), "iris", asked, command)


def mnist_request(asked, command):
    """`caudal study mnist`."""
    data = _load(asked["data"], asked["offline"])
    if asked["quick"]:
        data = mnist_study.quick_part(data)
    asked = asked | {"data": asked["data"] and os.path.abspath(asked["data"])}
    study = mnist_study.study_of(data, **_mnist_arguments(asked, data))
    return Request(study, "mnist", asked, command, recorded=RECORDED, by="record")


def _mnist_arguments(asked, data):
    """What `mnist_study.study_of` takes: what was asked for, else the quick study's, else that of 2017."""
    quick = mnist_study.QUICK if asked["quick"] else {}
    names = ("sizes", "epochs", "repeats", "grid_epochs", "grid_size", "looks")
    given = {name: asked[name] if asked[name] is not None else quick.get(name) for name in names}
    nets = list(dict.fromkeys(asked["nets"].split(","))) if asked["nets"] else list(mnist_study.NETWORKS)
    for net in nets:
        if net not in mnist_study.NETWORKS:
            raise StudyError(f"there is no network {net!r}; there are {', '.join(mnist_study.NETWORKS)}")
    if asked["early_stopping"]:
        given["patience"], given["looks"] = asked["early_stopping"], given["looks"] or 50
    given["sizes"] = _sizes(given["sizes"], data, asked["early_stopping"])
    grids = dict.fromkeys(nets, asked["grid"]) if asked["grid"] else quick.get("grids", mnist_study.GRIDS)
    return {"nets": nets, "grids": grids if asked["tune"] else None} | {
        name: value for name, value in given.items() if value is not None
    }


def _sizes(sizes, data, stopped):
    """Training-set sizes; the data that stand in for MNIST have fewer examples, and early stopping leaves some for validation."""
    most = len(data.train) if stopped else len(data.everything_seen)
    if data.stand_in and sizes and most < max(sizes) <= max(SIZES):
        click.secho(f"{data.name} has {most:,} examples to train on: larger sizes become {most:,}", fg="yellow", err=True)
    elif sizes:
        return sizes
    return list(dict.fromkeys(min(size, most) for size in sizes or SIZES))


def own_request(asked, command):
    """`caudal study run FILE`."""
    origin, source = origin_of(asked["file"])
    study = load_study(origin)
    if study.name == Study.name:  # not given: the file's
        study = dataclasses.replace(study, name=os.path.splitext(os.path.basename(asked["file"]))[0])
    return Request(study, "own", asked, command, origin, source)


def request_of(held):
    """The request that a study's settings tell of."""
    makers = {"iris": iris_request, "mnist": mnist_request, "own": own_request}
    return makers[held["kind"]](held["asked"], held["command"])


def _load(folder, offline):
    """MNIST; where it stands in, the warning goes to the terminal."""
    with warnings.catch_warnings(record=True) as said, fetching() as bar:
        warnings.simplefilter("always")
        tasks = {}

        def tell(name, done, total):
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done, total=total)

        data = mnist.load(folder, tell, offline)
    for warning in said:
        click.secho(str(warning.message), fg="yellow", err=True)
    return data
