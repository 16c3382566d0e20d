"""Studies end the same whatever happens to them: one worker or two, a cluster, kills, Ctrl-C, a full disk."""

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time

import kills
import pytest

from caudal.cli import study, study_requests
from caudal.study import driver, records
from caudal.study.storage import DATABASE, DiskFull, Storage

TINY = os.path.join(os.path.dirname(__file__), "tiny.py")


def run(folder, *options):
    """The tiny study computed in this process; its record."""
    assert study.main(["run", TINY, "--out", str(folder), "--no-report", *options]) == 0
    return records.load(folder)


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """The folder of the study, computed with one worker and undisturbed."""
    folder = tmp_path_factory.mktemp("calm")
    run(folder, "--workers", "1")
    return folder


def test_all_cells(calm):
    record = records.load(calm)
    assert [len(record.stage(name)) for name in ("grid", "settings", "learning")] == [4, 0, 4]
    assert record.planned == 8 and all(trial.complete for trial in record.trials)
    assert all(trial.test is None and trial.score is not None for trial in record.stage("grid"))
    assert record.chosen["tiny"]["by"] == "grid" and record.chosen["tiny"]["l2"] in (0.0, 0.01)
    assert [trial.validation is None for trial in record.stage("learning")] == [False, False, True, True]


def test_nothing_runs_twice(calm):
    before = os.path.getmtime(calm / DATABASE)
    run(calm, "--workers", "1")
    assert os.path.getmtime(calm / DATABASE) == before


def test_two_workers_that_are_killed_give_the_same_bits(calm, tmp_path):
    kills.disturbed(TINY, str(tmp_path), 2, 2.0, random.Random(1))
    record = records.load(tmp_path)
    assert kills.same(records.load(calm), record)
    assert set(kills.counted(record.name, str(tmp_path)).values()) == {1}


def test_workers_of_several_studies_are_kept_to_different_processors(tmp_path):
    """As long as there are enough: a third one shares the first one's, and takes the second one's when that is free."""
    program = "from caudal.study.worker import claimed; print(claimed([0, 1], 1), flush=True); input()"

    def begun():
        process = subprocess.Popen(
            [sys.executable, "-c", program], env=os.environ | {"TMPDIR": str(tmp_path)}, stdin=-1, stdout=-1, text=True
        )
        return process, process.stdout.readline().strip()

    workers = [begun() for _ in range(3)]
    assert [said for _, said in workers] == ["[0]", "[1]", "[0]"]
    workers[1][0].communicate("\n")
    workers.append(begun())
    assert workers[-1][1] == "[1]"
    for process, _ in workers:
        process.kill()
        process.communicate()


def test_interrupted_and_resumed(calm, tmp_path, capsys):
    process = kills.begin(TINY, str(tmp_path))
    while not kills.workers_of(process.pid):
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 130 and f"caudal study resume {tmp_path}" in said
    assert study.main(["resume", str(tmp_path), "--no-report"]) == 0
    assert kills.same(records.load(calm), records.load(tmp_path))


def test_full_disk_keeps_what_ended(calm, tmp_path, monkeypatch):
    add, calls = Storage.add, []

    def full_once(self, trial, *rest):
        calls.append(trial)
        if len(calls) == 2:
            raise DiskFull(28, "No space left on device", "study.db")
        add(self, trial, *rest)

    monkeypatch.setattr(Storage, "add", full_once)
    assert study.main(["run", TINY, "--out", str(tmp_path), "--workers", "1", "--no-report"]) == 2
    assert len(records.load(tmp_path).trials) == 2
    assert study.main(["resume", str(tmp_path), "--workers", "1", "--no-report"]) == 0
    assert kills.same(records.load(calm), records.load(tmp_path))


FAILING = """
import tiny
from caudal.study import Study

def breaks(x, classes, keep_prob, units):
    if units == 6 and x.graph.seed is not None:
        raise RuntimeError("six is too many")
    return tiny.tiny(x, classes, keep_prob, units)

study = Study(networks=breaks, data=tiny.data, grid={"units": [3, 6], "rate": [0.1, 1e38]}, steps=20, repeats=1, base={"batch": 20})
"""


def test_what_fails_is_recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.path.dirname(__file__), *filter(None, [os.environ.get("PYTHONPATH")])]))
    monkeypatch.syspath_prepend(os.path.dirname(__file__))
    (tmp_path / "failing.py").write_text(FAILING)
    assert study.main(["run", str(tmp_path / "failing.py"), "--out", str(tmp_path / "out"), "--no-report"]) == 0
    record = records.load(tmp_path / "out")
    assert [trial.state for trial in record.stage("grid")] == ["complete", "diverged", "failed", "failed"]
    assert "the cost was" in record.trials[1].error and "six is too many" in record.trials[2].error
    assert record.chosen["breaks"] == {"units": 3, "rate": 0.1, "by": "grid"} and len(record.stage("learning")) == 1


def test_a_cluster_of_two_nodes(calm, tmp_path):
    where = tmp_path / "scheduler.json"
    options = ["--scheduler-file", str(where), "--no-dashboard"]
    dask = [sys.executable, "-m", "distributed.cli.dask_"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    begun = [[*dask[:2], dask[2] + "scheduler", "--port", "0", *options]]
    begun += [[*dask[:2], dask[2] + "worker", "--nthreads", "1", *options]] * 2
    processes = [subprocess.Popen(command, **quiet) for command in begun]
    try:
        while not where.exists():
            time.sleep(0.1)
        address = _address(where)
        assert kills.same(records.load(calm), run(tmp_path / "out", "--cluster", address))
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait()


def _address(path):
    """A scheduler's address, from the file that it writes."""
    while '"address"' not in (text := path.read_text()):
        time.sleep(0.1)
    return text.partition('"address": "')[2].partition('"')[0]


def test_other_codes_trials_are_computed_anew_or_kept(calm, tmp_path, monkeypatch):
    for name in (DATABASE, records.SETTINGS):
        (tmp_path / name).write_bytes((calm / name).read_bytes())
    events, ended = driver.Events(), []
    events.ended = ended.append
    monkeypatch.setattr("caudal.study.jobs.code", lambda: "another")
    from_file = study_requests.own_request({"file": TINY}, "")
    record = driver.compute(from_file, str(tmp_path), driver.Options(keep=True), events)
    assert not ended and [dataclasses.replace(t, key="") for t in record.trials] == [
        dataclasses.replace(t, key="") for t in records.load(calm).trials
    ]
