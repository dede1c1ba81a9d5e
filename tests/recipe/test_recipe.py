import contextlib
import string
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sfumato.errors import RecipeError
from sfumato.recipe import METHODS, PRESETS, Layer, Localized, Recipe, Style, read

ONE = {"layers": [{"styles": [{"image": "a.jpg"}]}]}


def one_line(error):
    text = str(error.value)
    assert text
    assert text.splitlines() == [text]
    return text


def refused(data):
    with pytest.raises(RecipeError) as error:
        Recipe.from_mapping(data)
    return one_line(error)


def layer(**fields):
    return {"layers": [{"styles": [{"image": "a.jpg"}], **fields}]}


def style(**fields):
    return {"layers": [{"styles": [{"image": "a.jpg", **fields}]}]}


# ---- there and back


def numbers(low, high, **options):
    return st.floats(low, high, allow_nan=False, **options)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
weights = numbers(0, 1e6)
pictures = texts.filter(lambda name: not name.lower().endswith(".sfm"))  # those would be networks
styles = st.builds(Style, image=pictures, weight=numbers(0, 1e6, exclude_min=True), scale=numbers(0.05, 20))
layers = st.builds(
    Layer,
    region=texts,
    styles=st.lists(styles, min_size=1, max_size=2).map(tuple),
    style_weight=weights,
    content_weight=weights,
    color=st.sampled_from(["none", "luminance"]),
    feather=st.none() | numbers(0, 10_000),
    edge=st.sampled_from(["inside", "center", "outside"]),
)
recipes = st.builds(
    Localized,
    preset=st.sampled_from(list(PRESETS)),
    method=st.just("localized"),
    layers=st.lists(layers, min_size=1, max_size=2).map(tuple),
    size=st.integers(0, 100_000),
    iterations=st.lists(st.integers(1, 100_000), min_size=1, max_size=8).map(tuple),
    style_loss=st.sampled_from(["wasserstein", "gram"]),
    style_layers=st.lists(texts, min_size=1, max_size=3).map(tuple),
    content_layer=texts,
    variation_weight=weights,
    pooling=st.sampled_from(["max", "average", "l2"]),
    mask_mode=st.sampled_from(["area", "inside", "receptive"]),
    optimizer=st.sampled_from(["lbfgs", "adam"]),
    learning_rate=st.none() | numbers(0, 100, exclude_min=True),
    tolerance=numbers(0, 1, exclude_max=True),
    start=st.sampled_from(["photo", "noise"]),
    detail=numbers(0, 4),
    seed=st.integers(0, 2**63 - 1),
    faces=st.sampled_from(["keep", "soft", "off"]),
    face_weight=numbers(0, 100),
    last_layers=st.sampled_from(["all", "shallow"]),
)


@settings(max_examples=60, deadline=None)
@given(recipes)
@example(Recipe.from_options(style='quote " back \\ slash\nnew line \x7f \x00 é 絵.png'))
def test_toml_there_and_back(recipe):
    text = recipe.to_toml()
    assert Recipe.from_toml(text) == recipe
    assert Recipe.from_toml(text).to_toml() == text


def test_toml_spells_out_every_field_that_has_a_value():
    recipe = Recipe.from_options(style="a.jpg")
    data = tomllib.loads(recipe.to_toml())
    optional = {"feather", "learning_rate", "corners"}
    assert set(data) == set(Localized.model_fields) - optional
    assert data["version"] == 1
    assert set(data["layers"][0]) == set(Layer.model_fields) - optional
    assert set(data["layers"][0]["styles"][0]) == set(Style.model_fields) - {"mask", "layers"}


def test_a_written_recipe_does_not_follow_later_presets(monkeypatch):
    recipe = Recipe.from_options(style="a.jpg", preset="draft")
    text = recipe.to_toml()
    monkeypatch.setitem(PRESETS, "draft", {"size": 99, "iterations": (1,)})
    assert Recipe.from_toml(text) == recipe
    assert Recipe.from_options(style="a.jpg", preset="draft").size == 99


