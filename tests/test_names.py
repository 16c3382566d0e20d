"""Every public function and class of TensorFlow 1.15: whether it is here, and with the same arguments, order and defaults."""

import collections
import functools
import inspect
import pathlib
import re

import pytest

import caudal as tf
from caudal.names import Missing

_LINE = re.compile(r"^ *(?:class )?(tf(?:\.\w+)+)\((.*)\)$")
_OBJECT = re.compile(r"<.*?>|DType\(.*?\)|[\w.]*dtype[\w.]*|tf\.\w+")


def _split(text):
    """The arguments of a signature's text, at its outer commas."""
    out, depth, current, quote = [], 0, "", None
    for char in text:
        if quote:
            quote = None if char == quote else quote
        elif char in "'\"":
            quote = char
        depth += (char in "([{<") - (char in ")]}>") if not quote else 0
        if char == "," and depth == 0 and not quote:
            out.append(current.strip())
            current = ""
        else:
            current += char
    return out + [current.strip()] * bool(current.strip())


@functools.cache
def recorded():
    """Name -> list of arguments, for functions and for constructors; classes themselves -> None."""
    out = {}
    for line in (pathlib.Path(__file__).parent / "tf115" / "names.txt").read_text(encoding="utf-8").splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        if line.startswith("class "):
            out.setdefault(found[1], None)
        elif not line.startswith(" "):
            out[found[1]] = _split(found[2])
        elif found[1].endswith(".__init__"):
            out[found[1].removesuffix(".__init__")] = _split(found[2])
    return out


def _find(name):
    return functools.reduce(getattr, name.split(".")[1:], tf)


def _ours(what):
    target = what.__init__ if inspect.isclass(what) else what
    out = []
    for p in inspect.signature(target).parameters.values():
        star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        out.append((star + p.name, None if p.default is p.empty else p.default))
    return out


def _same(text, name, default, has):
    """Whether a recorded argument is ours: its name, and its default where that is plain."""
    recorded_name, equals, value = text.partition("=")
    if recorded_name != name or bool(equals) != has:
        return False
    if not equals or _OBJECT.search(value):
        return True
    return value.removesuffix("V1") == default.__name__ if callable(default) else value == repr(default)


def right(what, want):
    """Whether `what` takes the arguments `want`; classes recorded without a constructor only have to be classes."""
    if want is None:
        return inspect.isclass(what)
    if {"*args", "**kwargs"} <= set(want):
        return callable(what)  # a decorator hid what it takes
    target = what.__init__ if inspect.isclass(what) else what
    ours = list(inspect.signature(target).parameters.values())
    named = _ours(what)
    return len(named) == len(want) and all(
        _same(text, name, default, p.default is not p.empty) for text, (name, default), p in zip(want, named, ours, strict=True)
    )


_MADE_BY_US = {"tf.Operation", "tf.data.Dataset"}  # abstract, or made by graphs alone: no program constructs one


def test_arguments(record_property):
    """What exists has TF's arguments; the shares are printed."""
    wrong, count = [], collections.Counter()
    for name, want in recorded().items():
        if name.startswith(("tf.contrib.", "tf.compat.")):
            continue
        count["all"] += 1
        try:
            what = _find(name)
            if isinstance(what, Missing):
                continue
        except NotImplementedError:
            continue
        count["here"] += 1
        try:
            same = right(what, want)
        except (TypeError, ValueError):  # no signature: a message class
            same = want is None or inspect.isclass(what)
        if not same and name not in _MADE_BY_US:
            wrong.append(name)
    record_property(
        "score",
        f"public names without contrib: {count['here']} of {count['all']} are here, "
        f"{count['here'] - len(wrong)} of these with TF's arguments",
    )
    assert not wrong, "\n".join(f"{n}: {recorded()[n]}" for n in wrong)


def test_missing_names_say_so():
    """A name of TF 1.15 that is not made raises when it is used; a name that TF never had is no attribute."""
    for missing in (tf.estimator.DNNClassifier, tf.contrib.tpu.rewrite, tf.distribute.MirroredStrategy):
        with pytest.raises(NotImplementedError, match=f"{missing!r}".strip("<>").split(",")[0] + " is part of TensorFlow 1.15"):
            missing("x")
    with pytest.raises(AttributeError, match="has no attribute 'never_was'"):
        tf.nn.never_was  # noqa: B018
