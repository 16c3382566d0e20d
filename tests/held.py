"""Programs and records of TensorFlow 1.15.5 (tests/tf115), and what docs/differences.md says of them."""

import functools
import importlib.util
import json
import pathlib
import re
import threading

import caudal as tf

HERE = pathlib.Path(__file__).parent
DIFFERENCES = HERE.parent / "docs" / "differences.md"
_LINE = re.compile(r"^- `([\w:]+)`(?:, `[\w:]+`)*: (.+)$")
_NAME = re.compile(r"`([\w:]+)`")


def _load(name):
    spec = importlib.util.spec_from_file_location(f"tf115_{name}", HERE / "tf115" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hold, errors = _load("hold"), _load("errors")
hold.type_module = "caudal"
records = functools.cache(hold.records)
cases = functools.cache(hold.cases)


def files():
    """The names of the case files."""
    return sorted(path.stem for path in (HERE / "tf115" / "cases").glob("*.py"))


@functools.cache
def differences():
    """Name of a case, or of a wrong program -> the reason why it isn't as TF has it, from docs/differences.md."""
    out = {}
    for line in DIFFERENCES.read_text(encoding="utf-8").splitlines():
        found = _LINE.match(line)
        if found:
            out.update(dict.fromkeys(_NAME.findall(line.split("`: ")[0] + "`"), found[2]))
    return out


def check_case(name):
    """All differences between a case (`file:case`) and its record, in words."""
    file, case = name.split(":")
    got = json.loads(json.dumps(hold.run(tf, cases(file)[case])))
    return hold.compare(got, records(file)[case])


@functools.cache
def wrong_programs():
    """Name -> (program, what 1.15.5 did)."""
    record = json.loads((HERE / "tf115" / "errors.json").read_text(encoding="utf-8"))
    return {name: (program, record[name]) for name, program in errors.programs().items()}


def attempt(name, seconds=120):
    """What a wrong program does here: as `errors.attempt` says it.

    Raises:
      TimeoutError: it hangs.
    """
    out = []
    thread = threading.Thread(target=lambda: out.append(errors.attempt(tf, wrong_programs()[name][0])), daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"the wrong program {name} hangs")
    return out[0]
