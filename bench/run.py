"""Caudal beside TensorFlow 2.21's `compat.v1`, PyTorch and plain JAX, in one run: `python bench/run.py [WHAT ...]`.

Each measurement is a process of its own (`one.py`), and the peers take turns, so that a machine that slows down slows all. A ratio is Caudal's
figure to a peer's, of one round; the tables show the median of the rounds' ratios and, in brackets, the least and the greatest. `--check` measures
nothing: it compares the first losses of all peers from the same weights.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

import rich.console
import rich.progress
from show import Found, markdown, number, pretty, tables
from works import WORKS

HERE = pathlib.Path(__file__).parent
PEERS = ("caudal", "tensorflow", "torch", "jax")
VARIANTS = ("torch-eager", "torch-eager_last", "torch-compile", "torch-compile_last")
OTHERS = ("start", "factors", "loop", "calls", "graph", "imports", "size")
TWO = ("caudal", "tensorflow")
KINDS = {  # kind: (what of it, by whom)
    "start": (("tfnet", "lstm"), ("caudal", "tensorflow", "jax")),
    "factors": (("vishnet",), ("caudal", "caudal-bfloat16")),
    "loop": (("iris", "lenet"), TWO),
    "calls": (("-",), TWO),
    "graph": (("1000", "10000", "100000"), TWO),
    "imports": (("-",), PEERS),
    "size": (("-",), PEERS),
}


class Bench:
    """A run of the bench.

    Attributes:
      records: a dict a measurement: round, kind, what, peer, and figures or an error.
    """

    def __init__(self, args, console):
        self.args, self.console, self.records = args, console, []
        self.kept = tempfile.TemporaryDirectory()  # what torch.compile keeps from round to round, for it takes long

    def run(self):
        """All rounds."""
        with rich.progress.Progress(console=self.console) as bar:
            task = bar.add_task("", total=None)
            for number_ in range(self.args.rounds):
                jobs = self.jobs(number_)
                bar.update(task, total=len(jobs), completed=0)
                for kind, what, peer in jobs:
                    bar.update(task, description=f"round {number_ + 1} of {self.args.rounds}: {kind} {what} {peer}", advance=1)
                    if not self.pointless(what, peer):
                        self.measure(number_, kind, what, peer)
                        save(self, self.args.out)

    def jobs(self, round_):
        """(kind, what, peer) of a round, in order."""
        peers, chosen = self.args.peers, self.args.what
        jobs = [("machine", "-", p) for p in ("caudal", "torch-eager") if p.partition("-")[0] in peers]
        jobs += [("net", what, p) for what in chosen if what in WORKS for p in self.by(peers, what, round_)]
        for kind in (k for k in chosen if k in KINDS and (k != "size" or not round_)):
            whats, by = KINDS[kind]
            jobs += [
                (kind, what, "torch-eager" if p == "torch" else p) for what in whats for p in by if p.partition("-")[0] in peers
            ]
        return jobs

    def by(self, peers, what, round_):
        """The peers of a network: in the first round all of PyTorch's variants, later the best."""
        images = WORKS[what].feed()[0].ndim == 4
        variants = [v for v in VARIANTS if images or not v.endswith("_last")]
        best = Found(self.records).best("net", what)
        variants = [best] if round_ and best else variants
        peers = [p for p in peers if p in (WORKS[what].peers or PEERS)]
        return [v for p in peers for v in (variants if p == "torch" else [p])]

    def pointless(self, what, peer):
        """Whether torch.compile, which takes long, would be given the order of channels that was slower without it."""
        if not peer.startswith("torch-compile"):
            return False
        layout = peer.removeprefix("torch-compile")
        steps = {
            r["peer"]: r["figures"]["step_ms"] for r in self.records if r["what"] == what and "step_ms" in r.get("figures", ())
        }
        ours, theirs = (steps.get("torch-eager" + end) for end in (layout, "" if layout else "_last"))
        return ours is not None and theirs is not None and theirs < ours

    def measure(self, round_, kind, what, peer):
        """One process, or two for a start: with no cache, and with what the first one left."""
        with tempfile.TemporaryDirectory() as cache:
            if kind != "start":
                return self.note(round_, kind, what, peer, self.process("net" if kind == "factors" else kind, peer, what, cache))
            for state in ("no cache", "with a cache"):
                found = self.process("net", peer, what, cache, seconds=0)
                self.note(round_, kind, f"{what}, {state}", peer, found)
        return None

    def note(self, round_, kind, what, peer, found):
        """Adds a record."""
        self.records.append({"round": round_, "kind": kind, "what": what, "peer": peer, **found})

    def process(self, kind, peer, what, cache, seconds=None):
        """{"figures": ...} of one process, or {"error": the end of what it said}."""
        torch = peer.startswith("torch")
        if "compile" in peer and not shutil.which(os.environ.get("CXX", "g++")):
            return {"error": "no C++ compiler (g++), which torch.compile needs"}
        python = self.args.python if torch or peer == "tensorflow" else sys.executable
        command = [str(python), str(HERE / "one.py"), kind, peer, what, str(self.args.seconds if seconds is None else seconds)]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment(cache), cwd=HERE)
        if done.returncode:
            return {"error": done.stderr.strip()[-1500:] or f"exit status {done.returncode}"}
        return {"figures": json.loads(done.stdout.splitlines()[-1])}

    def environment(self, cache):
        """A process's own: all caches are below `cache`, but torch.compile's."""
        env = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", JAX_PLATFORMS="cpu", XDG_CACHE_HOME=cache)
        env |= {"JAX_COMPILATION_CACHE_DIR": f"{cache}/jax", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
        env["TORCHINDUCTOR_CACHE_DIR"] = self.kept.name
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # they are installed packages, whose bytecode is kept
        return env


def check(bench):
    """Prints the first losses of each network by all peers from the same weights; gives how many networks differ."""
    differing = 0
    for what in (w for w in bench.args.what if w in WORKS):
        found = {p: bench.process("check", p, what, bench.kept.name) for p in bench.by(bench.args.peers, what, 0)}
        first = next((f["figures"] for f in found.values() if "figures" in f), None)
        for peer, made in found.items():
            agrees = "figures" in made and _agree(first, made["figures"])
            differing += "figures" in made and not agrees
            shown = ", ".join(f"{v:.5f}" for v in made["figures"]["losses"][:3]) if "figures" in made else made["error"][-200:]
            bench.console.print(f"{what:12}{peer:20}{'' if agrees else 'DIFFERS ' if 'figures' in made else 'failed '}{shown}")
    return differing


def _agree(one, other):
    """Losses within 0.5 %, as far as Adam's two places for epsilon let them, and as many parameters."""
    near = all(abs(a - b) <= 5e-3 * abs(a) + 1e-5 for a, b in zip(one["losses"], other["losses"], strict=True))
    return near and one["parameters"] == other["parameters"]


def about(bench):
    """The machine and what it reached."""
    reached = Found(bench.records).reached
    rates = "" if reached is None else f", {number(reached[0])} GFLOP/s in a product, {number(reached[1])} GB/s in a copy"
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    machine = f"{os.cpu_count()} cores of {names[0] if names else platform.machine()}"
    return f"{datetime.date.today().isoformat()}, {machine}{rates}; {bench.args.rounds} rounds of {bench.args.seconds:g} s; load {os.getloadavg()[1]:.1f}"


def _lines(path):
    path = pathlib.Path(path)
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def save(bench, folder):
    """Writes what was found so far; gives the tables."""
    folder.mkdir(exist_ok=True, parents=True)
    made, head = tables(bench.records), about(bench)
    (folder / "bench.json").write_text(json.dumps({"about": head, "records": bench.records}, indent=1), encoding="utf-8")
    page = "\n".join([head, "", *(markdown(*table) for table in made)])
    (folder / "bench.md").write_text(page, encoding="utf-8")
    return made


def show(bench, folder):
    """Prints what was found and where it is; gives how many measurements of Caudal failed."""
    made = save(bench, folder)
    bench.console.print(about(bench))
    for table in made:
        bench.console.print(pretty(*table))
    failed = [r for r in bench.records if "error" in r]
    for r in failed:
        last = r["error"].splitlines()[-1] if r["error"] else ""
        bench.console.print(f"failed: {r['kind']} {r['what']} by {r['peer']}: {last[:300]}", markup=False)
    bench.console.print(f"Written to {folder / 'bench.json'} and {folder / 'bench.md'}")
    return sum(r["peer"] == "caudal" for r in failed)


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"of {', '.join([*WORKS, *OTHERS])}; all if none is named")
    parser.add_argument("--peers", default=",".join(PEERS), help="who is measured, with commas between (default: %(default)s)")
    parser.add_argument(
        "--python", default=".venv-peers/bin/python", type=os.path.abspath, help="the Python that has TensorFlow and PyTorch"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="for the steps of each process")
    parser.add_argument("--out", default="results", type=pathlib.Path, help="the folder for bench.json and bench.md")
    parser.add_argument("--check", action="store_true", help="compare first losses instead of measuring")
    args = parser.parse_args()
    args.what, args.peers = args.what or [*WORKS, *OTHERS], args.peers.split(",")
    for given, there in ((args.what, [*WORKS, *OTHERS]), (args.peers, PEERS)):
        unknown = sorted(set(given) - set(there))
        if unknown:
            parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(there)}")
    return args


def main():
    """Measures, or checks; gives the exit status."""
    bench = Bench(arguments(), rich.console.Console(width=None if sys.stdout.isatty() else 200))
    if bench.args.check:
        return check(bench)
    try:
        bench.run()
    except KeyboardInterrupt:
        bench.console.print("Interrupted: this is what was measured until then.")
    return show(bench, bench.args.out)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
