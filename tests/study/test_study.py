"""The study in small: trials, early stopping, what commands leave behind, and what bad input gets."""

import shutil

import numpy as np
import pytest

from caudal.cli import study
from caudal.data import iris, mnist
from caudal.study import Study, StudyError, records
from caudal.study.architectures import iris as network
from caudal.study.identity import seed_of, source_hash
from caudal.study.jobs import steps_of
from caudal.study.tuner import Point, stopping_point, train


def test_stopping_point():
    assert stopping_point([3, 2, 1, 1, 2, 0], patience=3) == (5, 5)
    assert stopping_point([3, 2, 1, 1, 2, 0], patience=2) == (4, 2)
    assert stopping_point([1.0], patience=50) == (0, 0)


def test_seeds_come_from_what_is_computed():
    assert seed_of("mnist", "lenet", 5000, 0) == seed_of("mnist", "lenet", 5000, 0) != seed_of("mnist", "lenet", 5000, 1)


def test_n_examples_are_n_steps_in_50_epochs():
    assert [steps_of(size, 50, 50) for size in (5000, 60000)] == [5000, 60000]


POINT = Point(optimizer="sgd", rate=1.0, batch=None, steps=40, every=10)


def test_a_trial_repeats_and_learns():
    data = iris.load(0)
    once, again = train(network, POINT, data, seed=5), train(network, POINT, data, seed=5)
    assert once.training == again.training and once.test == again.test
    assert once.training.steps == [10, 20, 30, 40] and once.training.cost[-1] < once.training.cost[0]
    assert np.trace(once.confusion) / 30 == once.test and len(once.misread) == 30 - np.trace(once.confusion)
    assert np.shape(once.first_layer) == (4, 4)


def test_early_stopping_keeps_the_best_look():
    point = Point(optimizer="sgd", rate=40.0, batch=None, steps=60, every=1, patience=2, watch_test=True)
    found = train(network, point, iris.load(0), seed=5)
    assert found.stop.end == len(found.validation.cost) == found.stop.kept + 2 < 60
    assert found.stop.look == int(np.argmin(found.validation.cost))
    assert found.test == found.testing.accuracy[found.stop.look]


def test_a_diverging_trial_says_so():
    data = iris.load(0)
    data.train.x[0, 0] = np.nan
    found = train(network, POINT, data, seed=5)
    assert found.state == "diverged" and found.error == "the cost was nan at step 1" and found.test is None


WRONG = [{"l2": -1}, {"l2": float("nan")}, {"keep_prob": 0}, {"rate": 0}, {"steps": 0}, {"optimizer": "x"}]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_points(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Point(**wrong)


@pytest.mark.parametrize(
    "asked, words",
    [
        ({"grid": {"l2": ["much"]}}, "'much' for l2 isn't a number"),
        ({"grid": {"l2": []}}, "no value for l2"),
        ({"grid": {"units": [1]}}, "takes no 'units'"),
        ({"grid": {"other": {"l2": [0]}}}, "no network 'other'"),
        ({"base": {"rate": -1}}, "rate can't be -1"),
        ({"networks": []}, "needs a network"),
    ],
)
def test_wrong_studies(asked, words):
    with pytest.raises(StudyError, match=words):
        Study(**({"networks": network, "data": iris.load} | asked))


def test_early_stopping_needs_validation():
    with pytest.raises(StudyError, match="leaves nothing for validation.*; 90 is the largest"):
        Study(networks=network, data=iris.load, sizes=[100], patience=3).check_sizes(iris.load(0))


def test_a_files_hash_is_of_what_it_computes():
    text = "def net(x):\n    return x\nstudy = net"
    assert source_hash(text, "study") == source_hash("# why\n" + text + "\nstudy = 5", "study")
    assert source_hash(text, "study") != source_hash(text.replace("return x", "return -x"), "study")


def test_iris_command(tmp_path, capsys):
    assert study.main(["iris", "--seeds", "2", "--steps", "5", "--no-report", "--out", str(tmp_path)]) == 0
    log = capsys.readouterr().err  # no terminal: lines in place of a bar
    assert "8 trials of 40 steps" in log and "8/8 trials" in log
    record = records.load(tmp_path)
    assert len(record.trials) == 8 and record.trials[0].stop.applied is False
    assert record.trials[0].seed == record.trials[2].seed  # settings of a repeat start alike
    commands = {
        "alpha": ["show", str(tmp_path)],
        "8 of 8": ["list", str(tmp_path.parent)],
        "Two": ["compare", *[str(tmp_path)] * 2],
    }
    for word, command in commands.items():
        capsys.readouterr()
        assert study.main(command) == 0
        assert word in capsys.readouterr().out


def test_mnist_command_says_what_stands_in(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(mnist, "load", lambda *_: mnist.stand_in())
    small = ["--sizes", "100", "--epochs", "1", "--repeats", "1", "--grid", "l2=0,1e-3", "--grid-size", "100"]
    assert study.main(["mnist", "--nets", "lenet", *small, "--out", str(tmp_path)]) == 0
    assert "stand in" in capsys.readouterr().out
    record = records.load(tmp_path)
    assert "stand in" in record.data.stand_in and len(record.pictures[record.trials[-1].misread[0].index]) == 28
    assert study.main(["iris", "--out", str(tmp_path)]) == 2
    assert "holds the study 'mnist'" in capsys.readouterr().err


OUT = ["--out", "results/wrong"]
FOLDER = "/nowhere/at/all"


@pytest.mark.parametrize(
    "args, words",
    [
        (["mnist", *OUT, "--sizes", "abc"], "list of whole numbers"),
        (["mnist", *OUT, "--sizes", "70000"], "a size of 70,000"),
        (["mnist", *OUT, "--nets", "no"], "no network 'no'"),
        (["mnist", *OUT, "--grid", "l2=much"], "'much' for l2 isn't a number"),
        (["mnist", *OUT, "--grid", "l2"], "isn't an axis with its values"),
        (["mnist", *OUT, "--data", FOLDER], "no such folder"),
        (["iris", "--out", "/proc/none"], "can't be made"),
        (["iris", *OUT, "--storage", "nonsense://x"], "storage nonsense://x can't be used"),
        (["iris", *OUT, "--storage", "sqlite:////nowhere/at/all/x.db"], "unable to open database file"),
        (["iris", *OUT, "--cluster", "tcp://127.0.0.1:1"], "tcp://127.0.0.1:1 can't be reached"),
        (["iris", *OUT, "--slurm", "cores"], "KEY=VALUE"),
        (["run", "setup.py"], "does not exist"),
        (["resume", "."], "holds no study"),
        (["show", "."], "holds no study"),
    ],
)
def test_wrong_arguments(args, words, capsys, monkeypatch, tmp_path):
    if "--data" not in args:
        monkeypatch.setattr(mnist, "load", lambda *_: mnist.stand_in())
    monkeypatch.setattr("caudal.study.cluster._WAIT", 1)
    monkeypatch.chdir(tmp_path)
    assert study.main(args) == 2
    assert words in capsys.readouterr().err


def test_a_study_without_a_trial_yet(capsys, tmp_path):
    (tmp_path / records.SETTINGS).write_text("{}")
    assert study.main(["show", str(tmp_path)]) == 2
    assert "none of the trials" in capsys.readouterr().err


def test_no_room(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1000))
    assert study.main(["iris", "--out", str(tmp_path)]) == 2
    assert "60 trials need about" in capsys.readouterr().err
