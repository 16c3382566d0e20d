"""Laws over all rows of `cases`: the spec was true; reference = NumPy; compiled = reference; slopes; bad rows' words."""

import collections
import contextlib

import laws
import numpy as np
import pytest
from cases import BAD, ROWS
from cases.reasons import NO_SECOND, reason

import caudal as tf
from caudal.graph import opdef


def _names():
    count = collections.Counter()
    for row in ROWS:
        count[row.op] += 1
        yield id(row), f"{row.op}-{count[row.op]}"


NAMES = dict(_names())  # of a row, in all laws


def over(rows):
    return pytest.mark.parametrize("row", [pytest.param(r, id=NAMES[id(r)]) for r in rows])


SLOPED = [row for row in ROWS if laws.sloped(row)]


@over(ROWS)
def test_spec(row):
    """What is said of the outputs while the graph is built is what comes: as much as the inputs allow."""
    for known in (True, False) if row.op not in laws.STRICT else (True,):
        built = laws.build(row, known=known)
        for tensor, value in zip(built.outputs, laws.reference(built), strict=False):
            kind = tensor.dtype.base_dtype
            value = np.asarray(value)
            assert value.dtype == kind.np or kind == tf.string, f"{row}: {tensor} gave {value.dtype}"
            assert tensor.shape.is_compatible_with(value.shape), f"{row}: {tensor} gave {value.shape}"
            free = row.op in laws.VAGUE or built.op._def.dynamic or built.op._def.host
            sharp = tensor.shape.is_fully_defined() or not known or free
            assert sharp, f"{row}: {tensor} could be known to be {value.shape}"


@over(ROWS)
def test_reference(row):
    """The plain backend gives what the row's NumPy gives."""
    built = laws.build(row)
    laws.close(row, laws.reference(built), laws.meant(row), laws.tolerance(row), "NumPy")


@over([row for row in ROWS if laws.compiles(row)])
def test_compiled(row):
    """XLA gives what the plain backend gives."""
    built = laws.build(row)
    laws.close(row, laws.compiled(built), laws.reference(built), 10 * laws.tolerance(row), "reference")


@over(SLOPED)
def test_slope(row):
    """The gradient is the finite difference."""
    laws.check_slope(row)


@over([row for row in SLOPED if row.second and laws.in_doubles(row)])
def test_slope_of_slope(row):
    """The gradient of the gradient is the finite difference, where TF has one."""
    without = NO_SECOND.get(row.op)
    with pytest.raises(LookupError) if without else contextlib.nullcontext():
        laws.check_slope_of_slope(row)


@pytest.mark.parametrize("row", BAD, ids=str)
def test_bad(row):
    """Bad inputs are refused in TF's words, and notes say where and how, in at most 12 lines."""
    error = laws.refusal(row)
    lines = [str(error).split("\n")[0], *[line for note in getattr(error, "__notes__", []) for line in note.split("\n")]]
    assert (type(error).__name__, lines[0]) == (row.error, row.line)
    assert any("made at " in line and ".py:" in line for line in lines[1:]), "\n".join(lines)
    assert len(lines) <= 12, "\n".join(lines)


def test_all_there(record_property):
    """Each op that can run has a row, or a reason why it has none."""
    able = {name for name, known in opdef._known.items() if known.lower}
    rows = {row.op for row in ROWS}
    slopes = {row.op for row in SLOPED}
    elsewhere = {name for name in able - rows if reason(name)}
    record_property(
        "score",
        f"every op: {len(able)} with a lowering, {len(rows)} in {len(ROWS)} rows, {len(elsewhere)} held elsewhere; "
        f"{len(slopes)} slopes; {len(BAD)} bad rows",
    )
    missing = able - rows - elsewhere
    assert not missing, f"neither row nor reason: {sorted(missing)}"
    assert not rows - able, f"rows of ops that can't run: {sorted(rows - able)}"
