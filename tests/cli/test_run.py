"""`caudal run` does what python does, with the name tensorflow lent."""

import os
import subprocess
import sys

import pytest


def _run(folder, program, *args):
    (folder / "program.py").write_text(program)
    return _caudal(folder, "run", "program.py", *args)


def _caudal(folder, *args):
    return subprocess.run([sys.executable, "-m", "caudal", *args], cwd=folder, capture_output=True, text=True, timeout=60)


def test_lends_the_name(tmp_path):
    (tmp_path / "beside.py").write_text("X = 3.0")
    program = """import sys, beside
import tensorflow as tf
from tensorflow.contrib import slim
import tensorflow.contrib.layers, tensorflow.compat.v1
from tensorflow.examples.tutorials.mnist import input_data
if __name__ == "__main__":
    print(sys.argv, __file__.endswith("program.py"), tf.Session().run(tf.constant(beside.X) * 2))
"""
    done = _run(tmp_path, program, "--a", "b")
    assert (done.returncode, done.stdout) == (0, "['program.py', '--a', 'b'] True 6.0\n"), done.stderr


def test_traceback_starts_in_the_program(tmp_path):
    done = _run(tmp_path, "def f():\n    raise KeyError('no')\nf()\n")
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert lines[0] == "Traceback (most recent call last):" and 'program.py", line 3, in <module>' in lines[1]
    assert lines[-1] == "KeyError: 'no'"


def test_an_error_shows_the_program_and_the_notes(tmp_path):
    program = """import tensorflow as tf
def model(x):
    return tf.matmul(x, tf.zeros([4, 2]))
model(tf.zeros([2, 3]))
"""
    lines = _run(tmp_path, program).stderr.splitlines()
    assert [line.strip() for line in lines if line.startswith("  File")] == [
        f'File "{tmp_path}/program.py", line {n}, in {name}' for n, name in ((4, "<module>"), (3, "model"))
    ]
    assert "ValueError: Dimensions must be equal, but are 3 and 4 for 'MatMul'" in lines[-5]
    assert lines[-4].startswith("  Node 'MatMul' (MatMul), made at program.py:3  return tf.matmul(x,")
    assert lines[-1].startswith("  Try: ")


def test_all_frames_on_demand(tmp_path):
    (tmp_path / "program.py").write_text("import tensorflow as tf\ntf.zeros([2]).set_shape([3])\n")
    command = [sys.executable, "-m", "caudal", "run", "program.py"]
    full = {"env": os.environ | {"CAUDAL_TRACEBACK": "full"}}
    short, long = (
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, **more).stderr for more in ({}, full)
    )
    assert "caudal/graph" not in short and "CAUDAL_TRACEBACK=full shows them" in short and "caudal/graph" in long


def test_broken_syntax(tmp_path):
    done = _run(tmp_path, "x = (\n")
    assert done.returncode == 1 and "SyntaxError" in done.stderr and "caudal/cli" not in done.stderr


def test_exit_status(tmp_path):
    assert _run(tmp_path, "raise SystemExit(7)").returncode == 7


def test_interrupted(tmp_path):
    done = _run(tmp_path, "raise KeyboardInterrupt")
    assert (done.returncode, done.stderr) == (130, "\nInterrupted.\n")


def test_no_such_script(tmp_path):
    done = _caudal(tmp_path, "run", "nothing.py")
    assert (done.returncode, done.stderr) == (2, "caudal run: can't open file 'nothing.py': No such file or directory\n")


def _package(folder, **files):
    for name, text in {"__init__": "", "inner/__init__": "", **files}.items():
        path = folder / "package" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("start", [["-m", "package.inner.program"], ["-mpackage.inner"]])
def test_a_module_runs_as_python_runs_it(tmp_path, start):
    program = """import sys
import tensorflow as tf
from ..beside import X
if __name__ == "__main__":
    print(sys.argv, __file__, __package__, __spec__.name, sys.modules["__main__"].X)
    print(sys.path[0], tf.Session().run(tf.constant(X) * 2))
"""
    _package(tmp_path, **{"inner/program": program, "inner/__main__": program, "beside": "X = 3.0"})
    done = _caudal(tmp_path, "run", *start, "-m", "--a", "--help")
    name = "program" if len(start) == 2 else "__main__"
    file = str(tmp_path / "package" / "inner" / f"{name}.py")
    said = f"{[file, '-m', '--a', '--help']} {file} package.inner package.inner.{name} 3.0\n{tmp_path} 6.0\n"
    assert (done.returncode, done.stdout) == (0, said), done.stderr


