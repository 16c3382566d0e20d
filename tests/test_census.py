"""The names that real programs use: nearly all of the areas that this version covers resolve."""

import pathlib
import subprocess
import sys

TOOL = pathlib.Path(__file__).parent.parent / "tools" / "census.py"


def test_census(record_property):
    """At least 97 % of the census's names of M1, Slim, layers and losses are made."""
    out = subprocess.run([sys.executable, TOOL, "--missing"], capture_output=True, text=True, check=True).stdout
    last = out.splitlines()[-1]
    record_property("score", "census: " + last)
    assert float(last.split()[-1].rstrip("%")) >= 97, out
