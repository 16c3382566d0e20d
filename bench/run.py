"""Caudal beside TensorFlow 2.21's `compat.v1`, in one run: `python bench/run.py [--peer PYTHON] [--rounds 3] [--seconds 2] [NET ...]`.

Each measurement is a process of its own (`one.py`), and the two take turns, so that a machine that slows down slows both. A ratio is Caudal's
time to TensorFlow's, of one round; the table shows the median of the rounds' ratios and, in brackets, the least and the greatest.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

HERE = pathlib.Path(__file__).parent
FIGURES = {  # a figure of one.py: what the table calls it
    "step_ms": "step, loss fetched",
    "no_op_us": "run of a no_op",
    "build_s": "building",
    "first_step_s": "first step",
    "start_s": "import to first step",
}
NETS = ("iris", "lenet", "tfnet", "vishnet", "deep", "lstm", "lstm140")


def measure(python, module, net, seconds):
    """The figures of one process.

    Raises:
      RuntimeError: it failed; the message is the end of what it said.
    """
    env = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", JAX_PLATFORMS="cpu")
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # both are installed packages, whose bytecode is kept
    command = [python, str(HERE / "one.py"), module, net, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=HERE)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def middle(values):
    """The median."""
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def cell(rounds, key):
    """Median (least to greatest) of the rounds' ratios of one figure."""
    ratios = [ours[key] / theirs[key] for ours, theirs in rounds]
    return f"{middle(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def table(found):
    """The ratios, a row a network."""
    out = Table(title="Caudal's time to TensorFlow 2.21's: below 1 is faster")
    out.add_column("network")
    for name in FIGURES.values():
        out.add_column(name, justify="right")
    out.add_column("ms a step: Caudal, TensorFlow", justify="right")
    for net, rounds in found.items():
        times = " ".join(f"{middle([r[k]['step_ms'] for r in rounds]):.3g}" for k in (0, 1))
        out.add_row(net, *(cell(rounds, key) for key in FIGURES), times)
    return out


def markdown(found):
    """The same table for a page."""
    lines = ["| network | " + " | ".join(FIGURES.values()) + " | ms a step |", "|---|" + "---|" * (len(FIGURES) + 1)]
    for net, rounds in found.items():
        times = ", ".join(f"{middle([r[k]['step_ms'] for r in rounds]):.3g}" for k in (0, 1))
        lines.append(f"| {net} | " + " | ".join(cell(rounds, key) for key in FIGURES) + f" | {times} |")
    return "\n".join(lines)


def main():
    """Measures, prints the table, and writes `results/bench.json` and `results/bench.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", metavar="NET", help=f"of {', '.join(NETS)}; all if none is named")
    parser.add_argument("--peer", default=".venv-peers/bin/python", help="the Python that has TensorFlow 2.21")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="for the steps of each process")
    args = parser.parse_args()
    unknown = set(args.nets) - set(NETS)
    if unknown:
        parser.error(f"there is no network {', '.join(sorted(unknown))}; there are {', '.join(NETS)}")
    nets = args.nets or NETS
    found = {net: [] for net in nets}
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("bench", total=2 * len(nets) * args.rounds)
        for _ in range(args.rounds):
            for net in nets:
                pair = []
                for python, module in ((sys.executable, "caudal"), (os.path.abspath(args.peer), "tensorflow")):
                    pair.append(measure(python, module, net, args.seconds))
                    bar.advance(task)
                found[net].append(pair)
    out = pathlib.Path("results")
    out.mkdir(exist_ok=True)
    about = {
        "date": datetime.date.today().isoformat(),
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
    }
    (out / "bench.json").write_text(json.dumps({**about, "rounds": found}, indent=1))
    (out / "bench.md").write_text(markdown(found) + "\n")
    Console().print(table(found))
    print(f"Written to {out / 'bench.json'} and {out / 'bench.md'}")


if __name__ == "__main__":
    main()
