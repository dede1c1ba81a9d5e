"""Batches in one process: what is painted, what is skipped, what fails."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from helpers import FAST, read, texture
from PIL import Image

import sfumato
from sfumato import batch, images
from sfumato.batching import Record, Settings, Totals, carried_out, tasks
from sfumato.errors import ImageError, InputError, RecipeError
from sfumato.recipe import Recipe


def statuses(*arguments, **more):
    return [done.status for done in batch(*arguments, **{"output": "out/{stem}.png", **more})]


def painted(here, **more):
    assert statuses("plain.toml", "photos", **more) == ["painted", "painted"]
    return {path.name: path.stat().st_mtime_ns for path in (here / "out").iterdir()}


def test_records(here):
    first, second = batch("plain.toml", "photos", output="out")
    assert (first.photo, first.recipe, first.status, first.error) == (str(Path("photos/a.png")), "plain", "painted", "")
    assert second.output == "out/b-plain.jpg"
    assert second.seconds > 0
    assert "JPEG cannot keep" in second.warnings[0]
    assert read("out/a-plain.png").shape == (24, 32, 3)


def test_the_bytes_are_those_of_a_single_run(here, sfumato):
    assert statuses("plain.toml", "photos", recursive=True, output="out/{dir}/{stem}{ext}") == ["painted"] * 3
    for name in ("a.png", "b.jpg", "day/c.png"):
        made = here / "out" / name
        single = made.with_stem("single")
        assert sfumato("run", "plain.toml", f"photos/{name}", "-o", single).code == 0
        assert made.read_bytes() == single.read_bytes()


def test_a_run_that_optimizes_too(here, vgg, sfumato):
    recipe = Recipe.from_options(style="style.png", region="rect(25%, 0, 100%, 100%)", **FAST)
    (here / "painted.toml").write_text(recipe.to_toml())
    assert statuses("painted.toml", "photos/a.png") == ["painted"]
    assert sfumato("run", "painted.toml", "photos/a.png", "-o", "out/single.png").code == 0
    assert (here / "out" / "a.png").read_bytes() == (here / "out" / "single.png").read_bytes()


def test_a_single_run_counts_as_done(here, sfumato):
    (here / "out").mkdir()
    assert sfumato("run", "plain.toml", "photos/a.png", "-o", "out/a.png").code == 0
    assert statuses("plain.toml", "photos") == ["skipped", "painted"]


def test_metadata_are_kept(here):
    exif = Image.Exif()
    exif[271] = "Maker"
    Image.fromarray(texture(24, 32)).save("photos/a.png", exif=exif, dpi=(300, 300))
    painted(here)
    with Image.open("out/a.png") as image:
        assert image.getexif()[271] == "Maker"
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


# ---- what is there already


def test_a_second_run_paints_nothing(here):
    before = painted(here)
    assert statuses("plain.toml", "photos") == ["skipped", "skipped"]
    assert {path.name: path.stat().st_mtime_ns for path in (here / "out").iterdir()} == before


@pytest.mark.parametrize("folder", [".", "elsewhere"])
def test_a_second_run_from_another_folder(here, folder, monkeypatch):
    painted(here)
    (here / folder).mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    assert statuses(here / "plain.toml", here / "photos", output=f"{here}/out/{{stem}}.png") == ["skipped", "skipped"]


def test_a_changed_recipe_photo_or_style_paints_again(here):
    painted(here)
    recipe = here / "plain.toml"
    recipe.write_text(recipe.read_text().replace("reinhard", "linear"))
    assert statuses("plain.toml", "photos") == ["painted", "painted"]
    Image.fromarray(texture(24, 32, seed=5)).save("photos/a.png")
    assert statuses("plain.toml", "photos") == ["painted", "skipped"]
    Image.fromarray(texture(24, 32, seed=6)).save("style.png")
    assert statuses("plain.toml", "photos") == ["painted", "painted"]
    assert statuses("plain.toml", "photos") == ["skipped", "skipped"]


def test_a_photo_of_the_same_pixels_in_another_file_paints_again(here):
    painted(here)
    with Image.open("photos/a.png") as image:
        image.save("photos/a.png", compress_level=1)
    assert statuses("plain.toml", "photos") == ["painted", "skipped"]


@pytest.mark.parametrize("ending", [".png", ".jpg", ".tif"])
def test_an_output_that_was_cut_short_is_painted_again(here, ending):
    options = {"output": f"out/{{stem}}{ending}"}
    assert statuses("plain.toml", "photos/a.png", **options) == ["painted"]
    assert statuses("plain.toml", "photos/a.png", **options) == ["skipped"]
    place = here / "out" / f"a{ending}"
    whole = place.read_bytes()
    place.write_bytes(whole[:-3])
    assert statuses("plain.toml", "photos/a.png", **options) == ["painted"]
    assert place.read_bytes() == whole


def test_an_output_that_can_no_longer_be_read_is_left_alone(here):
    assert statuses("plain.toml", "photos/a.png", output="out/{stem}.webp") == ["painted"]
    place = here / "out" / "a.webp"
    place.write_bytes(place.read_bytes()[:-3])
    assert statuses("plain.toml", "photos/a.png", output="out/{stem}.webp") == ["failed"]
    assert statuses("plain.toml", "photos/a.png", output="out/{stem}.webp", exists="replace") == ["painted"]


@pytest.mark.parametrize("content", ["picture", "text", "nothing"])
def test_what_sfumato_did_not_make_is_left_alone(here, content):
    (here / "out").mkdir()
    place = here / "out" / "a.png"
    if content == "picture":
        Image.fromarray(texture(24, 32)).save(place)
    else:
        place.write_text("my notes" if content == "text" else "")
    before = place.read_bytes()
    first, second = batch("plain.toml", "photos", output="out/{stem}.png")
    assert first.error == "out/a.png: exists already and was not made by sfumato; move it away"
    assert place.read_bytes() == before
    assert second.status == "painted"
    assert statuses("plain.toml", "photos", exists="replace") == ["painted", "painted"]


def test_replace(here):
    before = painted(here)
    assert painted(here, exists="replace").keys() == before.keys()
    assert all(now != before[name] for name, now in painted(here, exists="replace").items())


def test_refuse_does_not_replace_what_appeared_meanwhile(here):
    records = batch("plain.toml", "photos", output="out/{stem}.png", exists="refuse")
    (here / "out" / "a.png").touch()
    assert "exists already" in next(records).error
    assert (here / "out" / "a.png").read_bytes() == b""
    assert next(records).status == "painted"


def test_refuse_knows_the_result_of_a_worker_that_died_after_writing_it(here):
    first = batch("plain.toml", "photos/a.png", output="out/{stem}.png", exists="refuse")
    assert statuses("plain.toml", "photos/a.png") == ["painted"]
    assert next(first).status == "skipped"
    second = batch("plain.toml", "photos/b.jpg", output="out/{stem}.png", exists="refuse")
    (here / "out" / "b.png").write_bytes((here / "out" / "a.png").read_bytes())
    assert "exists already; choose another name" in next(second).error


def test_an_output_of_another_version_has_no_stamp(here):
    painted(here)
    picture = images.load("out/a.png")
    images.save(picture, "out/a.png", recipe=Recipe.load("plain.toml").to_toml(), overwrite=True)
    assert statuses("plain.toml", "photos") == ["painted", "skipped"]


def test_a_recipe_with_a_stamp_is_read_like_any_other(here, sfumato):
    painted(here)
    assert images.read_recipe("out/a.png").startswith("# made from ")
    assert sfumato("replay", "out/a.png", "photos/b.jpg", "-o", "again.png").code == 0
    assert read("again.png").shape == (24, 32, 3)


def test_results_of_pictures_in_memory_have_no_stamp(here):
    result = sfumato.photoreal(texture(24, 32), "style.png", transfer="reinhard", semantic="none")
    result.save("out.png")
    assert images.read_recipe("out.png").startswith("version = 1")


# ---- what fails


def test_the_others_go_on(here):
    (here / "photos" / "a.png").write_bytes(b"\x89PNG")
    first, second = batch("plain.toml", "photos", output="out/{stem}.png")
    assert (first.status, second.status) == ("failed", "painted")
    assert first.error.startswith(f"{Path('photos/a.png')}: the picture cannot be decoded")
    assert sorted(path.name for path in (here / "out").iterdir()) == ["b.png"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "not enough memory; choose a smaller size, or fewer workers"),
        (RuntimeError("a fault\nof several lines"), "RuntimeError: a fault"),
    ],
)
def test_whatever_goes_wrong_is_one_line(here, monkeypatch, error, message):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr("sfumato.methods.steps", fails)
    (done,) = batch("plain.toml", "photos/a.png", output="out")
    assert done.error == f"{Path('photos/a.png')}: {message}"


def test_a_missing_style_is_refused_before_the_first_record(here):
    (here / "style.png").unlink()
    with pytest.raises(ImageError, match=r"^style\.png: no such file$"):
        batch("plain.toml", "photos", output="out")


def test_a_style_that_goes_meanwhile_fails_each_picture(here):
    records = batch("plain.toml", "photos", output="out")
    (here / "style.png").unlink()
    assert {done.error for done in records} == {"style.png: no such file"}


def test_the_files_of_a_recipe_may_be_on_the_workers_only(here):
    (here / "style.png").unlink()
    batch("plain.toml", "photos", output="out", scheduler="tcp://127.0.0.1:1").close()


def test_without_a_folder_for_temporary_files(here, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(here / "nowhere"))
    assert statuses("plain.toml", "photos/a.png") == ["painted"]
    pytest.importorskip("fsspec", reason="the extra batch is not installed")
    (done,) = batch("plain.toml", "memory://a.png", output="out")
    assert done.error.startswith("memory://a.png: FileNotFoundError: ")


def test_networks_are_fetched_before_the_first_record(here, monkeypatch):
    asked = []
    monkeypatch.setattr("sfumato.models.path", asked.append)
    (here / "painted.toml").write_text(Recipe.from_options(style="style.png").to_toml())
    batch(["painted.toml", "plain.toml"], "photos", output="out")
    assert asked == ["vgg19"]


def test_a_folder_that_cannot_be_made(here):
    records = batch("plain.toml", "photos", recursive=True, output="out/{dir}/{stem}.png")
    (here / "out" / "day").touch()
    assert [done.error for done in records][-1].startswith("cannot make the folder out")


def test_the_largest_picture(here):
    plan_of = batch.__globals__  # the parts that the function is made of
    plan = plan_of["Plan"](
        plan_of["load_recipes"]([Path("plain.toml")]),
        plan_of["photos_of"](["photos/a.png"]),
        plan_of["Template"]("out"),
    )
    (done,) = carried_out(plan, Settings(max_pixels=500))
    assert "the limit is" in done.error


# ---- what is given


def test_recipes_in_memory_and_several(here):
    recipes = [Recipe.load("plain.toml"), "plain.toml"]
    assert [done.output for done in batch(recipes, ["photos/a.png"], output="out")] == [
        "out/a-recipe-1.png",
        "out/a-plain.png",
    ]
    assert [done.output for done in batch(recipes[0], Path("photos/a.png"), output="out")] == ["out/a-recipe.png"]


def test_checks_come_before_the_first_record(here):
    with pytest.raises(InputError, match="no such file or folder"):
        batch("plain.toml", "nowhere")
    with pytest.raises(RecipeError, match="there is no recipe; give one"):
        batch([], "photos")
    with pytest.raises(RecipeError, match=r"cannot read the recipe none\.toml"):
        batch("none.toml", "photos")
    with pytest.raises(InputError, match="0 workers cannot paint; choose 1 or more"):
        batch("plain.toml", "photos", workers=0)
    with pytest.raises(InputError, match="has its own workers and dashboard"):
        batch("plain.toml", "photos", workers=2, scheduler="tcp://127.0.0.1:1")
    assert not (here / "batch-output").exists() or not list((here / "batch-output").iterdir())


def test_one_worker_needs_no_dask(here, monkeypatch):
    import sys

    for name in ("distributed", "dask", "fsspec"):
        monkeypatch.setitem(sys.modules, name, None)
    painted(here)
    with pytest.raises(InputError, match=r"several workers need the package distributed; install sfumato\[batch\]"):
        next(batch("plain.toml", "photos", workers=2))


def test_one_that_is_left_paints_no_more(here):
    records = batch("plain.toml", "photos", output="out/{stem}.png")
    next(records)
    records.close()
    assert os.listdir("out") == ["a.png"]  # noqa: PTH208


# ---- records and totals


def test_a_record_as_json():
    record = Record("a.jpg", "out/a.png", "dusk", "failed", 1.0, "a.jpg: broken", ("one", "two"))
    assert json.loads(record.to_json())["warnings"] == ["one", "two"]
    assert "error" not in json.loads(Record("a.jpg", "out/a.png", "dusk", "painted").to_json())


def test_totals(monkeypatch):
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    totals = Totals(100)
    for number in range(10):
        now += 2.0
        totals.add(Record(f"{number}.jpg", f"out/{number}.jpg", "dusk", "painted", warnings=(f"{number}.jpg: dark",)))
    assert totals.per_minute == pytest.approx(30)
    assert totals.seconds_left == pytest.approx(180)
    assert totals.notes == {"dark": 10}
    for status in ("skipped", "failed"):
        totals.add(Record("a.jpg", "out/a.jpg", "dusk", status, error="why" * (status == "failed")))
    assert (totals.painted, totals.skipped, totals.failed, totals.done, totals.left) == (10, 1, 1, 12, 88)
    assert totals.errors == ["why"]
    now += 600  # nothing for ten minutes
    assert totals.per_minute < 1


def test_notes_that_all_differ_do_not_fill_the_memory():
    totals = Totals(3000)
    for number in range(2000):
        totals.add(Record("a.jpg", "out/a.jpg", "dusk", "painted", warnings=(f"note {number}", "the same")))
    assert len(totals.notes) == 1000
    assert totals.notes["the same"] == 2000


def test_the_speed_is_not_known_from_one_picture():
    totals = Totals(3)
    totals.add(Record("a.jpg", "out/a.jpg", "dusk", "painted"))
    assert (totals.per_minute, totals.seconds_left) == (0, None)


def test_networks_stay_in_memory(here, monkeypatch):
    """A trained network is loaded once for all photos."""
    from sfumato.feedforward import Painter, sfm
    from sfumato.methods import fast

    plan = sfm.Plan(("a",), width=2)
    rng = np.random.default_rng(0)
    sfm.write(
        "a.sfm", plan, {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in plan.shapes.items()}
    )
    loaded = []
    monkeypatch.setattr(fast, "Painter", lambda *given: loaded.append(given) or Painter(*given))
    (here / "net.toml").write_text(Recipe.from_options(style="a.sfm").to_toml())
    assert statuses("net.toml", "photos", recursive=True) == ["painted"] * 3
    assert len(loaded) == 1
    sfm.write(
        "a.sfm", plan, {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in plan.shapes.items()}
    )
    os.utime("a.sfm", ns=(1, 1))
    assert statuses("net.toml", "photos", recursive=True) == ["painted"] * 3
    assert len(loaded) == 2


def test_tasks_do_not_depend_on_the_current_folder(here):
    order = tasks.Order("plain", "", "")
    task = tasks.Task("photos/a.png", "s3://bucket/a.png", order).absolute()
    assert (task.photo, task.output) == (str(here / "photos" / "a.png"), "s3://bucket/a.png")
