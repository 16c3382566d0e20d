"""A study as one HTML page that needs nothing beside it: sections of figures, tables and images. page.css is its face.

Each section is a function from a `Contents` to HTML, "" where the study has nothing of it.
"""

import dataclasses
import html
import importlib.resources
import string
import urllib.parse

from . import images, words
from .drawing import svg_of
from .findings import findings, tiles
from .panels import slug
from .provenance import provenance
from .tables import as_csv, as_html, as_json, as_latex

__all__ = ["Contents", "page"]

_PAGE = string.Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Caudal $version">
<title>$title – a study by Caudal</title>
<link rel="icon" href="data:,">
<style>
$style</style>
</head>
<body>
<div class="page">
<header>
<p class="kicker">Caudal study</p>
<h1>$title</h1>
<p class="lead">$lead</p>
$warning<div class="tiles">$tiles</div>
</header>
<nav aria-label="Contents"><p class="title">Contents</p><ol>$contents</ol></nav>
<main>
$sections
</main>
<footer><p>Made by <code>$command</code>. The page holds all of its pictures and tables, and loads nothing.</p></footer>
</div>
</body>
</html>
""")
_IRIS = "a 4-4-3-3 network on 150 flowers: regularisation, early stopping and the learning rate, over many seeds"
_DIGITS = "networks on handwritten digits: tuned on validation images, trained on growing parts, tested on the rest"
_LEADS = {"iris": _IRIS, "mnist": _DIGITS, "own": "networks trained, compared and shown"}


@dataclasses.dataclass(frozen=True)
class Contents:
    """What a page is made of.

    Args:
      record: the `StudyRecord`.
      tables: name to `Table`.
      panels: kind ("learning", "grid", "training", "time") to list of `Panel`s.
    """

    record: object
    tables: dict
    panels: dict


def page(contents):
    """The page as text."""
    record = contents.record
    made = [(name, title, body) for name, title, make in _SECTIONS if (body := make(contents))]
    sections = (f'<section id="{name}">\n<h2>{title}</h2>\n{body}\n</section>' for name, title, body in made)
    warning = f'<p class="warning">{_text(record.data.stand_in)}</p>\n' if record.data.stand_in else ""
    version = next((trial.versions.get("caudal", "") for trial in record.trials), "")
    return _PAGE.substitute(
        title=_text(record.name),
        lead=_text(f"{record.data.name}: {_LEADS.get(record.kind, _LEADS['own'])}."),
        warning=warning,
        tiles="".join(_tile(*tile) for tile in tiles(record)),
        contents="".join(f'<li><a href="#{name}">{title}</a></li>' for name, title, _ in made),
        sections="\n".join(sections),
        style=importlib.resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8"),
        command=_text(record.command),
        version=_text(version),
    )


def _text(value):
    return html.escape(str(value))


def _tile(figure, what, beside):
    return f'<div><b>{_text(figure)}</b><span>{_text(what)}</span><span class="beside">{_text(beside)}</span></div>'


def _figure(record, panel, caption=""):
    """A panel with its caption and with what made it."""
    said = f"{_text(caption)}\n" if caption else ""
    made = _made(record, panel.trials)
    return f'<figure id="{panel.name}">\n{svg_of(panel.figure, panel.name, panel.alt)}\n<figcaption>{said}{made}</figcaption>\n</figure>'


def _figures(contents, kind, caption):
    found = contents.panels.get(kind, [])
    if not found:
        return ""
    return f'<p>{caption}</p>\n<div class="panels">\n' + "\n".join(_figure(contents.record, one) for one in found) + "\n</div>"


def _made(record, trials):
    lines = "".join(f"<dt>{name}</dt><dd>{_fact(name, text)}</dd>" for name, text in provenance(record, trials).items() if text)
    return f"<details><summary>How it was made</summary><dl>{lines}</dl></details>"


def _fact(name, text):
    return f"<code>{_text(text)}</code>" if name == "command" else _text(text)


def _table(contents, name, heading=True):
    """A table with its title, its note, its files and with what made it; "" if the study has none of this name."""
    table = contents.tables.get(name)
    if not table:
        return ""
    head = f"<h3>{_text(table.title)}</h3>\n" if heading else ""
    note = f'<p class="note">{_text(table.note)}</p>\n' if table.note else ""
    trials = contents.record.trials
    files = f'<p class="files">{_files(contents.record, table)}</p>'
    return f'<div id="table-{name}">\n{head}<div class="scroll" tabindex="0" role="region" aria-label="{_text(table.title)}">\n{as_html(table)}\n</div>\n{note}{files}\n{_made(contents.record, _trials_of(table, trials))}\n</div>'


def _trials_of(table, trials):
    """The trials that a table counts."""
    stages = {"grid": "grid", "chosen": "grid", "accuracy": "learning", "recorded": "learning", "networks": "learning"}
    stages |= {"settings": "settings", "changes": "settings"}
    kind, _, net = table.name.partition("-")
    return [t for t in trials if t.stage == stages.get(kind, t.stage) and (not net or slug(t.network) == net)]


def _files(record, table):
    """Links that hold the table's files."""
    texts = {
        "csv": as_csv(table),
        "json": as_json(table, **provenance(record, _trials_of(table, record.trials))),
        "tex": as_latex(table),
    }
    kinds = {"csv": ("text/csv", "CSV"), "json": ("application/json", "JSON"), "tex": ("application/x-tex", "LaTeX")}
    return " · ".join(_link(f"{table.name}.{end}", *kinds[end], text) for end, text in texts.items())


