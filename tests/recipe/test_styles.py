"""Parts of style pictures, layers with weights, and how both are written."""

import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sfumato import images
from sfumato.errors import RecipeError
from sfumato.recipe import Recipe, Style, layer_weights


def only(text, **options):
    """The style that a text stands for."""
    (style,) = Recipe.from_options(style=text, **options).layers[0].styles
    return style


# ---- "a.jpg@subject:0.7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.jpg@subject", Style(image="a.jpg", mask="subject")),
        ("a.jpg@subject:0.7", Style(image="a.jpg", mask="subject", weight=0.7)),
        ("a.jpg@rect(0, 0, 50%, 100%) - sky:2", Style(image="a.jpg", mask="rect(0, 0, 50%, 100%) - sky", weight=2)),
        ("a.jpg@mask.png", Style(image="a.jpg", mask="mask.png")),
        ("a.jpg@mask@2x.png", Style(image="a.jpg", mask="mask@2x.png")),
        (r"a.jpg@C:\masks\m.png", Style(image="a.jpg", mask=r"C:\masks\m.png")),
        ("a.jpg@subject:most", Style(image="a.jpg", mask="subject:most")),
        ("@x", Style(image="@x")),
        ("a@", Style(image="a@")),
        ("@", Style(image="@")),
        ("@:0.5", Style(image="@", weight=0.5)),
        ("a@:0.5", Style(image="a@", weight=0.5)),
        ("a.jpg:", Style(image="a.jpg:")),
        (":", Style(image=":")),
    ],
)
def test_a_part_and_a_weight_behind_a_name(text, expected):
    assert only(text) == expected


def test_a_part_of_its_own_wins_over_that_of_all():
    recipe = Recipe.from_options(style=["a.jpg", "b.jpg@sky"], mask="subject")
    assert [style.mask for style in recipe.layers[0].styles] == ["subject", "sky"]


@pytest.mark.parametrize("name", ["a@b.jpg", "a:0.5", "a@b:0.5", "@x", "a@"])
def test_files_that_are_there_stay_whole(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).touch()
    assert only(name) == Style(image=name)
    assert only(tmp_path / name) == Style(image=str(tmp_path / name))
    assert only(f"{name}:0.25") == Style(image=name, weight=0.25)
    assert only(f"{name}@subject") == Style(image=name, mask="subject")
    assert only(f"{name}@subject:0.25") == Style(image=name, mask="subject", weight=0.25)


def test_an_at_in_the_name_of_a_folder_is_not_the_one_before_the_part(tmp_path):
    (tmp_path / "me").mkdir()
    folder = tmp_path / "me@work"
    folder.mkdir()
    (folder / "a.jpg").touch()
    text = str(folder / "a.jpg")
    assert only(text) == Style(image=text)
    assert only(f"{text}@sub@ject:3") == Style(image=text, mask="sub@ject", weight=3)


@pytest.mark.parametrize("part", ["ellipse(1, 2, 3, 4) | " * 30 + "all", "m" * 5000])
def test_a_part_may_be_longer_than_a_file_name(part):
    assert only(f"a.jpg@{part}:0.5") == Style(image="a.jpg", mask=part, weight=0.5)


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text("a@:.01e-n/\\\x00", max_size=12) | st.text("a@:", min_size=300, max_size=400))
@example("a" * 300 + ":0.5")
@example("a\0b@c:1")
@example("\ud800@\ud800:1")
@example("a@b:nan")
def test_no_text_whatsoever_raises_anything_else(text):
    with contextlib.suppress(RecipeError):
        style = only(text)
        # Nothing is lost on the way: what was split off stands behind its sign.
        whole = style.image if style.mask is None else f"{style.image}@{style.mask}"
        assert text == whole or text.startswith(whole + ":")
        assert style.weight == (1 if text == whole else float(text[len(whole) + 1 :]))


def test_an_empty_part_is_refused():
    with pytest.raises(RecipeError, match=r"^layers\.1\.styles\.1\.mask: should not be empty, got ''$"):
        Recipe.from_mapping({"layers": [{"styles": [{"image": "a.jpg", "mask": ""}]}]})


