"""What a study is: networks, data, a grid, sizes, repeats. The recorded studies are written so, and so is a user's own.

jobs.py makes trials of it, driver.py has them computed.
"""

import dataclasses
import inspect
import itertools
import numbers

from caudal.data.split import Dataset

from .tuner import Point

__all__ = ["Study", "StudyError"]

_TUNED = {field.name for field in dataclasses.fields(Point)} - {"more", "steps", "every", "stops", "watch_test", "tested"}
_GIVEN = {"keep_prob", "is_training"}  # arguments of a network that are tensors


class StudyError(ValueError):
    """A study can't be computed as it was asked for; the message says what is wrong and what to do."""


@dataclasses.dataclass(frozen=True)
class Study:
    """A study.

    Args:
      networks: a function, a list of functions, or a dict from a name to a function. A network takes inputs
        (float32 `[batch, ...]`) and the number of classes, inserts itself into the default graph and returns logits
        (`[batch, classes]`); if it names them, it gets `keep_prob` and `is_training` too, and any axis of the grid.
      data: a `Dataset`, or a function that gives one; a function of `repeat` gives each repeat a data set of its own.
      name: what the study is called; seeds are drawn from it.
      grid: axis to list of values, as {"l2": [0, 1e-4], "units": [50, 100]}; or a dict from each network's name to that.
        The point with the best validation accuracy is trained on. An empty grid tunes nothing.
      points: network's name to the hyperparameters that it is trained with where no grid is asked for.
      settings: label to hyperparameters: each is trained on the whole training part, to be compared.
      sizes: training-set sizes of the learning curve, in examples; None for the whole training part.
      base: hyperparameters of every trial, fields of `Point`: optimizer, rate, falling, batch, l2, keep_prob, ...
      epochs: passes over the training examples; a trial makes size * epochs / batch steps.
      steps: steps of every trial, instead of epochs.
      repeats: how often each cell is trained.
      grid_epochs, grid_size, grid_repeats: the grid's own; None for `epochs` and for the whole training part.
      patience: looks that early stopping bears; None for none.
      looks: how often a trial is looked at.
      learning: whether there is a learning curve.
      watch_test: whether looks score the test part too.
      stops: whether early stopping ends a trial, or is only told beside it.
    """

    networks: object
    data: object
    name: str = "study"
    grid: dict = dataclasses.field(default_factory=dict)
    points: dict = dataclasses.field(default_factory=dict)
    settings: dict = dataclasses.field(default_factory=dict)
    sizes: list | None = None
    base: dict = dataclasses.field(default_factory=dict)
    epochs: float = 5
    steps: int | None = None
    repeats: int = 3
    grid_epochs: float | None = None
    grid_size: int | None = None
    grid_repeats: int = 1
    patience: int | None = None
    looks: int = 10
    learning: bool = True
    watch_test: bool = False
    stops: bool = True

    def __post_init__(self):
        object.__setattr__(self, "networks", _named(self.networks))
        grids = self.grid if _by_network(self.grid) else dict.fromkeys(self.networks, self.grid)
        object.__setattr__(self, "grid", {net: dict(axes) for net, axes in grids.items() if axes})
        _check(self)

    def check_sizes(self, data):
        """Refuses sizes that the data don't have.

        Raises:
          StudyError: a size is larger than the data, or leaves nothing for what has to be validated.
        """
        batch, most = self.point({}).batch or 1, len(data.everything_seen)
        for size in [*(self.sizes or []), *([self.grid_size] if self.grid_size and self.grid else [])]:
            _need(batch <= size <= most, f"a size of {size:,} isn't in [{batch:,}, {most:,}], the examples of {data.name}")
        self._check_validated(data)

    def _check_validated(self, data):
        _need(
            len(data.validation) or not (self.grid or self.patience),
            "a grid and early stopping need a validation part; it is empty",
        )
        for size in [*(self.sizes or [] if self.patience else []), *([self.grid_size or 0] if self.grid else [])]:
            _need(
                size <= len(data.train),
                f"a size of {size:,} leaves nothing for validation, which a grid and early stopping need; "
                f"{len(data.train):,} is the largest that does",
            )

    def point(self, changes, **more):
        """The `Point` with the study's `base`, then `changes`: fields of `Point`, and what the network takes."""
        asked = self.base | changes
        own = {name: value for name, value in asked.items() if name not in _TUNED}
        tuned = {name: value for name, value in asked.items() if name in _TUNED}
        try:
            return Point(**({"patience": self.patience, "stops": self.stops} | tuned | more), more=own)
        except (TypeError, ValueError) as error:
            raise StudyError(f"hyperparameters {asked}: {error}") from None

    def grid_points(self, network):
        """The grid's points for a network: dicts from axis to value, the last axis fastest."""
        axes = self.grid.get(network, {})
        return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())] if axes else []

    def dataset(self, repeat):
        """The `Dataset` of a repeat.

        Raises:
          StudyError: the study's function gives something else.
        """
        made = self.data
        if callable(made):
            made = made(repeat=repeat) if self.anew else made()
        _need(isinstance(made, Dataset), f"the study's data are {type(made).__name__}, not a caudal.data.split.Dataset")
        return made

    @property
    def anew(self):
        """Whether each repeat has a data set of its own."""
        return callable(self.data) and "repeat" in inspect.signature(self.data).parameters


def _need(true, message):
    if not true:
        raise StudyError(message)


def _named(networks):
    """Networks as a dict from their names."""
    if callable(networks):
        networks = [networks]
    if not isinstance(networks, dict):
        networks = {network.__name__: network for network in networks}
    _need(networks and all(map(callable, networks.values())), "a study needs a network: a function that gives logits")
    return dict(networks)


def _by_network(grid):
    return bool(grid) and all(isinstance(axes, dict) for axes in grid.values())


def _check(study):
    """Refuses what can't be computed whatever the data are."""
    for name, least in (("epochs", 0), ("repeats", 1), ("grid_repeats", 1), ("looks", 1)):
        _need(getattr(study, name) >= least, f"{name} can't be {getattr(study, name)!r}")
    for what in (study.grid, study.points):
        for net in what:
            _need(net in study.networks, f"there is no network {net!r}; there are {', '.join(study.networks)}")
    for net, axes in study.grid.items():
        for axis, values in axes.items():
            _need(len(list(values)) > 0, f"the grid of {net} has no value for {axis}")
            _check_names(study, net, {axis})
            for value in values:
                _check_value(study, axis, value)
    for net in study.networks:
        _check_names(study, net, set(study.base) | set(study.points.get(net, {})))
        for changes in (study.points.get(net, {}), *study.settings.values()):
            study.point(changes)


def _check_value(study, axis, value):
    numeric = axis in _TUNED and axis != "optimizer"
    right = isinstance(value, numbers.Real) if numeric else isinstance(value, (numbers.Real, str))
    _need(right and value == value, f"the grid's value {value!r} for {axis} isn't a number")
    study.point({axis: value})


def _check_names(study, net, names):
    """Refuses hyperparameters that neither the tuner nor the network knows."""
    takes = inspect.signature(study.networks[net]).parameters
    for name in names - _TUNED:
        _need(
            name in takes,
            f"network {net!r} takes no {name!r}, and the tuner doesn't know it; it knows {', '.join(sorted(_TUNED))}",
        )
    for name in names & _GIVEN:
        _need(name in takes, f"network {net!r} takes no {name!r}: give it that argument, or leave it out of the study")