@pytest.mark.parametrize("model", [*METHODS.values(), Layer, Style])
def test_every_field_has_a_help_text(model):
    for name, field in model.model_fields.items():
        assert field.description, name
        assert "\n" not in field.description


# ---- presets and options


@pytest.mark.parametrize(
    ("preset", "size", "iterations", "finish"),
    [("draft", 256, (20,), 4), ("normal", 512, (20, 10), 5), ("fine", 1024, (50, 36, 20), 8)],
)
def test_presets_fill_what_is_not_given(preset, size, iterations, finish):
    recipe = Recipe.from_options(style="a.jpg", preset=preset)
    assert (recipe.preset, recipe.size, recipe.iterations, recipe.finish) == (preset, size, iterations, finish)


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_given_wins_over_the_preset(preset):
    recipe = Recipe.from_options(style="a.jpg", method="naive", preset=preset, size=512)
    assert recipe.size == 512
    assert recipe.iterations == PRESETS[preset]["iterations"]
    recipe = Recipe.from_mapping({**ONE, "preset": preset, "iterations": [60, 40, 20]})
    assert recipe.iterations == (60, 40, 20)
    assert recipe.size == PRESETS[preset]["size"]


def test_options_reach_their_places_and_none_means_the_default():
    recipe = Recipe.from_options(
        style=["a.jpg", "b.jpg:0.25"],
        region="subject",
        feather=None,
        content_weight="2",
        scale="0.5",
        weight=3,
        seed="7",
        size=None,
    )
    (only,) = recipe.layers
    assert (only.region, only.content_weight, only.feather) == ("subject", 2.0, None)
    assert only.styles == (
        Style(image="a.jpg", weight=3, scale=0.5),
        Style(image="b.jpg", weight=0.25, scale=0.5),
    )
    assert (recipe.seed, recipe.size) == (7, 512)


@pytest.mark.parametrize("option", ["layers", "styles"])
def test_an_option_is_never_ignored(option):
    with pytest.raises(RecipeError, match=option):
        Recipe.from_options(style="a.jpg", **{option: [{"image": "b.jpg"}]})


def test_a_recipe_cannot_be_changed():
    recipe = Recipe.from_options(style="a.jpg")
    for model, name in ((recipe, "size"), (recipe.layers[0], "region"), (recipe.layers[0].styles[0], "weight")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(model, name, 1)
    assert isinstance(recipe.layers, tuple)
    assert isinstance(recipe.iterations, tuple)
    assert hash(recipe) == hash(Recipe.from_options(style="a.jpg"))


def test_the_plain_constructor_raises_what_it_says():
    with pytest.raises(ValidationError):
        Recipe(layers=())


# ---- "a.jpg:0.7"


@pytest.mark.parametrize(
    ("text", "image", "weight"),
    [
        ("a.jpg", "a.jpg", 1.0),
        ("a.jpg:0.7", "a.jpg", 0.7),
        ("a:b.jpg:2", "a:b.jpg", 2.0),
        ("a:b.jpg", "a:b.jpg", 1.0),
        ("a.jpg:", "a.jpg:", 1.0),
        (r"C:\pictures\a.jpg", r"C:\pictures\a.jpg", 1.0),
        (r"C:\pictures\a.jpg:1e-3", r"C:\pictures\a.jpg", 0.001),
        ("a.jpg:half", "a.jpg:half", 1.0),
        (":0.5", ":0.5", 1.0),
    ],
)
def test_weights_behind_a_colon(text, image, weight):
    assert Recipe.from_options(style=text).layers[0].styles == (Style(image=image, weight=weight),)


def test_a_file_really_named_with_a_colon_and_a_number(tmp_path):
    path = tmp_path / "a.jpg:0.7"
    path.touch()
    assert Recipe.from_options(style=path).layers[0].styles == (Style(image=str(path)),)
    assert Recipe.from_options(style=f"{path}:0.2").layers[0].styles == (Style(image=str(path), weight=0.2),)


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "inf", "1e400", "1e7"])
def test_weights_behind_a_colon_that_make_no_sense(weight):
    with pytest.raises(RecipeError) as error:
        Recipe.from_options(style=["fine.jpg", f"a.jpg:{weight}"])
    text = one_line(error)
    assert "styles.2.weight" in text
    assert repr(float(weight)) in text


