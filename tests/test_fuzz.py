"""A hundred bad inputs: one line and an exit code, or success; and nothing left behind."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# A hundred in all, in about the shares of the whole.
COUNTS = {"picture": 32, "mask": 8, "recipe": 12, "replay": 5, "region": 11, "network": 6}
COUNTS |= {"store": 3, "name": 10, "value": 8, "size": 3, "checkpoint": 2}


@pytest.fixture
def fuzz(monkeypatch, vgg, u2netp):
    monkeypatch.syspath_prepend(ROOT)
    from experiments.fuzz import __main__ as module

    return module


@pytest.fixture
def store(fuzz):
    from sfumato import models
    from sfumato.errors import ModelError

    try:
        return {name: models.path(name) for name in fuzz.NEEDED}["vgg19"].parent
    except ModelError as error:
        pytest.skip(f"needs all network files: {error}")


def test_every_kind_is_here(fuzz):
    assert set(COUNTS) == set(fuzz.KINDS)
    assert sum(COUNTS.values()) == 100


@pytest.mark.parametrize("kind", COUNTS)
def test_bad_input(fuzz, store, kind):
    found = {}
    for number in range(COUNTS[kind]):
        seed = (2, number, 1)
        case, done, faults = fuzz.bench.perform(fuzz.KINDS[kind][0], seed, store, seconds=20, apart=False)
        if faults:
            found[f"--seed 2 --kind {kind} --only {number}: {case.about}"] = [*faults, done.err]
    assert found == {}


@pytest.mark.parametrize(
    ("command", "code", "out", "err", "expected"),
    [
        (("apply",), 2, "", "sfumato: no\n", None),
        (("apply",), 2, "", "note: yes\nsfumato: no\n", None),
        (("apply",), 0, "done\n", "note: yes\n", None),
        (("apply",), 2, "", "sfumato: no\nsfumato: no\n", "2 lines in place of one"),
        (("apply",), 2, "", "no\n", "1 lines in place of one"),
        (("apply",), 2, "", "", "0 lines in place of one"),
        (("apply",), 2, "", "sfumato: no\nnote: yes\n", "2 lines in place of one"),
        (("apply",), 2, "done\n", "sfumato: no\n", "on standard output"),
        (("apply",), 7, "", "sfumato: no\n", "exit code 7, expected 2"),
        (("apply",), 2, "", "sfumato: 'NoneType' object\n", "no word for users"),
        (("apply",), 2, "", "sfumato: \x1b[31m\n", "cannot be printed"),
        (("apply",), 2, "", f"sfumato: {'9' * 1001}\n", "a line of 1010 characters"),
        (("apply",), 2, "", "Usage: a\nTry\n\nError: no\n", None),
        (("apply",), 2, "", "Usage: a\nTry\n\nError: no\nno\n", "usage error of more lines"),
        (("apply",), 0, "", "Warning: x\n", "other lines than notes"),
        (("apply",), "a traceback: x", "", "", "a traceback: x"),
        (("apply", "--json"), 0, "{", "", "no JSON"),
        (("apply", "--quiet"), 0, "", "note: x\n", "--quiet, and it said"),
    ],
)
def test_what_counts_as_a_fault(fuzz, command, code, out, err, expected):
    case = fuzz.bench.Case("", command)
    found = fuzz.bench.faults(case, fuzz.bench.Done(code, out, err))
    if expected is None:
        assert found == []
    else:
        assert len(found) == 1
        assert expected in found[0]


def plain(rng):
    """Make a case of a command that is not to be run."""
    from experiments.fuzz.case import Case

    return Case("", ("apply",))


@pytest.mark.parametrize(
    ("code", "does", "expected"),
    [
        (2, lambda here: None, []),
        (2, lambda here: (here / "out.png").write_bytes((here / "photo.png").read_bytes()), ["'out.png' is left"]),
        (2, lambda here: (here / "photo.png").write_bytes(b"x"), ["'photo.png' changed"]),
        (2, lambda here: (here / "style.png").unlink(), ["'style.png' is gone"]),
        (2, lambda here: (here / ".x.part").touch(), ["'.x.part' is left"]),
        (2, lambda here: (here.parent / "scratch" / "x").touch(), ["a temporary 'x' is left"]),
        (2, lambda here: (here.parent / "home" / "models" / ".fetch-x").mkdir(), ["models/.fetch-x"]),
        (0, lambda here: (here / "out.png").write_bytes(b"half"), ["'out.png' is not whole"]),
        (0, lambda here: None, ["'out.png' is missing"]),
        (0, lambda here: (here / "out.png").write_bytes((here / "photo.png").read_bytes()), []),
    ],
)
def test_what_is_left_counts(fuzz, monkeypatch, tmp_path, code, does, expected):
    def pretended(arguments, here, environment, seconds):
        does(here)
        return fuzz.bench.Done(code, "", "sfumato: no\n" if code else "")

    monkeypatch.setattr(fuzz.bench, "_run_here", pretended)
    monkeypatch.setattr(fuzz.bench, "_reported", lambda case, rng: case)
    _, _, found = fuzz.bench.perform(plain, (0,), tmp_path, seconds=1, apart=False)
    assert len(found) == len(expected)
    assert all(each in line for each, line in zip(expected, found, strict=True))


def test_an_unforeseen_error_is_a_fault(fuzz, monkeypatch, tmp_path):
    from sfumato.cli import app

    def mistaken(*_, **__):
        raise KeyError("mistake")

    monkeypatch.setattr(app, "app", mistaken)
    _, done, found = fuzz.bench.perform(plain, (0,), tmp_path, seconds=1, apart=False)
    assert found == [done.code]
    assert done.code.startswith("a traceback: KeyError: 'mistake', at sfumato/cli/app.py:")
