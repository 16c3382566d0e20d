"""No file imports a later floor; no import hides inside a function."""

import ast
import pathlib

import pytest

HOME = pathlib.Path(__file__).parent.parent / "src" / "caudal"

# from the ground up; a line's floors don't know of each other, and each knows the lines above it only
FLOORS = [
    "formats.proto",  # what protoc makes: nothing of ours in it
    "ground",
    "formats",
    "platform backend",
    "graph",
    "ops",
    "build",
    "run",
    "ragged distributions image losses layers metrics",
    "rnn",
    "train.graph_io",
    "train.meta_graph",  # the event files hold graphs
    "summary",
    "train",
    "datasets lookup saved_model operators",
    "feature_column",
    "testing tools",
    "estimator",
    "contrib",
    "names",
    "compat",
    "data",
    "study",
    "cli",
]
LEVEL = {floor: k for k, line in enumerate(FLOORS) for floor in line.split()}
TREES = {path.relative_to(HOME): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(HOME.rglob("*.py"))}


def floor_of(parts):
    """The floor of a module, given as parts of its name."""
    return ".".join(parts[:2]) if ".".join(parts[:2]) in LEVEL else parts[0] if parts else ""


def imports(path, tree):
    """(line, parts of the module within the package) for each import of ours."""
    here = path.parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = here[: len(here) - node.level + 1]
            names = [node.module.split(".")] if node.module else [[a.name] for a in node.names]
            yield from ((node.lineno, (*base, *name)) for name in names)
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "caudal":
            yield node.lineno, tuple(node.module.split(".")[1:])
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, tuple(a.name.split(".")[1:])) for a in node.names if a.name.split(".")[0] == "caudal")


def checked(path):
    """Whether a file stands on a floor: not the roof, where all is put together, nor what is a program of its own."""
    return len(path.parts) > 1 or path.stem == "names"


@pytest.mark.parametrize("path", [p for p in TREES if checked(p)], ids=str)
def test_floors(path):
    """What a file imports is on its own floor or a lower one."""
    own = floor_of((*path.parts[:-1], path.stem))
    assert own in LEVEL, f"{path}: say in FLOORS where {own} stands"
    for line, target in imports(path, TREES[path]):
        other = floor_of(target)
        if other in ("", own):
            continue
        assert LEVEL.get(other, 99) < LEVEL[own], f"{path}:{line}: {own} imports {other}"


@pytest.mark.parametrize("path", TREES, ids=str)
def test_no_hidden_imports(path):
    """Imports stand at the head of a file."""
    for function in ast.walk(TREES[path]):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                assert not isinstance(node, ast.Import | ast.ImportFrom), f"{path}:{node.lineno}"
