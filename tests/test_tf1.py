"""Small programs, held to what TensorFlow 1.15.5 made of them: nodes, collections, values; and wrong programs, to how it refused."""

import collections

import held
import pytest

CASES = [f"{file}:{case}" for file in held.files() for case in held.cases(file)]
LATER_CASES = [f"{file}:{case}" for file in held.files("tf221") for case in held.later_cases(file)]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore")
def test_case(name, record_property):
    """A case does what its record says, or docs/differences.md says why not."""
    record_property("program", "recorded programs of " + name.split(":")[0])
    _hold(name, held.check_case)


@pytest.mark.parametrize("name", LATER_CASES)
@pytest.mark.filterwarnings("ignore")
def test_case_of_later_tf(name, record_property):
    """A case that a later TensorFlow recorded does what its record says, or docs/differences.md says why not."""
    record_property("program", "programs recorded by TF 2.21, " + name.split(":")[0])
    _hold(name, held.check_later_case)


def _hold(name, check):
    reason = held.differences().get(name)
    try:
        found = check(name)
    except NotImplementedError as error:
        pytest.xfail(str(error))
    except Exception as error:
        if reason is None:
            raise
        found = [repr(error)]
    if reason is not None:
        assert found, f"{name} holds: take it out of docs/differences.md"
        pytest.xfail(reason)
    assert not found, "\n".join(found)


@pytest.mark.filterwarnings("ignore")
def test_wrong_programs(record_property):
    """Of the wrong programs whose names exist, nearly all fail with TF's class at TF's time, most with its words."""
    count = collections.Counter()
    silent = []
    for name, (_, want) in held.wrong_programs().items():
        got, error = held.attempt(name)
        if isinstance(error, NotImplementedError) and "is part of TensorFlow 1.15" in str(error):
            continue
        if want is None:
            count["taken"] += 1
            silent += [name] if got else []
            continue
        count["wrong"] += 1
        same = got is not None and (got["class"], got["when"]) == (want["class"], want["when"])
        count["class"] += same
        count["words"] += same and (want.get("loose") or got["message"] == want["message"])
    shares = {kind: count[kind] / count["wrong"] for kind in ("class", "words")}
    record_property(
        "score",
        f"wrong programs: {count['wrong']} whose names exist, class and time as TF {shares['class']:.1%}, words too {shares['words']:.1%}; "
        f"taken without a word {count['taken'] - len(silent)} of {count['taken']}",
    )
    assert shares["class"] >= 0.90
    assert shares["words"] >= 0.75
    assert not silent, f"TF takes these: {silent}"
