"""Runs a case in a fresh folder and says what is wrong with what came of it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from experiments.fuzz.case import Case, Maker, any_of, furnish

__all__ = ["Done", "child", "faults", "perform"]

_ROOT = Path(__file__).resolve().parents[2]

# Words of Python and its libraries that say nothing to somebody at a shell.
_INTERNAL = re.compile(
    r"Traceback|NoneType|object has no|has no attribute|object is not|out of range for|index out|not subscriptable|"
    r"invalid literal|unexpected keyword|positional argument|ndarray|<class|<built-in|\b\w+Error\b|dtype|broadcast|"
    r"cannot reshape|\bOpenCV\b|!_src|codec can't|must be real number|unhashable|Storage size"
)
_OFFLINE = {"PIP_NO_INDEX": "1", "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": os.devnull}
_OFFLINE |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "HF_HUB_OFFLINE": "1"}


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int | str
    out: str
    err: str


class _TimeUp(BaseException):
    """Raised in a command that takes too long."""


def perform(make: Maker, seed: tuple[int, ...], models: Path, *, seconds: float, apart: bool, keep: Path | None = None):
    """Make a case, run it, and return it with what it did and what is wrong.

    Parameters
    ----------
    make : callable
        Writes files and returns the case.
    seed : tuple of int
        Of all that is drawn.
    models : Path
        Folder of sound network files; links to them stand in for the store.
    seconds : float
        Longest time.
    apart : bool
        Whether to run the command in a process of its own.
    keep : Path, optional
        Where the folder goes if something is wrong.

    Returns
    -------
    Case, Done, list of str
    """
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        root = Path(name).resolve()
        here, store, scratch = root / "here", root / "home", root / "scratch"
        for folder in (here, store / "models", scratch):
            folder.mkdir(parents=True)
        for file in models.iterdir():
            if file.suffix != ".lock":
                (store / "models" / file.name).symlink_to(file)
        with _inside(here), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            furnish()
            rng = np.random.default_rng(seed)
            case = _reported(make(rng), rng)
        environment = {**_OFFLINE, "SFUMATO_HOME": str(root / case.store) if case.store else str(store)}
        environment |= {"TMPDIR": str(scratch), "COLUMNS": "100", "OMP_NUM_THREADS": "1"}
        environment |= {"HOME": str(root / "person"), "MPLCONFIGDIR": tempfile.gettempdir()}
        before = _listing(here), _listing(store)
        with _own_store(case):
            done = (_run_apart if apart else _run_here)(case.arguments, here, environment, seconds)
        found = [*faults(case, done), *_changes(case, done, here, before[0])]
        found += _strangers(store, before[1], scratch)
        if found and keep is not None:
            _keep(root, keep, case, done, found)
        return case, done, found


def faults(case: Case, done: Done) -> list[str]:
    """Say what is wrong with an exit code and what was printed."""
    if isinstance(done.code, str):
        return [done.code]
    found = []
    lines = done.err.removesuffix("\n").split("\n") if done.err else []
    while lines and lines[0].startswith("note: "):
        lines.pop(0)
    if done.code == 0:
        if "--quiet" in case.arguments and (done.out or done.err):
            found.append(f"--quiet, and it said {(done.out or done.err)[:80]!r}")
        if "--json" in case.arguments and not _is_json(done.out):
            found.append(f"no JSON: {done.out[:80]!r}")
        if lines:
            found.append(f"success, and other lines than notes: {lines[0]!r}")
        if case.usable is False:
            found.append("accepted, though it cannot be used")
        return found
    if case.usable:
        found.append("refused, though it can be used")
    if done.out:
        found.append(f"refused, and said on standard output: {done.out[:80]!r}")
    if done.code == 2 and lines and lines[0].startswith("Usage: "):
        if len(lines) != 4 or not lines[-1].startswith("Error: "):
            found.append("a usage error of more lines than one")
    elif done.code == 2 and len(lines) == 1 and lines[0].startswith("Error: "):
        pass  # what the parser says of an option without its value
    elif done.code not in case.codes:
        found.append(f"exit code {done.code}, expected {' or '.join(map(str, case.codes))}")
    elif len(lines) != 1 or not lines[0].startswith("sfumato: "):
        found.append(f"{len(lines)} lines in place of one: {' / '.join(lines[:3])[:200]!r}")
    last = lines[-1] if lines else ""
    # What Pillow says of a damaged file is given in parentheses.
    if word := _INTERNAL.search(re.sub(r"\([^()]*\)", "", last)):
        found.append(f"{word[0]!r} is no word for users")
    if not last.encode(errors="replace").decode().isprintable():
        found.append("the line holds characters that cannot be printed")
    if len(last) > 1000:
        found.append(f"a line of {len(last)} characters")
    return found


def _reported(case: Case, rng: np.random.Generator) -> Case:
    """Return a case, now and then with its report in another form."""
    command, *rest = case.arguments
    form = any_of(rng, "", "", "", "", "--json", "--quiet")
    if not form or command in ("export", "models") or (command, form) == ("regions", "--quiet"):
        return case
    return replace(case, arguments=(command, form, *rest))


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _changes(case: Case, done: Done, here: Path, before: Mapping[str, str]) -> list[str]:
    """Say what changed in the folder that should not."""
    after = _listing(here)
    allowed = set(case.outputs) if done.code == 0 else set()
    found = [f"{name!r} is gone" for name in before if name not in after]
    found += [
        f"{name!r} changed" for name in before if name not in allowed and after.get(name, before[name]) != before[name]
    ]
    found += [f"{name!r} is left" for name in after if name not in before and name not in allowed]
    found += [f"{name!r} is missing" for name in sorted(allowed) if name not in after and not name.startswith("/")]
    return found + [f"{name!r} is not whole" for name in sorted(allowed & set(after)) if not _is_whole(here / name)]


def _strangers(store: Path, before: Mapping[str, str], scratch: Path) -> list[str]:
    """Say what is left in the store, or among the temporary files."""
    after = _listing(store)
    kept = {name for name in after if re.fullmatch(r"masks(/[0-9a-f]{64}\.npz)?|models/fetch\.lock", name)}
    found = [f"the store's {name!r} came, went or changed" for name in set(before) ^ (set(after) - kept)]
    found += [f"the store's {name!r} changed" for name in before if after.get(name, before[name]) != before[name]]
    # PyTorch and ONNX Runtime keep something of their own there.
    left = (path.name for path in scratch.iterdir() if not path.name.startswith(("torchinductor_", ".ses")))
    return found + [f"a temporary {name!r} is left" for name in left]


def _is_whole(path: Path) -> bool:
    """Tell whether a file that was written can be read."""
    from sfumato import images, recipe
    from sfumato.feedforward import sfm

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            match path.suffix.lower():
                case ".sfm":
                    sfm.read(path)
                case ".onnx" | ".svg" | ".pdf":
                    return path.stat().st_size > 100
                case ".png" | ".jpg" | ".jpeg" | ".tif" | ".tiff" | ".webp":
                    images.load(path, min_side=1)
                case _:
                    recipe.read(path)
    except Exception:
        return False
    return True


def _listing(folder: Path) -> dict[str, str]:
    """Return what lies in a folder and its subfolders: name and, for a file, the hash of what is in it."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place) / name
            if path.is_symlink():
                what = f"link to {path.readlink()}"
            elif path.is_file():
                what = hashlib.sha256(path.read_bytes()).hexdigest()
            else:
                what = "other"
            found[str(path.relative_to(folder))] = what
    return found


