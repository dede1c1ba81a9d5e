"""Help texts, and that every field of a recipe can be given in the shell."""

import re

import pytest
import typer

from sfumato import __version__
from sfumato.cli import watch
from sfumato.cli.app import app
from sfumato.recipe import METHODS, PRESETS, Layer, Recipe, Style

# Given in other ways: --style names the pictures, a colon their weights, and a layer is what the options describe.
ELSEWHERE = {"version", "layers", "styles", "image", "weight", "mask"}

VALUES = {
    "region": ("mask.png", "mask.png"),
    "style_weight": ("2.5", 2.5),
    "content_weight": ("0.5", 0.5),
    "color": ("luminance", "luminance"),
    "feather": ("3.5", 3.5),
    "edge": ("inside", "inside"),
    "scale": ("0.5", 0.5),
    "preset": ("fine", "fine"),
    "method": ("naive", "naive"),
    "size": ("77", 77),
    "iterations": ("5,4", (5, 4)),
    "style_loss": ("gram", "gram"),
    "style_layers": ("relu1_2,relu3_1", ("relu1_2", "relu3_1")),
    "content_layer": ("relu3_2", "relu3_2"),
    "variation_weight": ("0", 0.0),
    "pooling": ("average", "average"),
    "mask_mode": ("receptive", "receptive"),
    "optimizer": ("adam", "adam"),
    "learning_rate": ("0.1", 0.1),
    "tolerance": ("0", 0.0),
    "start": ("noise", "noise"),
    "detail": ("0.25", 0.25),
    "seed": ("9", 9),
    "finish": ("3", 3),
    "strength": ("0.6", 0.6),
    "corners": ("1,2,30,2,30,40,1,40.5", (1, 2, 30, 2, 30, 40, 1, 40.5)),
    "blend": ("smooth", "smooth"),
    "segmenter": ("deeplab+crf", "deeplab+crf"),
    "clicker": ("hf:a/b", "hf:a/b"),
    "text_segmenter": ("folder", "folder"),
    "passes": ("1", 1),
    "matches": ("patches", "patches"),
    "painterly": ("2.5", 2.5),
    "semantic": ("hard", "hard"),
    "realism": ("laplacian", "laplacian"),
    "transfer": ("linear", "linear"),
    "labels": ("a.png", "a.png"),
    "reference_labels": ("b.png", "b.png"),
    "similarity_weight": ("2", 2.0),
    "evenness": ("0.3", 0.3),
    "style_share": ("whole", "whole"),
    "faces": ("soft", "soft"),
    "face_weight": ("0.5", 0.5),
    "last_layers": ("all", "all"),
}

# What has to be given beside.
PHOTO, HARMONIZE = ("--method", "photo"), ("--method", "harmonize")
BESIDE = {
    "labels": (*PHOTO, "--reference-labels", "b.png"),
    "reference_labels": (*PHOTO, "--labels", "a.png"),
    **dict.fromkeys(("semantic", "realism", "transfer", "similarity_weight", "evenness"), PHOTO),
    **dict.fromkeys(("matches", "passes", "painterly"), HARMONIZE),
}


def flag(name):
    return "--" + {"scale": "style-scale"}.get(name, name.replace("_", "-"))


@pytest.fixture
def asked_for(sfumato, monkeypatch):
    """What a command would carry out."""
    seen = []
    monkeypatch.setattr(watch, "carry_out", lambda job, how, save_recipe=None, **_: seen.append((job, how)))

    def run(*arguments):
        assert sfumato(*arguments) == (0, "", "")
        return seen.pop()

    return run


def test_the_values_above_are_of_all_fields():
    fields = {name for model in (*METHODS.values(), Layer, Style) for name in model.model_fields}
    assert set(VALUES) == fields - ELSEWHERE


@pytest.mark.parametrize("name", VALUES)
def test_every_field_is_an_option(asked_for, name):
    given, expected = VALUES[name]
    recipe = asked_for("apply", "photo.png", "--style", "a.jpg", flag(name), given, *BESIDE.get(name, ()))[0].recipe
    (layer,) = recipe.layers
    (style,) = layer.styles
    (holder,) = [part for part in (recipe, layer, style) if name in type(part).model_fields]
    method = BESIDE.get(name, ("", "localized"))[1]
    plain = Recipe.from_options(style="a.jpg", method=method)
    before = next(
        part for part in (plain, plain.layers[0], plain.layers[0].styles[0]) if name in type(part).model_fields
    )
    assert getattr(holder, name) == expected != getattr(before, name)


def test_what_is_not_given_is_the_default(asked_for):
    job, how = asked_for("apply", "photo.png", "-s", "a.jpg")
    assert job.recipe == Recipe.from_options(style="a.jpg")
    assert (str(job.photo), str(job.output)) == ("photo.png", "photo-a.png")
    assert not any([how.force, how.resume, how.quiet, how.as_json, how.preview_every, how.plot])


