"""What words stand for, and the segmenter that is chosen by the word."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_segmenters import *  # noqa: F403

from sfumato.errors import RegionError, listening
from sfumato.regions import FUNCTIONS, evaluate, find, label, models_needed, needs_photo, segmenters, words
from sfumato.regions.segmenters.deeplab import NAMES

ADE, COCO = words.networks()
_ANIMALS = "bird cat dog horse sheep cow"
PHOTO = np.random.default_rng(0).random((48, 64, 3), np.float32)


# ---- the table


@pytest.mark.parametrize(
    ("word", "voc", "ade", "coco"),
    [
        ("sky", "", "sky", "sky"),
        ("water", "", "water sea river lake waterfall swimming_pool", "water sea river"),
        ("ocean", "", "sea", "sea"),
        ("tree", "", "tree palm", "tree"),
        ("building", "", "building house skyscraper tower hovel", "building house roof"),
        ("road", "", "road runway dirt_track", "road"),
        ("pavement", "", "sidewalk", "pavement"),
        ("plant", "potted_plant", "plant", "potted_plant"),
        ("vegetation", "", "tree palm plant grass field flower", "tree grass flower"),
        (
            "animal",
            "bird cat dog horse sheep cow",
            "animal",
            "bird cat dog horse sheep cow elephant bear zebra giraffe",
        ),
        ("motorcycle", "motorbike", "minibike", "motorcycle"),
        ("bike", "bicycle", "bicycle", "bicycle"),
        ("tv", "tv", "television_receiver", "tv"),
        ("people", "person", "person", "person"),
        ("cup", "", "", "cup"),
        ("cars", "car", "car", "car"),
        ("buses", "bus", "bus", "bus"),
        ("bookcases", "", "bookcase", ""),
        ("clothes", "", "apparel", ""),
        ("xyzzy", "", "", ""),
    ],
)
def test_what_words_stand_for(word, voc, ade, coco):
    for names, expected in ((NAMES, voc), (words.networks()[ADE], ade), (words.networks()[COCO], coco)):
        found = words.labels_of(word, names)
        assert sorted(found) == sorted(expected.split())
        assert len(found) == len(set(found))


def test_a_label_of_a_segmenter_comes_first():
    assert words.labels_of("water", {"sea": "sea", "water": "water"}) == ["water", "sea"]
    assert words.labels_of("flora", {"plant": "plant", "flora": "plant"}) == ["plant"]


def test_every_word_of_the_table_is_known_to_one_of_its_label_sets():
    sets = (NAMES, *words.networks().values())
    nowhere = {word for word in words.known() if not any(words.labels_of(word, names) for names in sets)}
    assert nowhere == set()


def test_no_name_has_synonyms_in_two_places():
    table = words._table()
    names = [name for first, others in table["synonyms"].items() for name in (first, *others)]
    assert len(names) == len(set(names))
    for word, meant in table["words"].items():
        assert len(meant) == len(set(meant)) > 0, word


def test_the_documents_have_the_words():
    text = (Path(words.__file__).parents[2] / "docs" / "words.md").read_text("utf-8")
    lines = {line.split(" | ")[0]: line for line in text.splitlines() if line.startswith("| `")}
    table = words._table()
    for word in (*table["words"], *table["groups"]):
        for names in (NAMES, *words.networks().values()):
            labels = words.labels_of(word, names)
            if labels not in ([], [word]) and " " not in word:
                assert ", ".join(f"`{label}`" for label in labels) in lines[f"| `{word}`"]


# ---- the segmenter


def test_what_deeplab_knows_is_left_to_it(hub, monkeypatch):
    hub("org/tiny", ["background", "person", "sky", "car"])
    monkeypatch.setattr(segmenters, "model_of", lambda name: "deeplab")
    assert words.segmenter_for("person") == "auto"
    assert words.segmenter_for("person", "auto+crf") == "auto+crf"
    assert words.segmenter_for("sky") == "hf:org/tiny"
    assert words.segmenter_for("sky", "auto+crf") == "hf:org/tiny+crf"
    monkeypatch.setattr(segmenters, "model_of", lambda name: "")
    assert words.segmenter_for("person") == "hf:org/tiny"
    assert words.segmenter_for("dog") == "auto"  # which says what to install


def test_a_segmenter_that_was_given_is_used(hub):
    hub("org/tiny")
    for word in ("sky", "xyzzy"):
        assert words.segmenter_for(word, "hf:org/tiny") == "hf:org/tiny"
        assert words.segmenter_for(word, "hf:no/such-model") == "hf:no/such-model"


# ---- in expressions


@pytest.mark.parametrize(
    ("word", "segmenter", "message"),
    [
        ("sky", "auto", f'nothing that is installed knows "sky"; {ADE} does (15 MB, fetched once)'),
        ("cup", "auto", f'nothing that is installed knows "cup"; {COCO} does (190 MB, fetched once)'),
        ("sky", "deeplab", f'"deeplab" does not know "sky"; {ADE} does'),
        ("sky", "deeplab+crf", f'"deeplab" does not know "sky"; {ADE} does'),
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_what_to_install_is_told_in_a_line(monkeypatch, word, segmenter, message, there):
    monkeypatch.setattr(words, "cached", list)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: there or None)
    for ask in (lambda text, **options: evaluate(text, PHOTO, **options), models_needed):
        with pytest.raises(RegionError) as caught:
            ask(f"all - {word}#2", segmenter=segmenter)
        do = "give it as segmenter" if there else "install the extra huggingface, and give it as segmenter"
        assert message in str(caught.value)
        assert f": {do}, at column 7" in str(caught.value)
        assert caught.value.option == "segmenter"
        assert "\n" not in str(caught.value)


def test_two_words_of_an_expression_may_need_two_segmenters(hub, pretend, monkeypatch):
    hub("a/first", ["background", "sky", "tree", "car"])
    hub("b/second", ["background", "cup", "spoon", "car"])
    above, left = np.zeros((2, 12, 16), np.float32)
    above[:6], left[:, :8] = 1, 1
    known_names = segmenters.known_names
    fakes = {
        "hf:a/first": pretend({"sky": above}, names={"sky": "sky"}, key="first"),
        "hf:b/second": pretend({"cup": left}, names={"cup": "cup"}, key="second"),
    }
    monkeypatch.setattr(segmenters, "choose", lambda name: fakes[name])
    monkeypatch.setattr(segmenters, "known_names", known_names)
    photo = np.full((96, 128, 3), 0.5, np.float32)
    heard = []
    with listening(heard.append):
        mask = evaluate("sky & cup", photo)
    assert heard == [
        "'sky' is found by hf:a/first; the option segmenter selects another",
        "'cup' is found by hf:b/second; the option segmenter selects another",
    ]
    assert mask[:34, :50].min() == 1
    assert mask[62:].max() == mask[:, 78:].max() == 0
    with listening(heard.append):
        apart = [
            evaluate(word, photo, segmenter=name) for word, name in (("sky", "hf:a/first"), ("cup", "hf:b/second"))
        ]
    np.testing.assert_array_equal(np.minimum(*apart), mask)
    assert len(heard) == 2  # a segmenter that was asked for is not told
    assert models_needed("sky & cup") == set()


def test_a_word_selects_all_labels_that_it_stands_for(monkeypatch, pretend):
    sea, lake, tree = np.zeros((3, 12, 16), np.float32)
    sea[:, :5], lake[:, 5:8], lake[:4, 8:], tree[6:, 10:] = 1, 0.5, 1, 1
    sea[:, 5:8] = 0.5
    photo = np.kron(sea + lake, np.ones((8, 8)))[..., None].repeat(3, 2) / 2
    names = {name: name for name in ("sea", "lake", "tree")}
    pretend({"sea": sea, "lake": lake, "tree": tree}, names=names)
    mask = label("water", photo=photo)
    # In between, both are half as probable: together they are certain.
    np.testing.assert_array_equal(mask[:, :60], 1)
    assert mask[60:, 70:].max() == 0
    assert label("sea", photo=photo)[:, 52].max() < 0.9
    assert label("water", photo=photo, number=1).sum() > 0
    with pytest.raises(RegionError, match=r"^there is no water#2 in this photo: fake finds 1, "):
        label("water", photo=photo, number=2)


def test_what_is_found_is_what_its_words_select(pretend):
    road, path = np.zeros((2, 12, 16), np.float32)
    road[:, :6], path[:5, 6:] = 1, 1
    photo = np.zeros((96, 128, 3), np.float32)
    pretend({"road": road, "runway": path}, names={"road": "road", "runway": "runway"})
    found = find(photo)
    assert list(found) == ["road", "runway"]
    for word, mask in found.items():
        np.testing.assert_array_equal(mask, label(word, photo=photo))
    assert found["road"].sum() > found["runway"].sum() * 1.5
    assert (found["road"] >= found["runway"]).all()


def test_the_background_is_all_but_the_subject(monkeypatch):
    drawn = np.linspace(0, 1, 48 * 64, dtype=np.float32).reshape(48, 64)
    monkeypatch.setattr(sys.modules["sfumato.regions.subject"], "subject", lambda photo: drawn)
    np.testing.assert_array_equal(evaluate("background", PHOTO), 1 - drawn)
    assert models_needed("background") == models_needed("~subject") == {"u2netp"}
    assert needs_photo("background")


def test_words_that_are_nearly_right_and_what_describes_anything(monkeypatch):
    with pytest.raises(RegionError, match=r"nothing is called 'buildng'; did you mean 'building'\? Known: all, "):
        evaluate("buildng", PHOTO)
    hint = 'text("…") finds what it describes'
    for there in (True, False):
        if there:
            monkeypatch.setitem(FUNCTIONS, "text", FUNCTIONS["all"])
        else:
            monkeypatch.delitem(FUNCTIONS, "text")
        with pytest.raises(RegionError) as caught:
            evaluate("xyzzy", PHOTO)
        assert (hint in str(caught.value)) is there