def _keep(root: Path, keep: Path, case: Case, done: Done, found: list[str]) -> None:
    import shutil

    target = keep / root.name
    shutil.copytree(root / "here", target / "here", symlinks=True, ignore=lambda place, names: _no_files(place, names))
    told = [*found, f"about: {case.about}", f"arguments: {case.arguments!r}", f"exit code: {done.code}"]
    (target / "case.txt").write_text("\n".join([*told, "", done.out, done.err]), errors="backslashreplace")


def _no_files(place: str, names: list[str]) -> list[str]:
    """Return what cannot be copied: pipes, which would be waited for."""
    paths = {name: Path(place) / name for name in names}
    return [name for name, path in paths.items() if path.exists() and not (path.is_file() or path.is_dir())]


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _run_apart(arguments: tuple[str, ...], here: Path, environment: Mapping[str, str], seconds: float) -> Done:
    """Run a command in a process of its own."""
    line = [sys.executable, "-c", "from experiments.fuzz.bench import child; child()", *arguments]
    path = os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, **environment, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8:strict"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with subprocess.Popen(
            line, cwd=here, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        ) as process:
            try:
                code: int | str = process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                code = f"not done after {seconds:g} s"
        told = []
        for file in (out, err):
            file.seek(0)
            told.append(file.read().decode(errors="backslashreplace"))
    if isinstance(code, int) and code < 0:
        code = f"ended by signal {-code}"
    if code == 1 and "Traceback" in told[1]:
        code = f"a traceback: {told[1].rstrip().splitlines()[-1][:200]}"
    return Done(code, *told)


