"""How pictures look: one face for the page (SVG that follows its light and dark) and for files (SVG, PNG). panels.py draws them.

Matplotlib draws with the colours of the light page; in the page each becomes the style sheet's variable of that colour. The series'
colours are Okabe and Ito's (2008), which colour-blind eyes tell apart; line styles and markers differ too.
"""

import io
import re

import matplotlib
from matplotlib.figure import Figure

__all__ = ["ACCENT", "GRID", "INK", "MUTED", "SERIES", "STYLES", "figure", "save_files", "svg_of"]

INK, MUTED, GRID, PAPER = "#1a1d21", "#5b636d", "#dfe3e8", "#fffffe"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
STYLES = (("-", "o"), ("--", "s"), ("-.", "^"), (":", "D"), ((0, (5, 1)), "v"), ((0, (1, 1)), "P"))  # line, marker
ACCENT = SERIES[1]
_VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--rule", PAPER: "--paper"} | {
    c: f"--series-{i}" for i, c in enumerate(SERIES)
}

_LOOK = {
    "svg.fonttype": "none",  # text stays text: to be read aloud, searched, and set in the page's face
    "svg.hashsalt": "caudal",  # equal figures are equal files
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "figure.facecolor": "none",
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.7,
    "lines.markersize": 4.5,
    "path.simplify_threshold": 0.4,
}


def figure(draw, width=4.4, height=3.1):
    """A figure in this look.

    Args:
      draw: called with the axes.
      width, height: inches.

    Returns:
      a matplotlib `Figure`.
    """
    with matplotlib.rc_context(_LOOK):
        made = Figure(figsize=(width, height), layout="constrained")
        draw(made.subplots())
        made.draw_without_rendering()
        made.set_layout_engine("none")  # it's laid out: saving needn't do it again
        return made


def svg_of(made, name, alt):
    """A figure as an SVG element for a page, which gives it colours and face.

    Args:
      made: a `Figure`.
      name: letters, digits and "-"; goes before all ids, which a page's figures would share.
      alt: what it shows, for who can't see it.
    """
    text = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\g<1>{name}-", _svg(made))
    text = re.sub(r"#[0-9a-f]{6}\b", lambda found: _variable(found[0]), text)
    text = re.sub(r"(font: [^;\"]*?)'DejaVu Sans'[^;\"]*", r"\1var(--face)", text)
    return re.sub(r"<svg [^>]*>", lambda found: _head(found[0], alt), text, count=1)


def _svg(made, **metadata):
    """A figure as matplotlib writes it, from its first tag on."""
    out, said = io.StringIO(), {"Creator": "Caudal", "Date": None} | metadata
    with matplotlib.rc_context(_LOOK):
        made.savefig(out, format="svg", metadata=said)
    text = out.getvalue()
    text = text[text.index("<svg") :].strip()
    return text if metadata else re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)


def _variable(colour):
    return f"var({_VARIABLES[colour]})" if colour in _VARIABLES else colour


def _head(tag, alt):
    """The element's first tag: its size in the page is the style sheet's."""
    box = re.search(r'viewBox="[^"]*"', tag)[0]
    words = alt.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return f'<svg {box} xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{words}">'


def save_files(made, path, about):
    """Writes `path`.png and `path`.svg, in the light colours, with `about` in their metadata; returns the paths."""
    with open(f"{path}.svg", "w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n' + _svg(made, Description=about) + "\n")
    with matplotlib.rc_context(_LOOK):
        made.savefig(f"{path}.png", dpi=160, facecolor="white", metadata={"Description": about, "Software": "Caudal"})
    return [f"{path}.png", f"{path}.svg"]
