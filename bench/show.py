"""The tables of a run of the bench, for a terminal and for a page: from records {round, kind, what, peer, figures or error}."""

import math

import rich.table
from floors import floor, rates

__all__ = ["markdown", "pretty", "tables"]


_STARTS = {"start_s", "first_step_s"}


def middle(values):
    """The median."""
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


class Found:
    """The records, asked for by kind, what and peer."""

    def __init__(self, records):
        self.records, self.reached = records, rates(records)

    def whats(self, kind):
        """What was measured of a kind, in order."""
        return list(dict.fromkeys(r["what"] for r in self.records if r["kind"] == kind))

    def rounds(self, kind, what, peer, key):
        """Round -> the figure; of PyTorch's variants that of the one that steps fastest, or, for a start, that starts first."""
        out = {}
        best = self.best(kind, what, key if key in _STARTS else "step_ms") if peer == "torch" else peer
        for r in self.records:
            if (r["kind"], r["what"], r["peer"]) == (kind, what, best) and key in r.get("figures", ()):
                out[r["round"]] = r["figures"][key]
        return out

    def best(self, kind, what, key="step_ms"):
        """PyTorch's variant with the least time a step; the first that there is where no steps were measured."""
        mine = [r for r in self.records if r["kind"] == kind and r["what"] == what and r["peer"].startswith("torch")]
        mine = [r for r in mine if "figures" in r]
        return min(mine, key=lambda r: r["figures"].get(key, 0))["peer"] if mine else None

    def middle(self, kind, what, peer, key):
        """The median of the rounds, or None."""
        values = list(self.rounds(kind, what, peer, key).values())
        return middle(values) if values else None

    def ratios(self, kind, what, peer, key):
        """Caudal's figure to the peer's, of each round that has both."""
        ours, theirs = self.rounds(kind, what, "caudal", key), self.rounds(kind, what, peer, key)
        return [ours[k] / theirs[k] for k in ours if k in theirs]

    def ratio(self, kind, what, peer, key):
        """Median (least-greatest) of the ratios, as text."""
        values = self.ratios(kind, what, peer, key)
        spread = f" ({_short(min(values))}-{_short(max(values))})" if len(values) > 1 else ""
        return f"{_short(middle(values))}{spread}" if values else "-"


def _short(ratio):
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def number(value):
    """Three figures, or a dash."""
    return "-" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _steps(found):
    """Ratios of a step's time, and its distance from the floor."""
    rows = []
    for what in found.whats("net"):
        ours = found.middle("net", what, "caudal", "step_ms")
        row = [what, number(ours), *(found.ratio("net", what, p, "step_ms") for p in ("tensorflow", "torch", "jax"))]
        row.append((found.best("net", what) or "-").removeprefix("torch-").replace("_", ", "))
        if found.reached and ours is not None:
            arithmetic, moved = floor(what, found.reached)
            row += [f"{number(arithmetic)}, {number(moved)}", number(ours / max(arithmetic, moved))]
        rows.append(row + ["-"] * (8 - len(row)))
    rows += [_mean(found)] if rows else []
    heads = [
        "network",
        "ms a step",
        "to TensorFlow",
        "to PyTorch",
        "to JAX",
        "PyTorch's best",
        "floor, ms: arithmetic, bytes",
        "times its floor",
    ]
    return "A step, its loss (or logits) fetched: Caudal's time to the others'", heads, rows


_FOUR = ("iris", "lenet", "tfnet", "vishnet")


def _mean(found):
    """The geometric means over the four networks of the record; dashes where one is missing."""
    row = ["mean of " + ", ".join(_FOUR), ""]
    for peer in ("tensorflow", "torch", "jax"):
        each = [found.ratios("net", what, peer, "step_ms") for what in _FOUR]
        row.append(f"{math.prod(map(middle, each)) ** (1 / len(each)):.2f}" if all(each) else "-")
    return [*row, "", "", ""]