def child() -> None:
    """Run the command line without a network, in a process that was started for it."""
    from sfumato.cli import main

    socket.socket.connect = _unreachable  # type: ignore[method-assign]
    sys.argv[0] = "sfumato"
    main()


def _unreachable(*_: Any) -> None:
    raise OSError(101, "Network is unreachable")


def _run_here(arguments: tuple[str, ...], here: Path, environment: Mapping[str, str], seconds: float) -> Done:
    """Run a command in this process, with what it prints caught below Python, where C libraries print."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = _guarded(arguments, here, environment, seconds, (out, err))
        told = []
        for file in (out, err):
            file.seek(0)
            told.append(file.read().decode(errors="backslashreplace"))
    return Done(code, *told)


def _guarded(arguments, here, environment, seconds, files) -> int | str:
    from sfumato.cli import main

    def too_late(number: int, frame: Any) -> None:
        raise _TimeUp

    saved = dict(os.environ), sys.argv, sys.stdout, sys.stderr, tempfile.tempdir, socket.socket.connect
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    copies = os.dup(1), os.dup(2)
    handler = signal.signal(signal.SIGALRM, too_late)
    try:
        for descriptor, file in enumerate(files, 1):
            os.dup2(file.fileno(), descriptor)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="strict", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)
        os.environ.update(environment)
        sys.argv = ["sfumato", *arguments]
        tempfile.tempdir = environment["TMPDIR"]
        socket.socket.connect = _unreachable  # type: ignore[method-assign]
        with _inside(here), warnings.catch_warnings():
            warnings.simplefilter("default")
            signal.setitimer(signal.ITIMER_REAL, seconds)
            return _ended(main, seconds)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(ValueError, OSError):
                stream.flush()
        for descriptor, copy in enumerate(copies, 1):
            os.dup2(copy, descriptor)
            os.close(copy)
        environment_before, sys.argv, sys.stdout, sys.stderr, tempfile.tempdir, connect = saved
        socket.socket.connect = connect  # type: ignore[method-assign]
        os.environ.clear()
        os.environ.update(environment_before)


def _ended(main: Any, seconds: float) -> int | str:
    try:
        main()
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else 0 if ending.code is None else str(ending.code)
    except _TimeUp as error:
        return f"not done after {seconds:g} s, {_place(error)}"
    except BaseException as error:
        traceback.print_exc()
        return f"a traceback: {type(error).__name__}: {str(error)[:160]}, {_place(error)}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return 0


def _place(error: BaseException) -> str:
    """Return where in the package an error comes from."""
    import sfumato

    package = Path(sfumato.__file__).parent
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if package in Path(frame.filename).parents]
    if not ours:
        return "outside of the package"
    return f"at sfumato/{Path(ours[-1].filename).relative_to(package).as_posix()}:{ours[-1].lineno}"


@contextlib.contextmanager
def _own_store(case: Case) -> Iterator[None]:
    """Forget the networks of this process before and after a case with a store of its own."""
    if case.store:
        _forget()
    try:
        yield
    finally:
        if case.store:
            _forget()


def _forget() -> None:
    for name, module in list(sys.modules.items()):
        for value in list(vars(module).values()) if name.startswith("sfumato.") else ():
            if hasattr(value, "cache_clear") and getattr(value, "__module__", "") == name:
                value.cache_clear()
