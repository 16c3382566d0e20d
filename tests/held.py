"""Programs and records of TensorFlow 1.15.5 (tests/tf115), and what docs/differences.md says of them.

tests/tf221 has programs in the same form for names that those don't use. TensorFlow 2.21's compat.v1, with v2 behaviour
disabled and tf_keras 2.21 for layers and cells, recorded them: values, types and classes of errors as they were in 1.15, and
the nodes where they are the same."""

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
later = _load("hold")
later.HERE = str(HERE / "tf221")
hold.type_module = later.type_module = "caudal"
records = functools.cache(hold.records)
cases = functools.cache(hold.cases)


later_records = functools.cache(later.records)
later_cases = functools.cache(later.cases)


def files(folder="tf115"):
    """The names of the case files."""
    return sorted(path.stem for path in (HERE / folder / "cases").glob("*.py"))


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


def check_later_case(name):
    """The same for a case of tests/tf221."""
    file, case = name.split(":")
    got = json.loads(json.dumps(later.run(tf, later_cases(file)[case])))
    return later.compare(got, later_records(file)[case])


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
