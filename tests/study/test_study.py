"""The study in small: trials, early stopping, and what the commands leave behind."""

import json

import pytest

from caudal.cli import study
from caudal.data import iris, mnist
from caudal.study.mnist_study import steps_of
from caudal.study.tuner import Point, seed_of, stopping_point, train


def test_stopping_point():
    assert stopping_point([3, 2, 1, 1, 2, 0], patience=3) == (5, 5)
    assert stopping_point([3, 2, 1, 1, 2, 0], patience=2) == (4, 2)
    assert stopping_point([1.0], patience=50) == (0, 0)


def test_seeds_come_from_what_is_computed():
    assert seed_of("mnist", "lenet", 5000, 0) == seed_of("mnist", "lenet", 5000, 0) != seed_of("mnist", "lenet", 5000, 1)


def test_n_examples_are_n_steps_in_50_epochs():
    assert [steps_of(size, 50) for size in (5000, 60000)] == [5000, 60000]


def test_a_trial_repeats_and_learns():
    point, data = Point("iris", optimizer="sgd", rate=1.0, batch=None, steps=40, every=10), iris.load(0)
    once, again = train(point, data, seed=5), train(point, data, seed=5)
    assert once.training == again.training and once.test == again.test
    assert once.training.steps == [10, 20, 30, 40] and once.training.cost[-1] < once.training.cost[0]


WRONG = [{"l2": -1}, {"l2": float("nan")}, {"keep_prob": 0}, {"rate": 0}, {"steps": 0}, {"network": "x"}]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_points(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Point(**({"network": "iris"} | wrong))


def test_iris_command(tmp_path, capsys):
    assert study.main(["iris", "--seeds", "2", "--steps", "5", "--out", str(tmp_path)]) == 0
    assert "curves.png" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "results.json").read_text())["rows"]) == 8
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_mnist_command_says_what_stands_in(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(mnist, "load", lambda *_: mnist.stand_in())
    assert study.main(["mnist", "--sizes", "100", "--epochs", "1", "--out", str(tmp_path)]) == 0
    assert "stand in" in capsys.readouterr().out
    assert "stand in" in json.loads((tmp_path / "results.json").read_text())["stand_in"]


@pytest.mark.parametrize(
    "args, words",
    [
        (["mnist", "--sizes", "abc"], "list of whole numbers"),
        (["mnist", "--sizes", "70000"], "a size of 70,000"),
        (["mnist", "--nets", "no"], "no network 'no'"),
        (["mnist", "--data", "/nowhere/at/all"], "no such folder"),
    ],
)
def test_wrong_arguments(args, words, capsys, monkeypatch):
    if "--data" not in args:
        monkeypatch.setattr(mnist, "load", lambda *_: mnist.stand_in())
    assert study.main(args) == 2
    assert words in capsys.readouterr().err
