"""`sfumato apply` from files to files: what stays, what is reported, what travels along."""

import dataclasses
import io
import json
import re
import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from helpers import texture
from PIL import Image, ImageCms

from sfumato import images
from sfumato.recipe import Recipe


@pytest.fixture(scope="module")
def profile():
    """A color profile that no reader could take for sRGB: red and blue change places."""
    icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", icc, 128)
    places = {bytes(icc[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, blue = places[b"rXYZ"], places[b"bXYZ"]
    icc[red : red + 4], icc[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(icc)


def png(values, icc):
    """Encode with OpenCV, and put the profile in by hand: nothing of sfumato's own, nor of Pillow's."""
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[values.shape[2]]
    data = cv2.imencode(".png", values[..., order])[1].tobytes()
    body = b"iCCP" + b"p\0\0" + zlib.compress(icc)
    return data[:33] + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]


def write(path, values, icc):
    if path.suffix == ".png":
        path.write_bytes(png(values, icc))
    elif path.suffix == ".tif":
        extra = {"extrasamples": ["unassalpha"]} if values.shape[2] == 4 else {}
        tifffile.imwrite(path, values, photometric="rgb", iccprofile=icc, **extra)
    else:
        Image.fromarray(values).save(path, lossless=True, exact=True, icc_profile=icc)


def read(path):
    """Read the values and the profile with other programs than sfumato."""
    if path.suffix == ".png":
        values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        values = values[..., [2, 1, 0, 3][: values.shape[2]]]
        data = path.read_bytes()
        at = data.index(b"iCCP")
        (length,) = struct.unpack(">I", data[at - 4 : at])
        return values, zlib.decompress(data[at + 4 : at + 4 + length].partition(b"\0")[2][1:])
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            return file.asarray(), file.pages[0].tags[34675].value
    with Image.open(path) as image:
        return np.asarray(image), image.info["icc_profile"]


FORMATS = [
    ("png", 3, 8),
    ("png", 4, 8),
    ("png", 3, 16),
    ("png", 4, 16),
    ("tif", 3, 8),
    ("tif", 4, 8),
    ("tif", 3, 16),
    ("tif", 4, 16),
    ("webp", 3, 8),
    ("webp", 4, 8),
]


@pytest.mark.parametrize(("kind", "channels", "depth"), FORMATS)
@pytest.mark.parametrize(
    "options", [(), ("--method", "naive"), ("--color", "luminance")], ids=["plain", "naive", "luminance"]
)
def test_outside_the_region_every_byte_stays(apply, here, profile, kind, channels, depth, options):
    values = texture(64, 80, 4, channels=channels, depth=depth)
    write(here / f"in.{kind}", values, profile)
    done = apply("--feather", 6, *options, photo=f"in.{kind}", output=f"out.{kind}")
    assert (done.code, done.err) == (0, "")
    made, icc = read(here / f"out.{kind}")
    assert made.dtype == values.dtype
    assert made.shape == values.shape
    assert icc == profile
    outside = np.ones((64, 80), bool)
    outside[16 - 3 : 48 + 3, 20 - 3 : 60 + 3] = False
    np.testing.assert_array_equal(made[outside], values[outside])
    np.testing.assert_array_equal(made[..., 3:], values[..., 3:])
    assert (made[..., :3] != values[..., :3]).any(-1)[16:48, 20:60].mean() > 0.8


@pytest.mark.parametrize("kind", ["png", "tif", "webp"])
def test_everything_but_the_rectangle(apply, here, profile, kind):
    values = texture(64, 80, 4)
    write(here / f"in.{kind}", values, profile)
    done = apply(
        "--edge", "inside", "--feather", 4, photo=f"in.{kind}", output=f"out.{kind}", region="~rect(20, 16, 60, 48)"
    )
    assert (done.code, done.err) == (0, "")
    made, _ = read(here / f"out.{kind}")
    np.testing.assert_array_equal(made[16:48, 20:60], values[16:48, 20:60])
    changed = (made != values).any(-1)
    changed[12:52, 16:64] = True
    assert changed.mean() > 0.9


def test_a_mask_file(apply, here):
    mask = np.zeros((64, 80), np.uint8)
    mask[8:40, 30:70] = 255
    Image.fromarray(mask).save("mask.png")
    assert apply("--feather", 0, region="mask.png")[::2] == (0, "")
    photo, made = (np.asarray(Image.open(name)) for name in ("photo.png", "out.png"))
    np.testing.assert_array_equal(made[mask == 0], photo[mask == 0])
    assert (made != photo).any(-1)[mask == 255].mean() > 0.8


def test_a_mask_of_the_same_shape_but_another_size_is_resized_and_this_is_said(apply, here):
    mask = np.zeros((128, 160), np.uint8)
    mask[16:80, 60:140] = 255
    Image.fromarray(mask).save("mask.png")
    done = apply("--feather", 0, region="mask.png")
    assert done.code == 0
    (line,) = done.err.splitlines()
    assert line.startswith("note: ")
    for word in ("mask.png", "160", "128", "80", "64"):
        assert word in line
    photo, made = (np.asarray(Image.open(name)) for name in ("photo.png", "out.png"))
    outside = mask[::2, ::2] == 0
    np.testing.assert_array_equal(made[outside], photo[outside])


def test_the_layers_that_the_method_is_made_for(sfumato, vgg, here):
    options = ["--size", 64, "--iterations", 2, "--device", "cpu", "--region", "rect(0, 0, 50%, 100%)"]
    done = sfumato("apply", "photo.png", "-s", "style.png", "-o", "out.png", *options)
    assert (done.code, done.err) == (0, "")
    assert images.load("out.png").shape == (64, 80)


def test_a_second_output_without_a_name_gets_a_number(apply, here):
    for expected in ("photo-style.png", "photo-style-2.png", "photo-style-3.png"):
        assert apply("--preview-every", 2, output=None).out.startswith(f"{expected}: ")
        assert (here / expected.replace(".png", ".preview.png")).exists()
    assert apply("--force", output=None).out.startswith("photo-style.png: ")
    assert not (here / "photo-style-4.png").exists()


def test_a_name_is_free_or_has_what_is_wanted(tmp_path):
    from sfumato.jobs.outputs import free_name

    first, second, third = (tmp_path / name for name in ("a.png", "a-2.png", "a-3.png"))
    assert free_name(first) == first
    first.touch()
    assert free_name(first) == second
    assert free_name(first, replace=True) == first
    second.touch()
    assert free_name(first) == third
    assert free_name(first, wanted=lambda path: path == first) == first
    assert free_name(first, wanted=lambda path: path in (first, second)) == second
    # Killed before there was a picture.
    assert free_name(first, wanted=lambda path: path == third) == third
    assert free_name(first, wanted=lambda path: False) == first


def test_the_output_is_named_after_photo_and_style(apply, here):
    assert apply(output=None).code == 0
    assert (here / "photo-style.png").exists()
    assert {path.name for path in here.iterdir()} == {"photo.png", "style.png", "photo-style.png"}


def test_several_styles_with_weights(apply, here):
    Image.fromarray(texture(48, 64, seed=7)).save("b.png")
    done = apply("-s", "b.png:0.25", "--json")
    assert set(json.loads(done.out)["terms"]) == {"style.png", "b.png", "content", "variation"}
    recipe = Recipe.from_toml(images.read_recipe("out.png"))
    assert [style.weight for style in recipe.layers[0].styles] == [1, 0.25]


def test_a_jpeg_says_what_it_cannot_keep(apply, here):
    done = apply(output="out.jpg")
    assert done.code == 0
    (line,) = done.err.splitlines()
    assert "JPEG" in line
    assert images.load("out.jpg").format == "JPEG"


# ---- what is reported


def test_the_report(apply):
    done = apply()
    assert done[::2] == (0, "")
    (line,) = done.out.splitlines()
    assert line.startswith("out.png: 25% of the picture")
    assert "\r" not in done.out + done.err
    assert "\x1b" not in done.out + done.err


def test_the_report_as_json(apply):
    done = apply("--json", "--feather", 0)
    report = json.loads(done.out)
    assert set(report) == {"output", "finished", "seconds", "steps", "loss", "terms", "coverage", "warnings"}
    assert (report["output"], report["finished"], report["steps"], report["warnings"]) == ("out.png", True, 5, [])
    assert report["coverage"] == 0.25
    assert report["seconds"] > 0
    assert sum(report["terms"].values()) == pytest.approx(report["loss"])
    assert len(done.out.splitlines()) == 1


def test_json_holds_the_warnings_too(apply, here):
    Image.new("L", (160, 128), 255).save("mask.png")
    (warning,) = json.loads(apply("--json", region="mask.png").out)["warnings"]
    assert "resized" in warning


def test_a_warning_of_the_run_is_a_note_and_is_in_the_json(apply):
    wild = ["--optimizer", "adam", "--learning-rate", 50, "--tolerance", 0]
    done = apply(*wild)
    assert done.code == 0
    assert done.err.splitlines()
    assert all(line.startswith("note: at ") for line in done.err.splitlines())
    assert all("the loss rose" in line for line in json.loads(apply(*wild, "--json", "-f").out)["warnings"])


def test_the_loss_in_the_json_is_that_of_the_picture(apply):
    """Which is the best one, not the last one tried."""
    tame = json.loads(apply("--iterations", 1, "--json").out)
    wild = json.loads(apply("--learning-rate", 50, "--iterations", 2, "--tolerance", 0, "--json", "-f").out)
    assert wild["warnings"]
    assert wild["loss"] <= tame["loss"]
    assert sum(wild["terms"].values()) == pytest.approx(wild["loss"])


def test_quiet_is_quiet(apply, here):
    assert apply("--quiet") == (0, "", "")
    assert (here / "out.png").exists()


@pytest.mark.parametrize("what", ["mask", "jpeg", "guard"])
def test_quiet_says_nothing_but_errors(apply, here, what):
    Image.new("L", (160, 128), 255).save("mask.png")
    options = {"mask": {"region": "mask.png"}, "jpeg": {"output": "out.jpg"}, "guard": {}}[what]
    wild = ["--optimizer", "adam", "--learning-rate", 50, "--tolerance", 0] if what == "guard" else []
    assert apply("-q", *wild, **options) == (0, "", "")


def test_a_terminal_sees_progress(apply, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    from sfumato.cli import watch

    terminal = Terminal()
    progress = watch.progress

    def on_terminal(**options):
        monkeypatch.setattr("sys.stderr", terminal)
        monkeypatch.setenv("TERM", "xterm")
        return progress(**options)

    monkeypatch.setattr(watch, "progress", on_terminal)
    assert apply().code == 0
    text = terminal.getvalue()
    assert "size 1 of 1 (80×64)" in text
    assert "step 5" in text


def test_a_note_is_said_once(apply, here):
    Image.new("L", (160, 128), 255).save("mask.png")
    done = apply(region="mask.png & grow(mask.png, 1)")
    assert done.code == 0
    assert done.err.count("resized to fit") == 1
    assert json.loads(apply("--json", "-f", region="mask.png & grow(mask.png, 1)").out)["warnings"] == [
        done.err.removeprefix("note: ").rstrip()
    ]


def test_times_are_those_of_the_whole_command(apply, monkeypatch):
    from sfumato.cli import app, progress

    assert json.loads(apply("--json").out)["seconds"] < 60
    began = progress.time.perf_counter() - 3600
    monkeypatch.setattr(app, "start_clock", lambda: monkeypatch.setattr(progress, "_began", began))
    assert json.loads(apply("--json", "--force").out)["seconds"] > 3600
    assert " restyled in 1 h " in apply("--force").out


def test_a_log_sees_a_line_now_and_then(apply, monkeypatch):
    from sfumato.cli import progress

    assert apply(output="a.png").err == ""  # done before it is time for one
    monkeypatch.setattr(progress, "_BETWEEN", 0.0)
    lines = apply(output="b.png").err.splitlines()
    assert len(lines) == 5
    assert re.fullmatch(r" *\d+% size 1 of 1 \(80×64\), step 1, loss \d+\.\d{4}, \d+ s left", lines[0])
    assert lines[-1].startswith("100% ")
    assert apply("--quiet", output="c.png") == (0, "", "")


def test_lines_are_seconds_apart(monkeypatch, capsys):
    from sfumato.cli import progress

    now = [100.0]
    monkeypatch.setattr(progress, "_BETWEEN", 5.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.progress() as show:
        for step in range(1, 101):
            now[0] += 0.5
            show(step / 100, f"step {step}")
    assert capsys.readouterr().err.splitlines() == [f"{n:3d}% step {n}" for n in range(10, 101, 10)]


# ---- previews, plots, recipes


def test_previews(apply, here):
    before = set(here.iterdir())
    assert apply("--preview-every", 2).code == 0
    assert {path.name for path in set(here.iterdir()) - before} == {"out.png", "out.preview.png"}
    photo, preview = (np.asarray(Image.open(name)) for name in ("photo.png", "out.preview.png"))
    assert preview.shape == photo.shape
    np.testing.assert_array_equal(preview[:10], photo[:10])


def test_no_preview_when_there_are_fewer_steps(apply, here):
    assert apply("--preview-every", 6).code == 0
    assert not (here / "out.preview.png").exists()


@pytest.mark.parametrize("name", ["loss.png", "loss.svg", "loss.pdf"])
def test_a_plot(apply, here, name):
    assert apply("--plot", name)[::2] == (0, "")
    data = (here / name).read_bytes()
    assert data[:4] in (b"\x89PNG", b"<?xm", b"%PDF")
    assert {path.name for path in here.iterdir()} == {"photo.png", "style.png", "out.png", name}


@pytest.mark.parametrize("name", ["loss.xyz", "loss", "nowhere/loss.png", "."])
def test_a_plot_that_cannot_be_written(apply, here, name):
    done = apply("--plot", name)
    assert done.code == 3
    (line,) = done.err.splitlines()
    assert line.startswith(f"sfumato: {name}: ")
    assert "tmp" not in line
    assert {path.name for path in here.iterdir()} == {"photo.png", "style.png"}


@pytest.mark.parametrize("name", ["photo.png", "style.png", "out.png", "mine.png"])
def test_a_plot_replaces_nothing(apply, here, name):
    (here / "mine.png").write_bytes(b"mine")
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    done = apply("--plot", name)
    assert {key: (here / key).read_bytes() for key in before} == before
    assert done.code == 3
    assert len(done.err.splitlines()) == 1


def test_a_preview_does_not_replace_the_photo(apply, here):
    (here / "photo.png").rename(here / "out.preview.png")
    before = (here / "out.preview.png").read_bytes()
    apply("--preview-every", 1, photo="out.preview.png")
    assert (here / "out.preview.png").read_bytes() == before


def test_the_recipe_travels_inside_the_picture(apply, here):
    for name in ("out.png", "out.tif", "out.webp"):
        assert apply("--seed", 5, "--color", "luminance", output=name).code == 0
        recipe = Recipe.from_toml(images.read_recipe(name))
        assert (recipe.seed, recipe.size, recipe.layers[0].color) == (5, 64, "luminance")
        assert recipe.layers[0].styles[0].image == "style.png"


def test_the_same_command_twice_gives_the_same_picture(apply, here):
    assert apply(output="a.png").code == 0
    assert apply(output="b.png").code == 0
    first, second = (np.asarray(Image.open(name)) for name in ("a.png", "b.png"))
    np.testing.assert_array_equal(first, second)


def test_force_replaces_even_the_photo(apply, here):
    before = np.asarray(Image.open("photo.png"))
    assert apply("--force", output="photo.png").code == 0
    after = np.asarray(Image.open("photo.png"))
    np.testing.assert_array_equal(after[:10], before[:10])
    assert (after != before).any()


def test_which_segmenter_was_taken_is_said(apply, here, monkeypatch):
    from sfumato.cli import watch
    from sfumato.regions import FUNCTIONS, Function, segmenters

    monkeypatch.setattr(segmenters, "model_of", lambda name: "deeplab")
    monkeypatch.setattr(watch, "fetch_all", lambda *_, **__: None)
    half = Function(
        lambda shape: np.tile(np.arange(shape[1]) < 40, (shape[0], 1)).astype(np.float32), "", needs=("shape",)
    )
    monkeypatch.setitem(FUNCTIONS, "person", half)
    assert apply(region="person").err == ""
    monkeypatch.setitem(FUNCTIONS, "person", dataclasses.replace(half, models=("deeplab",)))
    assert (
        apply("-f", region="person").err == "note: labels are found by deeplab; the option segmenter selects another\n"
    )
    assert apply("-f", "-q", region="person").err == ""
    assert apply("-f", "--segmenter", "deeplab", region="person").err == ""
