"""A table: raw numbers for programs, the same as text for readers; as CSV, JSON, LaTeX, Markdown, HTML and in the terminal.

study_tables.py makes a study's tables, page.py and report.py place them.
"""

import csv
import dataclasses
import html
import io
import json

from rich import box
from rich.table import Table as TerminalTable
from rich.text import Text

__all__ = ["Column", "Table", "as_csv", "as_html", "as_json", "as_latex", "as_markdown", "as_terminal"]


@dataclasses.dataclass(frozen=True)
class Column:
    """What readers see of a row.

    Args:
      heading: the column's name, with its unit.
      show: from a row to text; "" where there is nothing to say.
      words: whether it holds words, which stand on the left; numbers stand on the right.
    """

    heading: str
    show: object
    words: bool = False


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of raw values, and how they are shown.

    Args:
      name: short, of letters, digits and "-": its files' name.
      title: what it shows, a line.
      note: what was run, and how to read it: sentences.
      columns: `Column`s.
      rows: dicts of equal keys; the values numbers, strings, booleans or None. A key with a unit ends in it, as "seconds".
      marked: from a row to whether it stands out.
    """

    name: str
    title: str
    note: str
    columns: list
    rows: list
    marked: object = lambda row: False

    @property
    def fields(self):
        """The keys of its rows."""
        return list(self.rows[0]) if self.rows else []

    def cells(self):
        """The shown text: a list of rows."""
        return [[column.show(row) for column in self.columns] for row in self.rows]


def as_csv(table):
    """Raw values below a line of keys; None is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, table.fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table.rows)
    return out.getvalue()


def as_json(table, **made_by):
    """Title, note and raw values, with what made them."""
    what = {"name": table.name, "title": table.title, "note": table.note, **made_by, "fields": table.fields, "rows": table.rows}
    return json.dumps(what, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


_LATEX = {  # what pdflatex doesn't take as it stands
    "\\": r"\textbackslash{}",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "±": r"$\pm$",
    "−": "$-$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "≈": r"$\approx$",
    "λ": r"$\lambda$",
    "ρ": r"$\rho$",
    "α": r"$\alpha$",
    "Δ": r"$\Delta$",
    "★": r"$\star$",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "’": "'",
    "\N{NO-BREAK SPACE}": "~",
    "\N{THIN SPACE}": r"\,",
}


def _latex(text):
    return "".join(_LATEX.get(sign, sign) for sign in text)


def as_latex(table, made_by=""):
    """A `table` with booktabs' rules, for pdflatex; `made_by` goes before it as a comment."""
    body = [" & ".join(map(_bold if table.marked(row) else _latex, cells)) for row, cells in _pairs(table)]
    lines = [f"% {line}" for line in made_by.splitlines()] + [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        r"  \centering\small",
        rf"  \caption{{{_latex(table.title)}. {_latex(table.note)}}}",
        rf"  \label{{tab:{table.name}}}",
        rf"  \begin{{tabular}}{{{''.join('l' if column.words else 'r' for column in table.columns)}}}",
        r"    \toprule",
        rf"    {' & '.join(_latex(column.heading) for column in table.columns)} \\",
        r"    \midrule",
        *(rf"    {line} \\" for line in body),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _bold(text):
    return rf"\textbf{{{_latex(text)}}}" if text else ""


def _pairs(table):
    return zip(table.rows, table.cells(), strict=True)


def as_markdown(table):
    """A table as GitHub draws it; rows that stand out are bold."""
    lines = [[column.heading for column in table.columns]]
    lines.append(["---" if column.words else "--:" for column in table.columns])
    for row, cells in _pairs(table):
        safe = [text.replace("|", r"\|") for text in cells]
        lines.append([f"**{text}**" if text and table.marked(row) else text for text in safe])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def as_html(table):
    """A `table` element; the first column is each row's head."""
    sides = ["words" if column.words else "number" for column in table.columns]
    heads = "".join(
        f'<th scope="col" class="{side}">{_safe(c.heading)}</th>' for c, side in zip(table.columns, sides, strict=True)
    )
    body = "\n".join(_html_row(cells, sides, table.marked(row)) for row, cells in _pairs(table))
    return f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _html_row(cells, sides, marked):
    head = f'<th scope="row" class="{sides[0]}">{_safe(cells[0])}</th>'
    rest = "".join(f'<td class="{side}">{_safe(text)}</td>' for text, side in zip(cells[1:], sides[1:], strict=True))
    kind = ' class="marked"' if marked else ""
    return f"<tr{kind}>{head}{rest}</tr>"


def _safe(text):
    return html.escape(text)


def as_terminal(table):
    """A table for rich's console, its note below; where it is narrow, columns of words are wrapped, not those of numbers."""
    title = Text(table.title, "bold")
    look = {
        "box": box.SIMPLE_HEAD,
        "padding": (0, 1, 0, 0),
        "pad_edge": False,
        "title_justify": "left",
        "caption_justify": "left",
    }
    found = TerminalTable(title=title, caption=table.note, **look)
    for column in table.columns:
        side = "left" if column.words else "right"
        longest = max((len(word) for row in table.rows for word in column.show(row).split()), default=0)
        found.add_column(
            Text(column.heading), justify=side, no_wrap=not column.words, overflow="fold", min_width=min(longest, 10)
        )
    for row, cells in _pairs(table):
        found.add_row(*map(Text, cells), style="bold green" if table.marked(row) else None)
    return found