def _starts(found):
    """From import to the first step's loss, without a compile cache, and the memory held."""
    rows = []
    for what in found.whats("net"):
        row = [what, number(found.middle("net", what, "caudal", "start_s"))]
        row += [found.ratio("net", what, p, "start_s") for p in ("tensorflow", "torch", "jax")]
        row += [
            number(found.middle("net", what, "caudal", "first_step_s")),
            found.ratio("net", what, "tensorflow", "first_step_s"),
        ]
        row += [number(found.middle("net", what, "caudal", "memory_mb"))]
        rows.append(row + [found.ratio("net", what, p, "memory_mb") for p in ("tensorflow", "torch")])
    heads = [
        "network",
        "s from import to first step",
        "to TensorFlow",
        "to PyTorch",
        "to JAX",
        "s of the first step",
        "to TensorFlow",
    ]
    return "The start, with no cache, and peak memory", [*heads, "peak MB", "to TensorFlow", "to PyTorch"], rows


def _pairs(kind, title, heads, figures, peers=("tensorflow",)):
    """A table of Caudal's figures and their ratios to the peers'."""

    def made(found):
        rows = []
        for what in found.whats(kind):
            row = [what]
            for key, factor in figures:
                ours = found.middle(kind, what, "caudal", key)
                row += [number(None if ours is None else factor * ours), *(found.ratio(kind, what, p, key) for p in peers)]
            rows.append(row)
        return title, heads, rows

    return made


def _calls(found):
    rows = []
    names = next((r["figures"] for r in found.records if r["kind"] == "calls" and "figures" in r), ())
    for key in names:
        each = [found.middle("calls", "-", peer, key) for peer in ("caudal", "tensorflow")]
        rows.append([key, *map(number, each), found.ratio("calls", "-", "tensorflow", key)])
    return "Session.run of little", ["run", "µs", "TensorFlow's µs", "to TensorFlow"], rows


def _factors(found):
    rows = []
    for what in found.whats("factors"):
        each = [found.middle("factors", what, peer, "step_ms") for peer in ("caudal", "caudal-bfloat16")]
        rows.append([what, *map(number, each), "-" if None in each else _short(each[1] / each[0])])
    return "A step with bfloat16 factors and float32 sums", ["network", "ms, float32", "ms, bfloat16", "to float32"], rows


_TF, _TO = ["to TensorFlow"], ["to TensorFlow", "to PyTorch", "to JAX"]
_ALL = ("tensorflow", "torch", "jax")
_TABLES = [
    _steps,
    _starts,
    _pairs(
        "start",
        "Import to first step, without and with what an earlier process kept",
        ["network, cache", "s", *_TO],
        [("start_s", 1)],
        _ALL,
    ),
    _factors,
    _pairs(
        "loop", "A compiled loop over steps, to a loop of TensorFlow's runs", ["network", "ms a step", *_TF], [("step_ms", 1)]
    ),
    _calls,
    _pairs(
        "graph",
        "Building a graph, and planning and doing its first run",
        ["nodes", "s to build", *_TF, "s of the first run", *_TF, "s of both", *_TF, "peak MB", *_TF],
        [("build_s", 1), ("plan_s", 1), ("both_s", 1), ("memory_mb", 1)],
    ),
    _pairs("imports", "Import", ["", "s", *_TO], [("import_s", 1)], _ALL),
    _pairs("size", "Installed, with all that it needs", ["", "MB", *_TO], [("size_mb", 1)], _ALL),
]


def tables(records):
    """(title, heads, rows) of each subject that was measured."""
    found = Found(records)
    made = [table(found) for table in _TABLES]
    return [one for one in made if one[2]]


def pretty(title, heads, rows):
    """A table for a terminal."""
    out = rich.table.Table(title=title, title_justify="left")
    for k, head in enumerate(heads):
        out.add_column(head, justify="right" if k else "left")
    for row in rows:
        out.add_row(*row)
    return out


def markdown(title, heads, rows):
    """A table for a page."""
    lines = [f"**{title}**", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])
