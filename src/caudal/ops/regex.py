"""Regular expressions over strings: RE2's syntax, in which all classes are of ASCII, on Python's engine over bytes."""

import functools
import re

import numpy as np

from ..graph.define import define
from ..graph.graph import Tensor
from ..ground import shapes
from ..ground.api import export
from .basic import same
from .text import each, refuse

__all__ = ["regex_full_match", "regex_replace"]


@functools.lru_cache(256)
def _compiled(pattern):
    """A pattern of RE2 as Python's, over text; the error's words if it is none."""
    text = pattern.decode("utf-8", "surrogateescape")
    text = re.sub(r"\(\?P?<(\w+)>", r"(?P<\1>", text)
    text = re.sub(r"(?<!\\)((?:\\\\)*)\\z", r"\1\\Z", text)
    for name, inside in _CLASSES.items():
        text = text.replace(f"[:{name}:]", inside).replace(f"[:^{name}:]", f"^{inside}")
    try:
        return re.compile(text, re.ASCII), None
    except re.error as error:
        return None, _words(error, text)


_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": "\\x00-\\x7f",
    "blank": "\\t ",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\t\\n\\v\\f\\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_RE2_WORDS = (  # Python's word for an error -> RE2's
    ("missing )", "missing ): "),
    ("unbalanced parenthesis", "unexpected ): "),
    ("unterminated character set", "missing ]: "),
    ("bad character range", "invalid character class range: "),
    ("nothing to repeat", "no argument for repetition operator: "),
    ("multiple repeat", "bad repetition operator: "),
    ("bad escape (end of pattern)", "trailing \\"),
    ("bad escape", "invalid escape sequence: "),
)


def _words(error, text):
    """RE2's words for a pattern that it refuses."""
    for python, words in _RE2_WORDS:
        if error.msg.startswith(python):
            at = error.pos or 0
            rest = text if python == "missing )" else text[at:] if python.startswith("unterminated") else text[at : at + 2]
            return words + rest if words.endswith(": ") else words
    return error.msg


def _pattern(op, pattern):
    pattern = np.asarray(pattern, object)
    if pattern.ndim:
        refuse(op, f"Pattern must be scalar, but received {shapes.text(pattern.shape)}")
    found, words = _compiled(pattern[()])
    if words:
        refuse(op, f"Invalid pattern: {pattern[()].decode('utf-8', 'replace')}, error: {words}")
    return found


def _rewriter(op, pattern, rewrite):
    """A function from a match to what takes its place: `\\1` is the first group, `\\\\` a backslash."""
    parts = re.split(r"(\\[0-9\\])", rewrite.decode("utf-8", "surrogateescape"))
    groups = [int(p[1]) for p in parts[1::2] if p[1] != "\\"]
    if any("\\" in p for p in parts[::2]) or max(groups, default=0) > pattern.groups:
        refuse(op, f"Invalid rewrite pattern: {rewrite.decode('utf-8', 'replace')}")

    def rewritten(match):
        return "".join(p if not k % 2 else "\\" if p[1] == "\\" else match.group(int(p[1])) or "" for k, p in enumerate(parts))

    return rewritten


def _replace(op, x, pattern, rewrite, everywhere):
    pattern = _pattern(op, pattern)
    rewritten = _rewriter(op, pattern, np.asarray(rewrite, object)[()])

    def one(word):
        text = pattern.sub(rewritten, word.decode("utf-8", "surrogateescape"), 0 if everywhere else 1)
        return text.encode("utf-8", "surrogateescape")

    return each(one, x)


def _full_match(op, x, pattern):
    pattern = _pattern(op, pattern)
    return each(lambda w: pattern.fullmatch(w.decode("utf-8", "surrogateescape")) is not None, x, kind=np.bool_)


def _infer_match(x, pattern):
    shapes.with_rank(pattern.dims, 0)
    return [x.dims]


def _infer_replace(x, pattern, rewrite):
    shapes.with_rank(pattern.dims, 0)
    shapes.with_rank(rewrite.dims, 0)
    return [x.dims]


_static_replace = define(
    "StaticRegexReplace",
    infer=same,
    lower=lambda B, x, *, pattern, rewrite, replace_global, op: _replace(op, x, pattern, rewrite, replace_global),
    host=True,
    grad=None,
)
_late_replace = define(
    "RegexReplace",
    infer=_infer_replace,
    lower=lambda B, x, pattern, rewrite, *, replace_global, op: _replace(op, x, pattern, rewrite, replace_global),
    host=True,
    grad=None,
)
_static_match = define(
    "StaticRegexFullMatch", infer=same, lower=lambda B, x, *, pattern, op: _full_match(op, x, pattern), host=True, grad=None
)
_late_match = define(
    "RegexFullMatch", infer=_infer_match, lower=lambda B, x, pattern, *, op: _full_match(op, x, pattern), host=True, grad=None
)


def _is_text(x):
    return isinstance(x, (str, bytes)) and not isinstance(x, Tensor)


@export("regex_replace", "strings.regex_replace")
def regex_replace(input, pattern, rewrite, replace_global=True, name=None):
    """Each string with what matches a pattern put otherwise.

    Args:
      input: strings.
      pattern: a regular expression in RE2's syntax, a text or a scalar tensor.
      rewrite: what takes the place of a match; `\\1` is what the first group matched.
      replace_global: whether all matches are replaced, or the first alone.
      name: the node's name.

    Returns:
      Strings, shaped as `input`.

    Raises:
      (in run) InvalidArgumentError: a wrong pattern or rewrite.
    """
    if _is_text(pattern) and _is_text(rewrite):
        return _static_replace(input, pattern=pattern, rewrite=rewrite, replace_global=replace_global, name=name)
    return _late_replace(input, pattern, rewrite, replace_global=replace_global, name=name)


@export("strings.regex_full_match")
def regex_full_match(input, pattern, name=None):
    """Whether a pattern matches each string as a whole.

    Args:
      input: strings.
      pattern: a regular expression in RE2's syntax, a text or a scalar tensor.
      name: the node's name.

    Returns:
      bool, shaped as `input`.
    """
    if _is_text(pattern):
        return _static_match(input, pattern=pattern, name=name)
    return _late_match(input, pattern, name=name)