def _link(name, kind, title, text):
    return f'<a download="{name}" href="data:{kind};charset=utf-8,{urllib.parse.quote(text)}">{title}</a>'


def _said(contents):
    sentences = findings(contents.record)
    items = "".join(f"<li>{_text(one)}</li>" for one in sentences)
    return f'<ul class="findings">{items}</ul>' if items else ""


def _beside(contents):
    """2017's table and ours."""
    return _table(contents, "recorded", heading=False) + _table(contents, "accuracy") if contents.record.recorded else ""


def _accuracy(contents):
    """The table of a study that has nothing of 2017 beside it."""
    return "" if contents.record.recorded else _table(contents, "accuracy", heading=False)


def _learning(contents):
    caption = (
        "Test accuracy over the number of training examples: the mean of the repeats with its interval, each repeat as a dot."
    )
    then = " The dashed line is what was recorded in 2017." if contents.record.recorded else ""
    return _figures(contents, "learning", caption + then)


def _tests(contents):
    return _table(contents, "networks", heading=False)


def _grid(contents):
    then = " A dashed frame: what 2017 chose, where it lies on this grid." if contents.record.recorded else ""
    caption = f"Validation accuracy of each point. ★ and the orange frame: the best.{then} Lost: a trial that failed or diverged."
    tables = "\n".join(_table(contents, name) for name in contents.tables if name.startswith("grid-"))
    return "\n".join(
        filter(None, (_figures(contents, "grid", caption), _table(contents, "chosen"), _folded("All points", tables)))
    )


def _folded(summary, body):
    return f"<details>\n<summary>{summary}</summary>\n{body}\n</details>" if body else ""


def _training(contents):
    caption = "Thick: the mean of the trials; the band: its 95 % interval; faint: single seeds. Vertical: where early stopping ends, and what it keeps (medians)."
    if not any(trial.stop for trial in contents.record.trials):
        caption = caption.partition(" Vertical")[0]
    return _figures(contents, "training", caption)


def _settings(contents):
    return "\n".join(filter(None, (_table(contents, name) for name in ("settings", "changes", "stopping"))))


def _mistakes(contents):
    shown = images.shown_trials(contents.record)
    made = "\n".join(filter(None, (_mistakes_of(contents.record, name, trials) for name, trials in shown.items())))
    return f'<div class="small">{made}</div>' if made and not contents.record.pictures else made


def _mistakes_of(record, name, trials):
    """Confusion matrix and misread images of some trials, with what made them."""
    counted = [trial.confusion for trial in trials if trial.confusion]
    if not counted:
        return ""
    total = [[sum(cells) for cells in zip(*rows, strict=True)] for rows in zip(*counted, strict=True)]
    body = f'<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix of {_text(name)}">{_confusion(total, len(counted))}</div>'
    return f'<figure id="mistakes-{slug(name)}">\n<h3>{_text(name)}</h3>\n<div class="mistakes">\n{body}\n{_misread(record, trials)}\n</div>\n<figcaption>{_made(record, trials)}</figcaption>\n</figure>'


def _confusion(counts, trials):
    """A matrix as a table: blue where class and guess agree, orange where they don't, stronger for more."""
    most = max((n for i, row in enumerate(counts) for j, n in enumerate(row) if i != j), default=0)
    heads = "".join(f'<th scope="col">{j}</th>' for j in range(len(counts)))
    rows = "".join(_confusion_row(i, row, most) for i, row in enumerate(counts))
    caption = f"True class by row, predicted by column; examples over {trials} {'trial' if trials == 1 else 'trials'}."
    return f'<table class="confusion"><caption>{caption}</caption><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _confusion_row(i, row, most):
    return f'<tr><th scope="row">{i}</th>' + "".join(_cell(i, j, n, row, most) for j, n in enumerate(row)) + "</tr>"


