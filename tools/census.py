"""How many of the names that real TF1 programs use resolve in Caudal: `python tools/census.py [--missing]`; with `--made`
all public names of TF 1.15 that do: tests/census/made.txt is that list, and a name in it that is lost fails a test.

tests/census/api_census.csv counts what 37 public repositories of 2015-2019 used; a name that TF 1.15 hadn't in public is left out.
"""

import collections
import csv
import importlib
import pathlib
import sys

import caudal as tf
from caudal.compat.install import install
from caudal.names import Missing, _known

CENSUS = pathlib.Path(__file__).parent.parent / "tests" / "census" / "api_census.csv"
ORIGINS = {"v1.15", "contrib", "import", "examples"}


def _imports(name):
    """Whether a module can be imported, or has the name in it."""
    try:
        importlib.import_module(name)
    except ImportError:
        parent, _, last = name.rpartition(".")
        try:
            return hasattr(importlib.import_module(parent), last)
        except ImportError:
            return False
    return True


def resolves(symbol):
    """Whether a name leads to something that is made."""
    if symbol.startswith(("tf.examples.", "tf.python.", "tf.core.")):
        return _imports("tensorflow" + symbol[2:])
    found = tf
    try:
        for part in symbol.split(".")[1:]:
            found = getattr(found, part)
    except (AttributeError, NotImplementedError):
        return False
    return not isinstance(found, Missing)


def shares(rows):
    """(milestone, area) -> [names that resolve, names, list of those that don't]."""
    out = collections.defaultdict(lambda: [0, 0, []])
    for row in rows:
        if row["origin"] not in ORIGINS:
            continue
        share = out[row["milestone"], row["area"]]
        good = resolves(row["symbol"])
        share[0] += good
        share[1] += 1
        share[2] += [] if good else [row["symbol"]]
    return dict(sorted(out.items()))


def made():
    """The public names of TF 1.15 that are made."""
    return [name for name in sorted(_known()[0]) if resolves("tf." + name)]


def main(arguments):
    """Prints a line for each area, or the names that are made."""
    install()
    if "--made" in arguments:
        print("\n".join(made()))
        return None
    with open(CENSUS, encoding="utf-8") as file:
        found = shares(csv.DictReader(file))
    for (milestone, area), (good, every, missing) in found.items():
        print(f"{milestone}  {area:<46} {good:>4} of {every:<4} {good / every:7.1%}")
        if missing and "--missing" in arguments:
            print("      " + ", ".join(missing))
    first = [
        v
        for (milestone, area), v in found.items()
        if milestone == "M1" or area.startswith(("contrib.slim", "contrib.layers", "layers/"))
    ]
    good, every = sum(v[0] for v in first), sum(v[1] for v in first)
    print(f"M1, Slim, layers and losses: {good} of {every}, {good / every:.1%}")
    return good / every


if __name__ == "__main__":
    main(sys.argv[1:])