# ---- layers with weights


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["relu1_1"], {"relu1_1": 1}),
        (["relu1_1:2", "relu2_1:0.5", "relu3_1"], {"relu1_1": 2, "relu2_1": 0.5, "relu3_1": 1}),
        (["relu2_1:1e-3", "relu1_1: 4"], {"relu2_1": 0.001, "relu1_1": 4}),
        (["relu1_1:1e6"], {"relu1_1": 1e6}),
        ([], {}),
    ],
)
def test_layer_weights(names, expected):
    found = layer_weights(names)
    assert found == expected
    assert list(found) == list(expected)


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "inf", "1e7", "1e400", "x", "", "1:2"])
def test_a_layers_weight_that_makes_no_sense(weight):
    with pytest.raises(RecipeError) as error:
        layer_weights(["relu1_1", f"relu2_1:{weight}"])
    expected = f"style layer 'relu2_1:{weight}' needs a weight above 0, up to 1e6, after its colon, got {weight!r}"
    assert str(error.value) == expected


@pytest.mark.parametrize("names", [["relu1_1", "relu1_1"], ["relu1_1:2", "relu2_1", "relu1_1"]])
def test_a_layer_named_twice(names):
    with pytest.raises(RecipeError, match="style layer 'relu1_1' is named twice") as error:
        layer_weights(names)
    assert "\n" not in str(error.value)


def test_layers_are_a_text_or_a_list():
    texts = ("relu1_1", "relu2_1:0.5")
    assert Recipe.from_options(style="a.jpg", style_layers="relu1_1, relu2_1:0.5").style_layers == texts
    for given_ in ("relu1_1,relu2_1:0.5", ["relu1_1", "relu2_1:0.5"], texts):
        assert Style(image="a.jpg", layers=given_).layers == texts


@pytest.mark.parametrize("value", [[], (), 5, [5]])
def test_a_styles_layers_that_are_none(value):
    with pytest.raises(RecipeError, match=r"^layers\.1\.styles\.1\.layers") as error:
        Recipe.from_mapping({"layers": [{"styles": [{"image": "a.jpg", "layers": value}]}]})
    assert "\n" not in str(error.value)


def test_there_and_back():
    styles = [
        {"image": "a.jpg", "mask": "rect(0, 0, 50%, 100%)", "layers": "relu1_1,relu2_1:0.5"},
        {"image": "b.jpg", "mask": "b mask.png", "weight": 0.25},
        {"image": "c.jpg", "layers": ["relu4_1"]},
    ]
    layers = [
        {"region": "subject", "styles": styles, "color": "histogram", "blend": "poisson", "strength": 0.5},
        {"region": "sky", "styles": styles[:1], "color": "linear", "blend": "mrf", "strength": 0},
    ]
    recipe = Recipe.from_mapping({"layers": layers, "style_layers": "relu3_1:2,relu5_1"})
    text = recipe.to_toml()
    assert Recipe.from_toml(text) == recipe
    assert Recipe.from_toml(text).to_toml() == text
    assert recipe.layers[0].styles[0].layers == ("relu1_1", "relu2_1:0.5")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"strength": -0.1}, ["strength", "-0.1"]),
        ({"strength": 1.1}, ["strength", "1.1"]),
        ({"strength": float("nan")}, ["strength", "nan"]),
        ({"blend": "melt"}, ["blend", "'melt'", "poisson"]),
        ({"color": "hues"}, ["color", "'hues'", "linear", "histogram"]),
    ],
)
def test_fields_of_a_layer_that_make_no_sense(fields, words):
    with pytest.raises(RecipeError) as error:
        Recipe.from_mapping({"layers": [{"styles": [{"image": "a.jpg"}], **fields}]})
    text = str(error.value)
    assert "\n" not in text
    for word in words:
        assert word in text


# ---- the same in the shell


def test_weights_of_layers_in_the_shell(apply, here):
    outcome = apply("--style-layers", "relu1_1,relu2_1:0.5", style="style.png@rect(0, 0, 50%, 100%):0.7")
    assert outcome.code == 0, outcome.err
    recipe = Recipe.from_toml(images.read_recipe(here / "out.png"))
    assert recipe.style_layers == ("relu1_1", "relu2_1:0.5")
    assert recipe.layers[0].styles == (Style(image="style.png", mask="rect(0, 0, 50%, 100%)", weight=0.7),)


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ("relu1_1:0", "'relu1_1:0'"),
        ("relu1_1:x", "'relu1_1:x'"),
        ("relu1_1,relu1_1", "named twice"),
        ("relu1_2:2,rleu2_1:2", "nearest name is 'relu2_1'"),
    ],
)
def test_layers_that_are_none_in_the_shell(apply, layers, words):
    outcome = apply("--style-layers", layers)
    assert outcome.code == 2
    assert words in " ".join(outcome.err.split())
    assert "Traceback" not in outcome.err