def _cell(i, j, n, row, most):
    if i == j:
        return f'<td class="right" style="--share:{n / max(1, sum(row)):.3f}">{n:,}</td>'
    return f'<td style="--share:{(n / most) ** 0.5:.3f}">{n:,}</td>' if n else '<td class="none">0</td>'


def _misread(record, trials):
    found = images.hardest(trials, record.pictures)
    if not found:
        return ""
    items = "".join(_item(record.pictures[index], index, label, guess, n, len(trials)) for index, label, guess, n in found)
    note = '<p class="note">Test images that are misread, those of most trials first: true class → predicted.</p>'
    return f'<div>\n{note}\n<ul class="images">{items}</ul>\n</div>'


def _item(pixels, index, label, guess, n, trials):
    alt = f"Test image {index}: a {label}, taken for {guess}"
    picture = f'<img alt="{alt}" title="{alt}" loading="lazy" src="{images.png_address(pixels)}">'
    return f"<li>{picture}{label} → {guess}<span>{n} of {trials}</span></li>"


def _filters(contents):
    shown = images.shown_trials(contents.record)
    made = [_filters_of(contents.record, name, trials[0]) for name, trials in shown.items() if trials[0].first_layer]
    note = "<p>The first layer's weights after training, of the first repeat: orange above 0, purple below, pale at 0; one scale a layer.</p>"
    kind = "" if any("filters matrix" not in one for one in made) else ' class="small"'
    return f"{note}\n<div{kind}>{''.join(made)}</div>" if any(made) else ""


def _filters_of(record, name, trial):
    found = images.filters(trial.first_layer)
    if not found:
        return ""
    matrix = len(found) == 1 and found[0].shape[0] * found[0].shape[1] > 1 and not isinstance(trial.first_layer[0][0], list)
    what = "weights, inputs by row and units by column" if matrix else "filter"
    items = "".join(
        f'<li><img alt="First layer of {_text(name)}: {what} {i}" src="{images.png_address(one)}"></li>'
        for i, one in enumerate(found, 1)
    )
    kind = "images filters matrix" if matrix else "images filters"
    caption = f"<figcaption>{_made(record, [trial])}</figcaption>"
    return f'<figure id="filters-{slug(name)}">\n<h3>{_text(name)}</h3>\n<ul class="{kind}">{items}</ul>\n{caption}\n</figure>'


def _cost(contents):
    time = _figures(
        contents, "time", "Training alone, without looks at the data; the median of each trial, then over the trials."
    )
    return "\n".join(filter(None, (time, _table(contents, "seconds"), _table(contents, "hours"))))


def _lost(contents):
    return _table(contents, "lost", heading=False)


def _setup(contents):
    """What was asked for, and how the whole can be made again."""
    record = contents.record
    asked = {
        "data": f"{record.data.name}: {record.data.train:,} to train, {record.data.validation:,} for validation, {record.data.test:,} to test"
    }
    asked |= {"source": record.data.source} | {
        name.replace("_", " "): _plain(value) for name, value in record.settings.items() if value is not None
    }
    asked |= {f"weights of {net}": f"{count:,}, without biases" for net, count in record.weights.items()}
    lines = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in asked.items())
    facts = "".join(
        f"<dt>{name}</dt><dd>{_fact(name, text)}</dd>" for name, text in provenance(record, record.trials).items() if text
    )
    return f"<details open><summary>Settings and data</summary><dl>{lines}</dl></details>\n<details open><summary>Command, seeds, versions</summary><dl>{facts}</dl></details>"


def _plain(value):
    """A setting in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_plain(one)}" for name, one in value.items())
    return words.number(value, 6)


_SECTIONS = (
    ("findings", "What was found", _said),
    ("beside", "2017’s table and ours", _beside),
    ("accuracy", "Test accuracy", _accuracy),
    ("learning", "Learning curves", _learning),
    ("tests", "Which networks differ", _tests),
    ("settings", "What each setting changed", _settings),
    ("grid", "The grid", _grid),
    ("training", "Cost and accuracy over training", _training),
    ("mistakes", "What is misread", _mistakes),
    ("filters", "The first layer", _filters),
    ("cost", "Time", _cost),
    ("lost", "Trials without a result", _lost),
    ("setup", "How it was made", _setup),
)
