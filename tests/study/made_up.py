"""Studies that nobody ran: records with drawn numbers, to test what is made of records."""

import numpy as np
from sklearn.datasets import load_digits

from caudal.study.recorded import RECORDED
from caudal.study.records import Curve, Data, Misread, Stop, StudyRecord, Trial

VERSIONS = {"caudal": "0.1.0", "code": "0f3a" * 4, "python": "3.11.7", "numpy": "2.4.6", "jax": "0.10.2", "jaxlib": "0.10.2"}
SUM = "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"


def digits(
    repeats=4, sizes=(5000, 10000, 20000), nets=("lenet", "tfnet"), axes=((0.0, 1e-4, 4e-4, 1e-3), (0.5, 0.75, 1.0)), looks=12
):
    """A study of digits: a grid and a learning curve for each network; one trial of the grid diverged."""
    draw, trials = np.random.default_rng(3), []
    l2, keep = axes
    for net in nets:
        for i, (a, b) in enumerate((a, b) for a in l2 for b in keep):
            score = 0.985 - 0.002 * abs(i - 4) / 4 + draw.normal(0, 4e-4)
            trials.append(_trial(draw, "grid", net, f"{i}", {"l2": a, "keep_prob": b}, 5000, 0, score, looks))
        for size in sizes:
            for repeat in range(repeats):
                score = (RECORDED.accuracy[net].get(size, 99.0) + draw.normal(0.05, 0.06)) / 100
                trials.append(_trial(draw, "learning", net, "", dict(RECORDED.points[net]), size, repeat, score, looks))
    if trials[3].stage == "grid":
        trials[3] = _lost(trials[3])
    pictures = {index: image for index, image in enumerate(_images(60))}
    return StudyRecord(
        name="digits",
        kind="mnist",
        command="caudal study mnist --nets lenet,tfnet --sizes 5000,10000,20000 --repeats 4",
        settings={"epochs": 50, "repeats": repeats, "grid_epochs": 5, "workers": 2, "threads": 1, "machine": "two cores"},
        data=Data("MNIST", "MNIST (LeCun, Cortes, Burges 1998)", SUM, 10, 55000, 5000, 10000),
        trials=trials,
        planned=len(trials) + 1,
        grids={net: {"l2": list(l2), "keep_prob": list(keep)} for net in nets},
        chosen={net: {"l2": 4e-4, "keep_prob": 0.75, "by": "grid"} for net in nets},
        weights={"lenet": 61470, "tfnet": 3273504},
        recorded=RECORDED,
        pictures=pictures,
        seconds=3600 * 2.5,
    )


def _trial(draw, stage, net, label, point, size, repeat, score, looks):
    steps = [int(s) for s in np.linspace(size / looks, size, looks)]
    fall = np.exp(-np.arange(looks) / 2)
    curves = [Curve(steps, list(0.03 + gap + fall * draw.uniform(0.3, 0.4)), list(score - gap - 0.1 * fall)) for gap in (0, 0.01)]
    misread = [Misread(int(i), int(i % 10), int((i + 3) % 10)) for i in sorted(draw.choice(60, 40, replace=False))]
    confusion = np.full((10, 10), 1) + np.diag([991 - (k % 3) for k in range(10)])
    tested = stage != "grid"
    return Trial(
        key=draw.bytes(16).hex(),
        stage=stage,
        network=net,
        label=label,
        point={"optimizer": "adam", "rate": 1e-3, "batch": 50, "steps": size, "keep_prob": 1.0} | point,
        size=size,
        repeat=repeat,
        seed=int(draw.integers(1, 2**31)),
        training=curves[0],
        validation=curves[1],
        test=round(score, 4) if tested else None,
        confusion=confusion.tolist() if tested else None,
        misread=misread if tested else [],
        first_layer=draw.normal(size=(5, 5, 1, 6)).tolist() if tested else None,
        seconds_per_step=float(draw.uniform(2e-3, 4e-3)),
        started=1.7e9,
        ended=1.7e9 + 60 + size / 100,
        worker="here-0",
        versions=VERSIONS,
        data=SUM,
    )


def _lost(trial):
    fields = {"state": "diverged", "error": "the cost was nan at step 120", "training": None, "validation": None}
    return Trial(**{name: getattr(trial, name) for name in trial.__dataclass_fields__} | fields)


def _images(n):
    images = load_digits().images[:n]
    return np.kron(images / 16 * 255, np.ones((3, 3))).astype(np.uint8).tolist()


ALPHAS = {"alpha 1": (30, 2e-4), "alpha 1, L2 0.01": (30, 0.0), "alpha 0.1": (250, 0.0), "alpha 10": (8, 8e-4)}


def flowers(repeats=6, looks=100, every=5, labels=tuple(ALPHAS)):
    """A study of Iris: four settings; validation costs turn up again in two of them, where early stopping would have ended."""
    draw, trials = np.random.default_rng(5), []
    for label in labels:
        slow, up = ALPHAS[label]
        for repeat in range(repeats):
            trials.append(_flower_trial(draw, label, slow, up, repeat, np.arange(1, looks + 1) * every, every))
    return StudyRecord(
        name="iris",
        kind="iris",
        command="caudal study iris --seeds 6",
        settings={"repeats": repeats, "steps": looks * every, "patience": 50, "workers": 2, "threads": 1, "machine": "two cores"},
        data=Data("Iris", "Fisher (1936); the copy in scikit-learn", "5d" * 32, 3, 90, 30, 30),
        trials=trials,
        planned=len(trials),
        weights={"iris": 37},
        seconds=95.0,
    )


def _flower_trial(draw, label, slow, up, repeat, steps, every):
    noise = draw.normal(0, 0.02, 3)
    cost = 0.08 + np.exp(-steps / slow) + noise[0] + up * np.maximum(0, steps - 4 * slow)
    accuracy = np.clip(np.round(30 * (0.97 - 0.6 * np.exp(-steps / slow) + noise[1])) / 30, 0, 1)
    curve = Curve(steps.tolist(), cost.tolist(), accuracy.tolist())
    best = int(np.argmin(cost))
    end = min(len(steps) - 1, best + 50 // every)
    test = accuracy.tolist()
    return Trial(
        key=draw.bytes(16).hex(),
        stage="settings",
        network="iris",
        label=label,
        point={"optimizer": "sgd", "rate": 1.0, "batch": None, "steps": int(steps[-1])},
        size=90,
        repeat=repeat,
        seed=int(draw.integers(1, 2**31)),
        training=Curve(curve.steps, (cost - 0.03 - up * steps / 2).clip(0.01).tolist(), curve.accuracy),
        validation=curve,
        testing=curve,
        stop=Stop(50, int(steps[end]), int(steps[best]), best, test[best], applied=False),
        test=test[-1],
        confusion=[[10, 0, 0], [0, 9, 1], [0, 1, 9]],
        first_layer=draw.normal(size=(4, 4)).tolist(),
        seconds_per_step=5e-5,
        started=1.7e9,
        ended=1.7e9 + 2,
        worker="here-0",
        versions=VERSIONS,
        data=f"{repeat:02x}" * 32,
    )