@pytest.mark.parametrize(
    "files, place",
    [
        ({"inner/program": "import tensorflow as tf\ntf.zeros([2]).set_shape([3])\n"}, "inner/program.py"),
        ({"inner/program": "import nothing\n\nprint()"}, "inner/program.py"),
        ({"__init__": "\n\nfrom nothing import at_all", "inner/program": ""}, "__init__.py"),
        ({"inner/program": "x = (\n"}, "inner/program.py"),
    ],
)
def test_errors_of_a_module(tmp_path, files, place):
    _package(tmp_path, **files)
    done = _caudal(tmp_path, "run", "-m", "package.inner.program")
    shown = [line.strip() for line in done.stderr.splitlines() if line.startswith("  File")]
    assert done.returncode == 1 and len(shown) == 1 and shown[0].startswith(f'File "{tmp_path}/package/{place}", line'), (
        done.stderr
    )


def test_a_module_ends_as_it_wants(tmp_path):
    _package(tmp_path, exits="raise SystemExit(7)", stopped="raise KeyboardInterrupt")
    assert _caudal(tmp_path, "run", "-m", "package.exits").returncode == 7
    done = _caudal(tmp_path, "run", "-m", "package.stopped")
    assert (done.returncode, done.stderr) == (130, "\nInterrupted.\n")


def test_no_such_module(tmp_path):
    _package(tmp_path)
    for name, words in (
        ("package.nothing", "No module named package.nothing"),
        ("nothing.at.all", "(ModuleNotFoundError: No module named 'nothing')"),
        ("package", "'package' is a package and cannot be directly executed"),
    ):
        done = _caudal(tmp_path, "run", "-m", name)
        assert done.returncode == 1 and done.stderr.count("\n") == 1
        assert done.stderr.startswith("caudal run: ") and done.stderr.endswith(words + "\n")
    done = _caudal(tmp_path, "run", "-m")
    assert done.returncode == 2 and done.stderr.startswith("caudal run: argument expected for -m\n\nusage: caudal run SCRIPT")
    assert "caudal run -m MODULE [ARGS]" in _caudal(tmp_path, "run", "--help").stdout


def test_info_and_unknown_command(tmp_path):
    assert "threads" in _caudal(tmp_path, "info").stdout
    assert "no command 'fly'" in _caudal(tmp_path, "fly").stderr


def test_app_run(tmp_path):
    program = """import tensorflow as tf
tf.app.flags.DEFINE_integer("steps", 3, "How many.")
def main(argv):
    print(argv[1:], tf.app.flags.FLAGS.steps)
if __name__ == "__main__":
    tf.app.run()
"""
    done = _run(tmp_path, program, "--steps=5", "--other=1", "x")
    assert (done.returncode, done.stdout) == (0, "['--other=1', 'x'] 5\n"), done.stderr
    done = _run(tmp_path, program, "--steps=a")
    assert done.returncode == 1 and "flag --steps=a" in done.stderr
    done = _run(tmp_path, program, "--help")
    assert done.returncode == 1 and "--steps: How many." in done.stdout


@pytest.mark.parametrize("runs", ["tf.app.run(main)", "app.run(main)"])
def test_flags_are_absls(tmp_path, runs):
    """A program may define some by tf.flags and some by absl, with older names of arguments, and be run by either."""
    program = f"""import tensorflow as tf
from absl import app, flags
tf.flags.DEFINE_integer("steps", default_value=3, docstring="How many.")
flags.DEFINE_string("name", "a", "Which.")
def main(argv):
    print(argv[1:], tf.flags.FLAGS.steps, flags.FLAGS.steps, tf.app.flags.FLAGS.name, "name" in tf.flags.FLAGS)
{runs}
"""
    done = _run(tmp_path, program, "--steps=5", "--name=b", "x")
    assert (done.returncode, done.stdout) == (0, "['x'] 5 5 b True\n"), done.stderr


def test_flags_are_read_when_they_are_asked_for(tmp_path):
    program = """import tensorflow as tf
tf.app.flags.DEFINE_float("rate", 0.5, "How fast.")
print(tf.app.flags.FLAGS.rate)
tf.app.flags.FLAGS.rate = 2.0
print(tf.app.flags.FLAGS.flag_values_dict()["rate"], tf.app.flags.FLAGS["rate"].default)
"""
    done = _run(tmp_path, program, "--rate=1.5")
    assert (done.returncode, done.stdout) == (0, "1.5\n2.0 0.5\n"), done.stderr