# ---- iterations and style layers as text


@pytest.mark.parametrize(
    ("given", "expected"),
    [("60,40,20", (60, 40, 20)), ("7", (7,)), ("60, 40", (60, 40)), ([1, 2], (1, 2)), ((3,), (3,))],
)
def test_iterations(given, expected):
    assert Recipe.from_options(style="a.jpg", iterations=given).iterations == expected


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("", "''"),
        ("60,,20", "''"),
        ("60;40", "'60;40'"),
        ("many", "'many'"),
        ("1.5", "'1.5'"),
        ("0", "'0'"),
        ("5,-1", "'-1'"),
        ("100001", "'100001'"),
        ("1,1,1,1,1,1,1,1,1", "1"),
        ([], "[]"),
        (60, "60"),
        (["60", None], "None"),
        ("nan", "'nan'"),
    ],
)
def test_iterations_that_are_none(given, value):
    text = refused({**ONE, "iterations": given})
    assert text.startswith("iterations")
    assert value in text


def test_spaces_behind_the_commas_of_a_list_do_not_matter():
    recipe = Recipe.from_options(style="a.jpg", style_layers="relu1_1, relu2_1")
    assert recipe.style_layers == ("relu1_1", "relu2_1")


# ---- what is refused, and how

WRONG = [
    ({}, ["layers"]),
    ({"layers": []}, ["layers", "[]"]),
    ({"layers": {}}, ["layers", "{}"]),
    ({"layers": "all"}, ["layers", "'all'"]),
    ({"layers": [{}]}, ["layers.1.styles"]),
    ({"layers": [3]}, ["layers.1", "3"]),
    ({"layers": [{"styles": []}]}, ["layers.1.styles", "[]"]),
    ({"layers": [{"styles": [{}]}]}, ["layers.1.styles.1.image"]),
    ({"layers": [{"styles": ["a.jpg"]}]}, ["layers.1.styles.1", "'a.jpg'"]),
    (style(image=""), ["layers.1.styles.1.image", "''"]),
    (style(image=5), ["layers.1.styles.1.image", "5"]),
    (style(image="a\udcff.png"), ["layers.1.styles.1.image", r"a\udcff.png"]),
    (style(weight=-1), ["layers.1.styles.1.weight", "-1"]),
    (style(weight=0), ["layers.1.styles.1.weight", "0"]),
    (style(weight=float("nan")), ["layers.1.styles.1.weight", "nan"]),
    (style(weight=float("inf")), ["layers.1.styles.1.weight", "inf"]),
    (style(scale=0.01), ["layers.1.styles.1.scale", "0.01"]),
    (style(scale=21), ["layers.1.styles.1.scale", "21"]),
    (layer(region=""), ["layers.1.region", "''"]),
    (layer(region=7), ["layers.1.region", "7"]),
    (layer(style_weight=-0.5), ["layers.1.style_weight", "-0.5"]),
    (layer(style_weight="nan"), ["layers.1.style_weight", "nan"]),
    (layer(content_weight=float("-inf")), ["layers.1.content_weight", "-inf"]),
    (layer(content_weight="much"), ["layers.1.content_weight", "'much'"]),
    (layer(content_weight=2e6), ["layers.1.content_weight", "2000000.0"]),
    (layer(color="hue"), ["layers.1.color", "'hue'", "luminance"]),
    (layer(feather=-1), ["layers.1.feather", "-1"]),
    (layer(feather=float("nan")), ["layers.1.feather", "nan"]),
    (layer(edge="middle"), ["layers.1.edge", "'middle'", "center"]),
    ({**ONE, "preset": "best"}, ["preset", "'best'", "draft"]),
    ({**ONE, "preset": 3}, ["preset", "3"]),
    ({**ONE, "preset": ["draft"]}, ["preset", "['draft']"]),
    ({**ONE, "preset": {"size": 3}}, ["preset", "{'size': 3}"]),
    ({**ONE, "method": "magic"}, ["method", "'magic'", "naive"]),
    ({**ONE, "size": -1}, ["size", "-1"]),
    ({**ONE, "size": 1.5}, ["size", "1.5"]),
    ({**ONE, "size": "big"}, ["size", "'big'"]),
    ({**ONE, "size": None}, ["size", "None"]),
    ({**ONE, "size": [512]}, ["size", "[512]"]),
    ({**ONE, "style_loss": "mse"}, ["style_loss", "'mse'"]),
    ({**ONE, "style_layers": []}, ["style_layers", "[]"]),
    ({**ONE, "style_layers": [3]}, ["style_layers.1", "3"]),
    ({**ONE, "content_layer": 4}, ["content_layer", "4"]),
    ({**ONE, "variation_weight": float("nan")}, ["variation_weight", "nan"]),
    ({**ONE, "variation_weight": -1}, ["variation_weight", "-1"]),
    ({**ONE, "pooling": "min"}, ["pooling", "'min'"]),
    ({**ONE, "mask_mode": "soft"}, ["mask_mode", "'soft'"]),
    ({**ONE, "optimizer": "sgd"}, ["optimizer", "'sgd'"]),
    ({**ONE, "learning_rate": 0}, ["learning_rate", "0"]),
    ({**ONE, "learning_rate": "inf"}, ["learning_rate", "inf"]),
    ({**ONE, "tolerance": 1}, ["tolerance", "1"]),
    ({**ONE, "start": "black"}, ["start", "'black'"]),
    ({**ONE, "detail": 5}, ["detail", "5"]),
    ({**ONE, "version": 2}, ["version 2", "only 1"]),
    ({**ONE, "version": "new"}, ["version", "'new'"]),
    ({**ONE, "version": 1, "device": "cpu"}, ["device", "for each run"]),
    ({**ONE, "version": 1, "passes": 2}, ["passes", "the method harmonize, not of localized"]),
    (
        {**ONE, "version": 1, "method": "fast", "start": "noise"},
        ["start", "localized, naive and harmonize", "not of fast"],
    ),
    ({**ONE, "iterations": []}, ["iterations", "should not be empty"]),
    ({**ONE, "iterations": [1] * 9}, ["iterations", "at most 8 values"]),
    ({**ONE, "seed": -1}, ["seed", "-1"]),
    ({**ONE, "seed": 2**63}, ["seed", str(2**63)]),
    ({**ONE, "method": "naive", "layers": ONE["layers"] * 2}, ["naive", "one layer", "2"]),
]


