"""What a study leaves to look at: the page, by parsing it and in Chromium; tables in each format; results; TensorBoard's files."""

import base64
import csv
import html.parser
import io
import json
import re
import shutil
import subprocess
import sys
import types

import made_up
import pytest
from click.testing import CliRunner
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from caudal.cli.study import study
from caudal.study import events, records, report
from caudal.study.comparison_tables import compare
from caudal.study.comparisons import networks, verdict
from caudal.study.events import run_name
from caudal.study.results import results_markdown
from caudal.study.study_tables import study_tables
from caudal.study.tables import as_terminal

DIGITS = made_up.digits(repeats=3, sizes=(5000, 10000), axes=((0.0, 4e-4, 1e-3), (0.5, 0.75)))
FLOWERS = made_up.flowers(repeats=3, looks=40, every=10, labels=("alpha 1", "alpha 10"))
STUDIES = {"digits": DIGITS, "iris": FLOWERS}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Each study's folder with its report in it."""
    made = {name: tmp_path_factory.mktemp(name) for name in STUDIES}
    for name, record in STUDIES.items():
        report.write(record, str(made[name]))
    return made


class Page(html.parser.HTMLParser):
    """Tags that are open, ids, links, and what is there to see."""

    VOID = {"meta", "link", "img", "br"}

    def __init__(self, text):
        super().__init__()
        self.stack, self.ids, self.tags, self.wrong = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.wrong.append((tag, self.getpos()))

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.mark.parametrize("name", STUDIES)
def test_page_is_whole_and_alone(folders, name):
    """Well formed, no id twice, links within it lead somewhere, and nothing is loaded from elsewhere."""
    text = (folders[name] / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.wrong and not page.stack
    assert len(page.ids) == len(set(page.ids))
    for tag, attrs in page.tags:
        for link in (attrs.get(key) for key in ("src", "href", "xlink:href")):
            assert not link or link.startswith("data:") or (link.startswith("#") and link[1:] in page.ids), (tag, link)
    assert not page.all("script") and "@import" not in text and not re.search(r"url\((?!#)", text)


@pytest.mark.parametrize("name", STUDIES)
def test_every_figure_says_what_made_it(folders, name):
    text = (folders[name] / "report.html").read_text(encoding="utf-8")
    figures = re.findall(r"<figure.*?</figure>", text, re.DOTALL)
    record = STUDIES[name]
    assert len(figures) >= 6
    for figure in figures:
        for fact in (record.command, record.data.checksum, "numpy 2.4.6", "<dt>seeds</dt>"):
            assert fact in figure, figure[:200]
    for attrs in (attrs for tag, attrs in Page(text).tags if tag in ("svg", "img")):
        assert len(attrs.get("aria-label") or attrs["alt"]) > 10


def test_what_the_page_shows(folders):
    digits, iris = ((folders[name] / "report.html").read_text(encoding="utf-8") for name in STUDIES)
    for kind in (
        "learning-lenet",
        "learning-all-networks",
        "grid-lenet",
        "cost-lenet-10-000-examples",
        "mistakes-lenet",
        "filters-tfnet",
    ):
        assert f'<figure id="{kind}' in digits
    for words in ("lenet, 2017", "97.82", "★", "diverged", "prefers-color-scheme: dark", "@media print", "360"):
        assert words in digits
    for words in ("What early stopping changed", "what it keeps", "validation cost", "stops early"):
        assert words in iris
    images = [base64.b64decode(found) for found in re.findall(r"data:image/png;base64,([^\"]+)", digits)]
    assert len(images) > 40 and all(data.startswith(b"\x89PNG") for data in images)


def test_page_without_trials(tmp_path):
    """A study that was stopped at once, and one whose trials all failed, still have a page."""
    empty = records.StudyRecord("empty", "own", "caudal study run x.py", {}, FLOWERS.data, [], 9)
    lost = [trial for trial in DIGITS.trials if not trial.complete]
    for record in (empty, records.StudyRecord("lost", "own", "caudal study run x.py", {}, DIGITS.data, lost, 9)):
        report.write(record, str(tmp_path))
        page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
        assert not page.wrong and not page.stack
        results_markdown(record)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = "--disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split()
PROBE = """<script>
addEventListener("load", () => {
  const seen = [...document.querySelectorAll("figure svg, figure img, figure table")];
  const flat = seen.filter(one => one.getBoundingClientRect().width < 20 || one.tagName === "IMG" && !one.naturalWidth);
  const wide = document.documentElement.scrollWidth > innerWidth;
  document.title = JSON.stringify([seen.length, flat.length, wide, innerWidth]);
});
</script>"""


@pytest.mark.skipif(not CHROMIUM, reason="Chromium isn't installed here")
@pytest.mark.parametrize("name", STUDIES)
def test_page_in_a_browser(folders, name, tmp_path):
    """No word on the console; every figure has its size; nothing sticks out, on a phone's width too."""
    text = (folders[name] / "report.html").read_text(encoding="utf-8").replace(' loading="lazy"', "")
    (tmp_path / "page.html").write_text(text.replace("</head>", PROBE + "</head>"), encoding="utf-8")
    frame = '<iframe src="page.html" style="width: 390px; height: 800px; border: 0"></iframe>'
    told = (
        "<script>addEventListener('load', () => document.title = document.querySelector('iframe').contentDocument.title)</script>"
    )
    (tmp_path / "phone.html").write_text(f"<!DOCTYPE html>{frame}{told}", encoding="utf-8")
    for page in ("page", "phone"):
        seen, flat, wide, width = _opened(tmp_path, page)
        assert seen > 8 and not flat and not wide and (width == 390) == (page == "phone")


def _opened(folder, name):
    """What the probe in a page found, with Chromium; no message may come to its console."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", *QUIET, f"--user-data-dir={folder / 'profile'}"]
    command += ["--allow-file-access-from-files", "--enable-logging=stderr", "--window-size=1280,900", "--dump-dom"]
    done = subprocess.run([*command, (folder / f"{name}.html").as_uri()], capture_output=True, text=True, timeout=120)
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    assert not console, console
    return json.loads(re.search(r"<title>(\[.*?\])</title>", done.stdout)[1])


@pytest.mark.parametrize("name", STUDIES)
def test_tables_in_every_format(folders, name):
    """CSV and JSON hold the same raw values; LaTeX and Markdown as many cells as there are."""
    for table in study_tables(STUDIES[name]):
        held = json.loads((folders[name] / "tables" / f"{table.name}.json").read_text(encoding="utf-8"))
        assert held["rows"] == table.rows and held["made_by"]["command"] == STUDIES[name].command
        with open(folders[name] / "tables" / f"{table.name}.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [list(row.values()) for row in rows] == [["" if x is None else str(x) for x in row.values()] for row in table.rows]
        latex = (folders[name] / "tables" / f"{table.name}.tex").read_text(encoding="utf-8")
        body = latex.partition(r"\midrule")[2].partition(r"\bottomrule")[0]
        cells = [line.count(" & ") + 1 for line in body.splitlines() if line.endswith(r"\\")]
        assert cells == [len(table.columns)] * len(table.rows) and "%" not in re.sub(r"\\%", "", body)


def test_latex_compiles(folders, tmp_path):
    """All tables in one document; without booktabs, its rules stand for it."""
    if not shutil.which("pdflatex"):
        pytest.skip("pdflatex isn't installed here")
    has = subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True).returncode == 0
    rules = r"\usepackage{booktabs}" if has else r"\let\toprule\hline\let\midrule\hline\let\bottomrule\hline"
    tables = sorted(path for folder in folders.values() for path in (folder / "tables").glob("*.tex"))
    body = "\n".join(rf"\input{{{path}}}\clearpage" for path in tables)
    head = r"\documentclass{article}\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}"
    (tmp_path / "all.tex").write_text(f"{head}{rules}\\begin{{document}}\n{body}\n\\end{{document}}\n", encoding="utf-8")
    done = subprocess.run(["pdflatex", "-halt-on-error", "all.tex"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]


def test_tables_in_the_terminal():
    """The tables of one study, and those of two side by side."""
    console = Console(width=200, record=True, file=io.StringIO())
    for table in [*study_tables(DIGITS), *compare(DIGITS, DIGITS)]:
        console.print(as_terminal(table))
    text = console.export_text()
    assert "lenet, 2017" in text and "the same in every trial" in text and "3 of 3" in text


def test_one_trial_each_is_compared_by_images():
    """McNemar's test needs the whole lists of misread images; else two shares are compared."""
    single = made_up.digits(repeats=1, sizes=(5000,), axes=((0.0,), (1.0,)))
    found = networks(single)
    assert [one.answer.test for one in found] == ["two shares"] and verdict(found[0]) == "tfnet higher"


@pytest.mark.parametrize("name", STUDIES)
def test_results(folders, name):
    """Markdown with command, checksum and as many cells in each row as its head has; JSON with every trial."""
    text = (folders[name] / "results.md").read_text(encoding="utf-8")
    record = STUDIES[name]
    assert record.command in text and record.data.checksum in text and "Machine: two cores" in text
    tables = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    assert len(tables) >= 4 and all(len({line.count("|") for line in table.splitlines()}) == 1 for table in tables)
    held = json.loads((folders[name] / "results.json").read_text(encoding="utf-8"))
    assert [len(one["trials"]) for one in held] == [len(record.trials)]
    both = results_markdown(DIGITS, FLOWERS)
    assert "## digits: lenet" in both and "## iris: " in both and "together" in both


def test_one_page_of_several_studies(tmp_path):
    """Networks that were computed apart stand in one table beside 2017's, before the studies' own."""
    for net in ("lenet", "tfnet"):
        (tmp_path / net).mkdir()
        records.save(made_up.digits(nets=(net,)), tmp_path / net)
    out = tmp_path / "page.md"
    done = CliRunner().invoke(study, ["page", str(tmp_path / "lenet"), str(tmp_path / "tfnet"), "--out", str(out)])
    assert done.exit_code == 0, done.output
    head = out.read_text(encoding="utf-8").partition("\n## ")[0]
    assert "| lenet, 2017 |" in head and "| tfnet, 2017 |" in head
    assert len(json.loads((tmp_path / "page.json").read_text(encoding="utf-8"))) == 2
    refused = CliRunner().invoke(study, ["page", str(tmp_path / "lenet"), "--out", "page.txt"])
    assert refused.exit_code == 2 and ".md" in refused.output


def test_figures_say_what_made_them(folders):
    for path in (folders["digits"] / "figures").iterdir():
        data = path.read_bytes()
        assert b"caudal study mnist" in data and made_up.SUM.encode() in data, path


@pytest.fixture
def alone(monkeypatch):
    """TensorBoard without TensorFlow, whatever has that name here."""
    monkeypatch.setitem(sys.modules, "tensorboard.compat.notf", types.ModuleType("tensorboard.compat.notf"))


def _events(folder):
    found = EventAccumulator(str(folder))
    found.Reload()
    return found


def test_tensorboard_reads_curves(folders, alone):
    """Every trial's curves, to float32's digits."""
    for trial in [trial for trial in DIGITS.trials if trial.complete][:4]:
        found = _events(folders["digits"] / "tensorboard" / run_name(trial))
        read = [(event.step, event.value) for event in found.Scalars("training/cost")]
        assert read == [
            (step, pytest.approx(cost, rel=1e-6)) for step, cost in zip(trial.training.steps, trial.training.cost, strict=True)
        ]


def test_hparams_tab(folders, alone):
    """What the plugin reads: which hyperparameters and metrics there are, each trial's values, and how it ended."""
    root = folders["digits"] / "tensorboard"
    experiment = _hparams(root, "_hparams_/experiment").experiment
    assert {"l2", "keep_prob", "network", "size"} <= {info.name for info in experiment.hparam_infos}
    domain = next(info for info in experiment.hparam_infos if info.name == "l2").domain_discrete
    assert sorted(value.number_value for value in domain.values) == [0.0, 5e-5, 4e-4, 1e-3]
    assert "validation/accuracy" in {info.name.tag for info in experiment.metric_infos}
    for trial in DIGITS.trials[2:5]:
        start = _hparams(root / run_name(trial), "_hparams_/session_start_info").session_start_info
        assert start.hparams["l2"].number_value == trial.point["l2"] and start.hparams["network"].string_value == "lenet"
        end = _hparams(root / run_name(trial), "_hparams_/session_end_info").session_end_info
        assert end.status == (1 if trial.complete else 2)


def _hparams(folder, tag):
    content = _events(folder).summary_metadata[tag].plugin_data.content
    return plugin_data_pb2.HParamsPluginData.FromString(content)


def test_events_are_made_again(tmp_path):
    """A second study's files replace the first's; the same study's are the same bytes; a user's own files stay."""
    (tmp_path / "notes.txt").write_text("mine")
    written = []
    for record in (FLOWERS, DIGITS, FLOWERS):
        events.write(record, str(tmp_path))
        written.append({path: path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()})
    assert written[0] == written[2] != written[1] and tmp_path / "notes.txt" in written[1]
