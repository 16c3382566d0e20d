"""The names that real programs use: nearly all of the areas that this version covers resolve."""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
TOOL = HERE.parent / "tools" / "census.py"


def test_census(record_property):
    """At least 97 % of the census's names of M1, Slim, layers and losses are made."""
    out = subprocess.run([sys.executable, TOOL, "--missing"], capture_output=True, text=True, check=True).stdout
    last = out.splitlines()[-1]
    record_property("score", "census: " + last)
    assert float(last.split()[-1].rstrip("%")) >= 97, out


def test_no_name_is_lost():
    """Each public name that was made is made still; `python tools/census.py --made > tests/census/made.txt` adds new ones."""
    out = subprocess.run([sys.executable, TOOL, "--made"], capture_output=True, text=True, check=True).stdout
    lost = set((HERE / "census" / "made.txt").read_text(encoding="utf-8").split()) - set(out.split())
    assert not lost, f"{len(lost)} names are lost: {sorted(lost)[:20]}"