@pytest.mark.parametrize(("data", "words"), WRONG, ids=[" ".join(words)[:40] for _, words in WRONG])
def test_a_message_names_the_place_and_the_value(data, words):
    text = refused(data)
    for word in words:
        assert word in text
    assert len(text) < 250


def test_the_message_on_naive_with_two_layers_does_not_print_the_recipe():
    text = refused({**ONE, "method": "naive", "layers": ONE["layers"] * 2})
    assert "{" not in text


@pytest.mark.parametrize("place", ["size", "seed", "detail", "tolerance"])
def test_true_is_not_a_number(place):
    assert place in refused({**ONE, place: True})


@pytest.mark.parametrize("data", [[], "text", None, 3])
def test_what_is_no_mapping_is_no_recipe(data):
    assert repr(data) in refused(data)


@pytest.mark.parametrize(
    ("data", "key", "offered"),
    [
        ({**ONE, "sizes": 5}, "sizes", "size"),
        ({**ONE, "itterations": [5]}, "itterations", "iterations"),
        (layer(regoin="all"), "layers.1.regoin", "region"),
        (layer(contentweight=1), "layers.1.contentweight", "content_weight"),
        (style(wieght=1), "layers.1.styles.1.wieght", "weight"),
    ],
)
def test_an_unknown_key_brings_the_nearest_name(data, key, offered):
    text = refused(data)
    assert repr(key) in text
    assert f"did you mean {offered!r}?" in text