def test_the_other_options(asked_for):
    line = "apply p.png -s a.jpg -s b.jpg:0.3 -o o.tif -f -q --json --resume --plot l.png --preview-every 3"
    job, how = asked_for(*line.split(), "--max-megapixels", 5)
    assert [(style.image, style.weight) for style in job.recipe.layers[0].styles] == [("a.jpg", 1), ("b.jpg", 0.3)]
    assert str(job.output) == "o.tif"
    assert how.force
    assert how.quiet
    assert how.as_json
    assert how.resume
    assert (str(how.plot), how.preview_every, how.max_megapixels) == ("l.png", 3, 5)


def test_negative_numbers_reach_the_recipe(sfumato):
    done = sfumato("apply", "p.png", "-s", "a.jpg", "--content-weight", "-1")
    assert (done.code, "content_weight" in done.err) == (2, True)


# ---- help


COMMANDS = [
    "",
    "apply",
    "regions",
    "run",
    "replay",
    "demo",
    "options",
    "surface",
    "partial",
    "photo",
    "models",
    "models list",
    "models fetch",
    "models path",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_terminal(sfumato, command):
    done = sfumato(*command.split(), "--help")
    assert (done.code, done.err) == (0, "")
    assert [line for line in done.out.splitlines() if len(line) > 80] == []
    assert sfumato(*command.split(), "-h").out == done.out


def test_help_on_apply_shows_examples_and_where_the_rest_is(sfumato):
    text = sfumato("apply", "--help").out
    assert text.count("\n  sfumato apply photo.jpg") + text.count("\n    sfumato apply photo.jpg") >= 3
    headings = [text.index(f"\n{name}:") for name in ("Style", "Region", "Quality and speed", "Output")]
    assert headings == sorted(headings)
    for name in ("--region", "--style", "--preset", "--color", "--output", "--resume", "--preview-every"):
        assert name in text


def test_the_examples_in_the_help_are_right(sfumato, asked_for):
    import shlex

    for command in ("apply", "regions"):
        lines = [line.strip() for line in sfumato(command, "--help").out.splitlines()]
        examples = [line for line in lines if line.startswith(f"sfumato {command} photo.jpg")]
        assert examples
        for line in examples:
            arguments = shlex.split(line)[1:]
            if command == "apply":
                assert str(asked_for(*arguments)[0].photo) == "photo.jpg"
            else:
                assert "photo.jpg: no such file" in sfumato(*arguments).err


def test_commands_without_arguments_show_their_help(sfumato):
    for command in ([], ["models"]):
        done = sfumato(*command)
        assert "Usage: " in done.out + done.err
        assert "Commands:" in done.out + done.err


def test_the_version(sfumato):
    assert sfumato("--version") == (0, f"sfumato {__version__}\n", "")


def test_options_lists_every_option(sfumato, monkeypatch):
    text = sfumato("options").out
    for name in VALUES:
        assert re.search(rf"^{flag(name)} ", text, re.MULTILINE), name
    for preset, values in PRESETS.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"preset {preset}: ")]
        for name, value in values.items():
            plain = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            assert f"{name} {plain}" in line
    assert [line for line in text.splitlines() if len(line) > 80] == []


def test_options_does_not_break_words(sfumato):
    text = sfumato("options").out
    for name in ("pooling", "edge", "mask_mode", "style_loss"):
        for value in METHODS["localized"].model_fields.get(name, Layer.model_fields.get(name)).annotation.__args__:
            assert re.search(rf"\b{value}\b", text), value
    assert "relu5_1" in text


#: What only some commands have, and which.
ONLY = {
    "--corners": {"surface", "harmonize", "photo"},
    "--matches": {"harmonize"},
    "--passes": {"harmonize"},
    "--painterly": {"harmonize"},
    "--semantic": {"photo"},
    "--realism": {"photo"},
    "--transfer": {"photo"},
    "--labels": {"photo"},
    "--reference-labels": {"photo"},
    "--similarity-weight": {"photo"},
    "--evenness": {"photo"},
    "--seed": {"apply", "surface", "harmonize"},
    "--region": {"apply", "surface", "photo"},
    "--method": {"apply", "surface"},
    "--style-share": {"apply", "surface"},
    "--faces": {"apply", "surface"},
    "--face-weight": {"apply", "surface"},
    "--last-layers": {"apply", "surface"},
    "--style-scale": {"apply", "surface"},
    "--color": {"apply", "surface"},
    "--start": {"apply", "surface", "harmonize"},
    "--finish": {"apply", "surface", "harmonize"},
}


@pytest.mark.parametrize("command", ["apply", "surface", "harmonize", "photo"])
def test_help_lists_the_options_that_belong_to_a_command(sfumato, command):
    text = sfumato(command, "--help").out
    listed = set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", text, re.MULTILINE))
    fields = {flag(name) for name in VALUES}
    assert listed & fields == {name for name in fields if command in ONLY.get(name, {command})}
    for name in ("Of photos", "Of harmonizing", "Of the network"):
        assert name not in text


def test_every_option_of_apply_is_listed_somewhere(sfumato):
    command = typer.main.get_command(app).commands["apply"]
    listed = sfumato("apply", "--help").out + sfumato("options").out
    for parameter in command.params:
        for option in parameter.opts:
            if option.startswith("--"):
                assert option in listed
