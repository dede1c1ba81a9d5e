"""The words that `sfumato regions` lists, and what it says of a word that nothing knows."""

import re

from sfumato.regions import segmenters, words


def test_the_words_are_listed_by_network(sfumato, monkeypatch):
    monkeypatch.setattr(words, "cached", lambda: ["hf:org/mine"])
    known_names = segmenters.known_names
    mine = {"shoe": "shoe", "sky": "sky"}
    monkeypatch.setattr(segmenters, "known_names", lambda name: mine if name == "hf:org/mine" else known_names(name))
    monkeypatch.setattr(segmenters, "model_of", lambda name: "")
    networks = re.split(r"^  (?=\S)", sfumato("regions", "--words").out, flags=re.MULTILINE)[1:]
    listed = {}
    for text in networks:
        name, _, rest = text.partition("\n")
        listed[name] = set(rest.replace("\n", " ").replace(",", " ").split())
    assert next(iter(listed)) == "deeplab (not installed)"
    assert listed.pop("hf:org/mine") == {"shoe", "sky"}
    assert {"person", "people", "animal"} <= listed.pop("deeplab (not installed)")
    for name, known in listed.items():
        assert name.endswith(" (not installed)")
        assert {"sky", "water", "people", "tree", "trash_can" if "ade" in name else "cup"} <= known
    assert len(listed) == 2
    assert "cup" not in listed[min(listed, key=lambda name: "ade" not in name)]


def test_a_word_that_needs_another_segmenter_names_the_option(sfumato, here, monkeypatch):
    monkeypatch.setattr(words, "cached", list)
    done = sfumato("regions", "photo.png", "-r", "sky")
    assert done[:2] == (2, "")
    (line,) = done.err.splitlines()
    assert 'nothing that is installed knows "sky"; hf:nvidia/segformer-b0-finetuned-ade-512-512 does' in line
    assert line.endswith("as segmenter (--segmenter)")