def test_an_unknown_key_that_is_like_no_other_brings_the_list():
    text = refused({**ONE, "qqqqqqq\n": 5})
    assert r"qqqqqqq\n" in text
    for name in ("region", "weight", "iterations"):
        assert name in text


def test_an_unknown_option_brings_the_nearest_name():
    with pytest.raises(RecipeError, match="'regoin'; did you mean 'region'") as error:
        Recipe.from_options(style="a.jpg", regoin="subject")
    one_line(error)


def test_no_styles_at_all():
    with pytest.raises(RecipeError, match="styles") as error:
        Recipe.from_options(style=[])
    one_line(error)


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*Localized.model_fields, "sise"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(string.printable, max_size=5),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["styles", "image"]), inner),
            max_leaves=4,
        ),
        max_size=4,
    )
)
def test_no_values_whatsoever_raise_anything_else(data):
    with contextlib.suppress(RecipeError):
        Recipe.from_mapping(data)


# ---- files


@pytest.mark.parametrize(
    "text",
    [
        "size = ",
        "size = 5\nsize = 6",
        "[[layers]\n",
        "sise",
        "\x00",
        'region = "open',
        "when = 2026-13-45",
        "size = " + "9" * 5000,
        "size = " + "[" * 5000,
    ],
    ids=["no value", "twice", "bracket", "word", "null", "string", "date", "many digits", "deep"],
)
def test_text_that_is_not_toml(text):
    with pytest.raises(RecipeError, match="TOML") as error:
        Recipe.from_toml(text)
    one_line(error)


def test_bad_toml_says_where():
    with pytest.raises(RecipeError, match="line 3"):
        Recipe.from_toml("size = 5\nseed = 6\nstart = \n")


def test_a_recipe_file(tmp_path):
    recipe = Recipe.from_options(style="a.jpg", region="subject", preset="fine")
    path = tmp_path / "recipe.toml"
    path.write_text(recipe.to_toml(), "utf-8")
    assert Recipe.load(path) == Recipe.load(str(path)) == recipe
    assert read(path)["layers"][0]["region"] == "subject"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ["o such file"]),
        ("folder", ["s a directory"]),
        (bytes(range(256)), ["not a text file"]),
        (b"size =", ["TOML"]),
        (b"sizes = 3\nlayers = [{styles = [{image = 'a'}]}]", ["'sizes'", "'size'"]),
        (b"size = 'x'\nlayers = [{styles = [{image = 'a'}]}]", ["size", "'x'"]),
        (b"", ["layers"]),
    ],
    ids=["missing", "folder", "binary", "broken", "unknown key", "value", "empty"],
)
@pytest.mark.parametrize("name", ["my.toml", "recipe", "e"])
def test_a_message_on_a_file_names_it(tmp_path, monkeypatch, name, content, words):
    monkeypatch.chdir(tmp_path)
    if content == "folder":
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RecipeError) as error:
        Recipe.load(name)
    text = one_line(error)
    for word in words:
        assert word in text
    assert text.startswith(f"{name}: ") or f"the recipe {name}: " in text


def test_the_readme_recipe_with_two_layers():
    recipe = Recipe.from_toml("""
preset = "normal"

[[layers]]
region = "subject"
styles = [{ image = "a.jpg" }]

[[layers]]
region = "linear(0, 100%, 0, 40%) - subject"      # fades in towards the top
styles = [{ image = "b.jpg", weight = 0.7 }, { image = "c.jpg", weight = 0.3 }]
color = "luminance"
""")
    assert [part.color for part in recipe.layers] == ["none", "luminance"]
    assert [found.weight for found in recipe.layers[1].styles] == [0.7, 0.3]


def test_a_path_is_as_good_as_its_name():
    named = Recipe.from_options(style="a.jpg", region="mask.png")
    assert Recipe.from_options(style=Path("a.jpg"), region=Path("mask.png")) == named


def test_a_byte_order_mark_is_not_minded(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_bytes(b"\xef\xbb\xbf" + Recipe.from_options(style="a.jpg", seed=3).to_toml().encode())
    assert Recipe.load(path).seed == 3
