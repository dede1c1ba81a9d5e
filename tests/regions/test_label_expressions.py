import importlib.util
import sys

import numpy as np
import pytest

from sfumato.errors import ModelError, RegionError
from sfumato.regions import FUNCTIONS, Function, evaluate, grow, label, models_needed, needs_photo, parse, segmenters


def message_of(text, photo, **options):
    with pytest.raises(RegionError) as caught:
        evaluate(text, photo, **options)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(f'region "{text}": ')
    assert len(message) < 700
    return message.removeprefix(f'region "{text}": ')


# What labels mean


def test_a_name_that_is_no_function_is_a_label(pretend, told):
    fake = pretend(told.maps)
    person, dog = label("person", photo=told.photo), label("dog", photo=told.photo)
    first, second = (label("person", photo=told.photo, number=number) for number in (1, 2))
    small = first - np.minimum(first, second)
    for text, expected in [
        ("person", person),
        ("people", person),
        ("person()", person),
        ("~dog", 1 - dog),
        ("person | dog", np.maximum(person, dog)),
        ("person#1", first),
        ("people#2", second),
        ("person - person#2", np.minimum(person, 1 - second)),
        ("person#1 - person#2", small),
        ("grow(dog, 10%)", grow(dog, 9.6)),
        ("all & dog - rect(0, 0, 50%, 100%)", dog),
    ]:
        mask = evaluate(text, told.photo)
        np.testing.assert_allclose(mask, expected, atol=1e-6, err_msg=text)
        assert mask.dtype == np.float32
    assert len(fake.calls) == 1


def test_a_label_is_enlarged_once_and_only_if_asked(pretend, told, monkeypatch):
    fake = pretend(told.maps)
    asked = []
    monkeypatch.setattr(
        "sfumato.regions.things.enlarge", lambda small, photo: (asked.append(small), told.masks["dog"])[1]
    )
    evaluate("rect(0, 0, 5, 5) | all", told.photo)
    assert fake.chosen == []
    evaluate("dog & grow(dog, 2) - ~dog", told.photo)
    assert len(asked) == 1
    np.testing.assert_array_equal(asked[0], told.maps["dog"])


def test_the_segmenter_is_the_one_that_was_named(pretend, told):
    fake = pretend(told.maps)
    evaluate("person", told.photo, segmenter="hf:a/b+crf")
    assert set(fake.chosen) == {"hf:a/b+crf"}
    fake.chosen.clear()
    evaluate("person", told.photo)
    assert set(fake.chosen) == {"auto"}


def test_a_function_goes_before_a_label_of_its_name(pretend, told, monkeypatch):
    fake = pretend(told.maps, names={"all": "dog", "sky": "dog", "dog": "dog"})
    assert (evaluate("all", told.photo) == 1).all()
    assert fake.calls == []
    monkeypatch.setitem(FUNCTIONS, "sky", Function(lambda: np.zeros((96, 128), np.float32), "a stand-in"))
    assert not evaluate("sky", told.photo).any()
    monkeypatch.delitem(FUNCTIONS, "sky")
    assert evaluate("sky", told.photo).any()


def test_a_label_as_an_argument(pretend, told, monkeypatch):
    pretend(told.maps)
    given = []

    def run(region, *, photo, keep):
        given.append((region, keep))
        return region

    monkeypatch.setitem(
        FUNCTIONS, "trim", Function(run, "a stand-in", {"region": "region"}, {"keep": "region"}, needs=("photo",))
    )
    evaluate("trim(person#2, keep=~dog)", told.photo)
    np.testing.assert_array_equal(given[0][0], label("person", photo=told.photo, number=2))
    np.testing.assert_array_equal(given[0][1], 1 - label("dog", photo=told.photo))


# What is known beforehand


@pytest.mark.parametrize(
    ("text", "looks", "needed"),
    [
        ("all", False, set()),
        ("person", True, {"deeplab"}),
        ("grow(all - person, 3)", True, {"deeplab"}),
        ("subject - feather(dog, 3)", True, {"deeplab", "u2netp"}),
        ("subject", True, {"u2netp"}),
        ("'person.png'", False, set()),
    ],
)
def test_what_an_expression_needs(pretend, text, looks, needed, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True)
    fake = pretend({})
    assert needs_photo(text) is looks
    assert models_needed(text) == needed
    assert models_needed(text, segmenter="deeplab+crf") == needed
    assert models_needed(text, segmenter="hf:a/b") == needed - {"deeplab"}
    assert models_needed(text, segmenter="a/folder") == needed - {"deeplab"}
    assert fake.chosen == []


