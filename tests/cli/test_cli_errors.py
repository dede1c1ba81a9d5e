"""Whatever is wrong: one line, the right exit code, no traceback, and nothing left behind."""

import errno
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import torch
from helpers import chunk
from PIL import Image

from sfumato import features, models


@pytest.fixture
def refused(apply, here):
    """Run `sfumato apply`; return its one line, having made sure that no file came, went or changed."""

    def run(code, *arguments, **options):
        before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
        done = apply(*arguments, **options)
        assert done.code == code, done
        assert done.out == ""
        (line,) = done.err.splitlines()
        assert line.startswith("sfumato: ")
        assert "Traceback" not in line
        assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before
        return line

    return run


def enormous():
    """A PNG of a hundred bytes that says it has 40000 x 40000 pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


# ---- the photo


def test_no_such_photo(refused):
    assert refused(2, photo="nope.png") == "sfumato: nope.png: no such file"


def test_a_folder_for_a_photo(refused, here):
    (here / "folder").mkdir()
    assert "folder" in refused(2, photo="folder")


@pytest.mark.parametrize("content", [b"", b"hello, world\n" * 9, b"\xff\xd8\xff", bytes(range(256)) * 4])
def test_no_picture_for_a_photo(refused, content):
    Path("photo.jpg").write_bytes(content)
    assert "photo.jpg" in refused(2, photo="photo.jpg")


@pytest.mark.parametrize("name", ["cut.jpg", "cut.png", "cut.tif", "cut.webp"])
def test_a_photo_cut_short(refused, here, name):
    Image.open("photo.png").save(name)
    data = (here / name).read_bytes()
    (here / name).write_bytes(data[: len(data) // 2])
    assert name in refused(2, photo=name)


def test_a_photo_of_one_pixel(refused):
    Image.new("RGB", (1, 1)).save("one.png")
    assert "1 x 1" in refused(2, photo="one.png")


def test_a_photo_that_says_it_is_enormous(refused):
    Path("huge.png").write_bytes(enormous())
    line = refused(2, photo="huge.png")
    assert "1600 megapixels" in line
    assert "allow more megapixels" in line


def test_the_largest_photo_can_be_chosen(refused, apply, here):
    Image.new("RGB", (1100, 1000)).save("big.png")
    assert "1.1 megapixels" in refused(2, "--max-megapixels", 1, photo="big.png")


# ---- the styles


def test_no_such_style(refused):
    assert "nope.png: no such file" in refused(2, style="nope.png")
    assert "nope.png: no such file" in refused(2, "-s", "nope.png:0.3")


def test_a_flat_style(refused):
    Image.new("RGB", (64, 48), (20, 90, 200)).save("flat.png")
    assert "flat.png is one flat color" in refused(2, style="flat.png")


def test_a_style_that_says_it_is_enormous(refused):
    Path("huge.png").write_bytes(enormous())
    assert "1600 megapixels" in refused(2, style="huge.png")


@pytest.mark.parametrize("weight", ["-1", "0", "nan", "inf"])
def test_weights_of_styles(refused, weight):
    line = refused(2, style=f"style.png:{weight}")
    assert "weight" in line
    assert str(float(weight)) in line


# ---- the region


def test_an_empty_mask(refused):
    Image.new("L", (80, 64), 0).save("black.png")
    assert "black.png" in refused(2, region="black.png")


def test_a_mask_of_ones(refused):
    Image.new("L", (80, 64), 1).save("ones.png")
    line = refused(2, region="ones.png")
    assert "'ones.png' is nearly black: its brightest value is 1 of 255" in line


def test_a_mask_of_another_shape(refused):
    Image.new("L", (80, 80), 255).save("square.png")
    line = refused(2, region="square.png")
    for word in ("square.png", "80 x 80", "80 x 64"):
        assert word in line


def test_a_mask_that_is_not_there(refused):
    assert "nope.png" in refused(2, region="nope.png")


def test_a_mask_that_is_no_picture(refused):
    Path("mask.png").write_text("white")
    assert "mask.png" in refused(2, region="mask.png")


@pytest.mark.parametrize(
    ("region", "word"),
    [
        ("subjct", "did you mean 'subject'?"),
        ("rect(0, 0, 10", "column"),
        ("rect(0, 0, 10)", "rect() takes 4"),
        ("rect(0, 0, 10, ten)", "rect()"),
        ("all &", "column"),
        ("", "region"),
        ("~all", "selects nothing"),
        ("rect(90%, 0, 200%, 1) & rect(0, 0, 5, 5)", "selects nothing"),
        ("__import__('os')", "__import__"),
        ("__import__('os').system('touch hacked')", ".system"),
        ("all\n& nothing", "nothing"),
        ("(" * 500, "column"),
        ("é", "é"),
    ],
)
def test_regions_that_cannot_be_used(refused, here, region, word):
    assert word in refused(2, region=region)
    assert not (here / "hacked").exists()


def test_a_region_too_small(refused):
    assert "too small" in refused(2, "--style-layers", "relu5_1", region="rect(3, 3, 4, 4)")


# ---- the numbers


@pytest.mark.parametrize(
    ("option", "value", "place"),
    [
        ("--content-weight", "nan", "content_weight"),
        ("--content-weight", "-1", "content_weight"),
        ("--style-weight", "inf", "style_weight"),
        ("--variation-weight", "lots", "variation_weight"),
        ("--size", "1.5", "size"),
        ("--size", "", "size"),
        ("--iterations", "many", "iterations"),
        ("--iterations", "0", "iterations"),
        ("--feather", "-2", "feather"),
        ("--preset", "best", "preset"),
        ("--color", "hue", "color"),
        ("--style-layers", "relu9_9", "relu9_9"),
        ("--content-layer", "conv4_2", "relu4_2"),
        ("--seed", "x", "seed"),
    ],
)
def test_options_that_make_no_sense(refused, option, value, place):
    line = refused(2, option, value)
    assert place in line
    assert value in line


def test_a_device_that_is_not_there(refused):
    line = refused(5, "--device", "cuda:97")
    assert "cuda:97" in line
    assert "choose cpu or auto" in line
    assert "no device is called 'gpu'" in refused(5, "--device", "gpu")
    assert "no precision is called 'float16'" in refused(5, "--precision", "float16")


# ---- the output


@pytest.mark.parametrize(
    ("output", "word"),
    [
        ("photo.png", "input"),
        ("./photo.png", "input"),
        ("style.png", "input"),
        ("there.png", "allow it to be replaced"),
        ("out.gif", "'.gif'"),
        ("out", "''"),
        ("nowhere/out.png", "nowhere"),
        ("there.png/out.png", "there.png"),
        (".", "folder"),
        ("x" * 300 + ".png", "long"),
    ],
)
def test_outputs_that_cannot_be(refused, output, word):
    Path("there.png").write_bytes(b"mine")
    assert word in refused(3, output=output)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(refused, here):
    (here / "closed").mkdir()
    (here / "closed").chmod(0o500)
    assert "closed" in refused(3, output="closed/out.png")


def test_a_link_to_the_photo_is_the_photo(refused, here):
    (here / "link.png").symlink_to(here / "photo.png")
    assert "input" in refused(3, output="link.png")


def test_links_that_lead_nowhere(refused, here):
    for name, target in (("loop.png", "loop.png"), ("gone.png", "none.png")):
        (here / name).symlink_to(target)
        assert f"{name}: exists already" in refused(3, output=name)
        assert name in refused(2, photo=name)
        assert f"{name}: exists already" in refused(3, "--plot", name)


def test_a_full_disk(refused, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    line = refused(3)
    assert "out.png" in line
    assert "the disk is full" in line


def test_a_recipe_file_is_not_replaced(refused, here):
    (here / "mine.toml").write_text("mine")
    assert "mine.toml" in refused(3, "--save-recipe", "mine.toml")
    assert "nowhere" in refused(3, "--save-recipe", "nowhere/mine.toml")


def test_a_recipe_is_saved_only_if_the_rest_is_right(refused):
    refused(2, "--save-recipe", "new.toml", photo="nope.png")


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are not text")
def test_names_that_are_not_text(apply, here):
    name = "p\udcff.png"
    (here / "photo.png").rename(here / name)
    done = apply(photo=name)
    assert (done.code, done.err) == (0, "")
    done = apply("--save-recipe", "saved.toml", "-f", photo=name)
    assert done.code in (0, 2, 3)
    assert len(done.err.splitlines()) <= 1


# ---- checkpoints


def test_nothing_to_resume(refused):
    line = refused(6, "--resume")
    assert "out.png.checkpoint" in line


def test_a_damaged_checkpoint(refused, here):
    (here / "out.png.checkpoint").write_bytes(b"junk")
    assert "out.png.checkpoint is damaged" in refused(6, "--resume")


# ---- the network files


@pytest.fixture
def offline(here, tmp_path_factory, monkeypatch, vgg):
    """An empty store, and nowhere to fill it from."""
    store = tmp_path_factory.mktemp("store")
    monkeypatch.setenv("SFUMATO_HOME", str(store))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path_factory.mktemp("nothing")))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    features.load.cache_clear()
    return store / "models"


def test_an_empty_store_without_a_network(refused, offline):
    line = refused(4)
    for word in ("vgg19", "not in the store", str(offline)):
        assert word in line
    assert line.endswith(", or fetch it while online (sfumato models fetch vgg19)")
    assert not (offline / models.MODELS["vgg19"].file_name).exists()


def test_a_damaged_model_file_without_a_network(refused, offline):
    offline.mkdir()
    (offline / models.MODELS["vgg19"].file_name).write_bytes(b"half a network")
    line = refused(4)
    assert "damaged" in line
    assert str(offline) in line


def test_a_region_that_needs_a_network_of_its_own(refused, offline, vgg):
    offline.mkdir()
    (offline / vgg.name).symlink_to(vgg)
    assert "u2netp" in refused(4, region="subject")


# ---- the command line itself


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["paint"], "paint"),
        (["apply"], "photo"),
        (["apply", "photo.png"], "--style"),
        (["apply", "photo.png", "--style"], "--style"),
        (["apply", "photo.png", "-s", "a.png", "--bogus"], "--bogus"),
        (["apply", "photo.png", "-s", "a.png", "--preview-every", "-3"], "--preview-every"),
        (["apply", "photo.png", "-s", "a.png", "--max-megapixels", "0"], "--max-megapixels"),
        (["run"], "recipe"),
        (["replay", "a.png"], "photo"),
    ],
)
def test_misuse_names_what_is_missing_or_unknown(sfumato, arguments, words):
    done = sfumato(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert words in done.err.splitlines()[-1]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB."),
    ],
)
def test_not_enough_memory(apply, monkeypatch, error):
    from sfumato.jobs import carry_out

    def none_left(*_, **__):
        raise error

    monkeypatch.setattr(carry_out, "steps", none_left)
    assert apply() == (1, "", "sfumato: not enough memory; choose a smaller --size\n")


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("train", "-s", "style.png", "--photos", "."), "--size or --batch or --width"),
        (("regions", "photo.png"), "picture"),
    ],
)
def test_not_enough_memory_says_what_the_command_has(sfumato, here, monkeypatch, arguments, advice):
    from sfumato import images

    def none_left(*_, **__):
        raise MemoryError

    monkeypatch.setattr(images, "load", none_left)
    assert sfumato(*arguments) == (1, "", f"sfumato: not enough memory; choose a smaller {advice}\n")


def test_an_error_of_our_own_making_is_not_hidden(apply, monkeypatch):
    from sfumato.jobs import carry_out

    def mistaken(*_, **__):
        raise RuntimeError("mistake")

    monkeypatch.setattr(carry_out, "steps", mistaken)
    with pytest.raises(RuntimeError, match="mistake"):
        apply()


def test_errors_of_the_installed_command(here):
    """The same from outside: no traceback, and no seconds spent on loading what is not needed."""
    line = [sys.executable, "-c", "from sfumato.cli import main; main()", "apply", "nope.png", "-s", "style.png"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "sfumato: nope.png: no such file\n")


def test_help_loads_nothing_heavy():
    code = "import sys; from sfumato.cli import main\ntry: main()\nexcept SystemExit: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, "apply", "-h"], capture_output=True, text=True, timeout=60)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "sfumato.cli.apply" in loaded
    assert not loaded & {"torch", "onnxruntime", "matplotlib", "skimage", "scipy", "cv2"}