def test_nothing_installed_needs_no_file(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert models_needed("person | subject") == {"u2netp"}


def test_a_written_out_label_reads_the_same():
    for text in ("person#2 - people", "~dog & no_such_label"):
        assert str(parse(text)) == text


def test_a_word_that_no_segmenter_knows_asks_for_no_file(told, monkeypatch):
    """What DeepLab knows is known without its file, installed or not."""
    monkeypatch.setattr(segmenters, "choose", None)
    for installed in (True, False):
        monkeypatch.setattr(segmenters, "model_of", lambda name, there=installed: "deeplab" if there else "")
        for ask in (models_needed, lambda text: evaluate(text, told.photo)):
            for word in ("subjct", "nothing", "é", "person | xyzzy#3"):
                with pytest.raises(RegionError, match=r"nothing is called .*labels: aeroplane, .* tv"):
                    ask(word)
        assert models_needed("people") == ({"deeplab"} if installed else set())


# What is refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("persn", "nothing is called 'persn'; did you mean 'person'? Known: all, "),
        ("peopel", "nothing is called 'peopel'; did you mean 'people'? Known: all, "),
        ("dog | subjct", "nothing is called 'subjct', at column 7; did you mean 'subject'? Known: all, "),
        ("grow(persom#2, 3)", "nothing is called 'persom', at column 6; did you mean 'person'? Known: all, "),
        ("~xyzzy", "nothing is called 'xyzzy', at column 2; Known: all, "),
        ("xyzzy", "; labels: cat, dog, person"),
        ("my-mask.png", "; labels: cat, dog, person; put a file's name in quotes if it has spaces or dashes"),
        ("person(3)", "no function is called 'person', at column 1; Known: all, "),
        ("dog - cat", "fake finds no cat in this photo; it finds dog, person, at column 7"),
        ("person#3", "there is no person#3 in this photo: fake finds 2, and #1 is the largest"),
        ("all & person#0", "there is no person#0 in this photo: fake finds 2, and #1 is the largest, at column 7"),
        ("subject#2", "'subject' has no numbered parts; write it without #2"),
        ("person & rect#1(0, 0, 1, 1)", "'rect' has no numbered parts, at column 10; write it without #1"),
    ],
)
def test_errors_point_at_the_place(pretend, told, tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    pretend(told.maps)
    assert message in message_of(text, told.photo)


def test_names_are_checked_before_anything_is_looked_at(pretend, told):
    fake = pretend(told.maps)
    message_of("person | subject | xyzzy", told.photo)
    message_of("person & rect(0, 0, 5)", told.photo)
    assert fake.calls == []


def test_of_very_many_labels_some_are_listed(pretend, told):
    names = {f"label_{number:03}": f"label_{number:03}" for number in range(150)} | {"tree": "label_000"}
    pretend({}, names=names)
    message = message_of("tre", told.photo)
    assert "did you mean 'tree'? Known: all, " in message
    assert "; labels: " + ", ".join(f"label_{number:03}" for number in range(25)) + ", and 125 more; " in message


def test_nothing_installed(told, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    with pytest.raises(ModelError, match=r"^no segmenter is installed; run: pip install") as caught:
        evaluate("all - person", told.photo)
    assert '"subject", shapes, "flood", "grabcut" and mask files work without it' in str(caught.value)
    assert "'subjct'; did you mean 'subject'? Known: all, " in message_of("subjct", told.photo)
    assert (evaluate("all - rect(0, 0, 1, 1)", told.photo)[1:] == 1).all()


def test_no_such_segmenter(told):
    message = message_of("person", told.photo, segmenter="deeplap")
    assert 'as a label, it needs a segmenter: no segmenter is called "deeplap", and no folder either; use' in message
    with pytest.raises(ModelError, match='no segmenter is called "deeplap"'):
        label("person", photo=told.photo, segmenter="deeplap")


def test_a_network_that_fails_while_it_looks_is_no_misspelling(told, monkeypatch):
    class Broken:
        name, key, names = "broken", "broken", {"person": "person"}

        def __call__(self, photo):
            raise ModelError("its file is damaged")

    monkeypatch.setattr(segmenters, "choose", lambda name: Broken())
    with pytest.raises(ModelError, match="its file is damaged"):
        evaluate("person", told.photo)
