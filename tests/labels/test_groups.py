import numpy as np
import pytest

from sfumato.errors import RegionError
from sfumato.labels.groups import grouping, merge, read_groups

ADE20K = """wall, building, sky, floor, tree, ceiling, road, bed, windowpane, grass, cabinet, sidewalk, person, earth,
door, table, mountain, plant, curtain, chair, car, water, painting, sofa, shelf, house, sea, mirror, rug, field,
armchair, seat, fence, desk, rock, wardrobe, lamp, bathtub, railing, cushion, base, box, column, signboard, chest of
drawers, counter, sand, sink, skyscraper, fireplace, refrigerator, grandstand, path, stairs, runway, case, pool table,
pillow, screen door, stairway, river, bridge, bookcase, blind, coffee table, toilet, flower, book, hill, bench,
countertop, stove, palm, kitchen island, computer, swivel chair, boat, bar, arcade machine, hovel, bus, towel, light,
truck, tower, chandelier, awning, streetlight, booth, television receiver, airplane, dirt track, apparel, pole, land,
bannister, escalator, ottoman, bottle, buffet, poster, stage, van, ship, fountain, conveyer belt, canopy, washer,
plaything, swimming pool, stool, barrel, basket, waterfall, tent, bag, minibike, cradle, oven, ball, food, step, tank,
trade name, microwave, pot, animal, bicycle, lake, dishwasher, screen, blanket, sculpture, hood, sconce, vase, traffic
light, tray, ashcan, fan, pier, crt screen, plate, monitor, bulletin board, shower, radiator, glass, clock, flag"""
COCO = """person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign,
parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, handbag,
tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, surfboard, tennis
racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog,
pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, mouse, remote, keyboard, cell
phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear, hair drier, toothbrush,
banner, blanket, bridge, cardboard, counter, curtain, door-stuff, floor-wood, flower, fruit, gravel, house, light,
mirror-stuff, net, pillow, platform, playingfield, railroad, river, road, roof, sand, sea, shelf, snow, stairs, tent,
towel, wall-brick, wall-stone, wall-tile, wall-wood, water-other, window-blind, window-other, tree-merged,
fence-merged, ceiling-merged, sky-other-merged, cabinet-merged, table-merged, floor-other-merged, pavement-merged,
mountain-merged, grass-merged, dirt-merged, paper-merged, food-other-merged, building-other-merged, rock-merged,
wall-other-merged, rug-merged"""
VOC = """background, aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow, diningtable, dog, horse,
motorbike, person, pottedplant, sheep, sofa, train, tvmonitor"""
ELSEWHERE = {"cloud", "ocean", "pond", "bush", "street", "window", "television", "tv monitor"}  # common in other sets


def listed(text):
    return [name.strip() for name in text.replace("\n", " ").split(",")]


def test_the_table_knows_the_labels_of_three_data_sets():
    sets = {name: listed(text) for name, text in (("ade", ADE20K), ("coco", COCO), ("voc", VOC))}
    assert {name: len(set(found)) for name, found in sets.items()} == {"ade": 150, "coco": 133, "voc": 21}
    known = {name.replace("-", " ") for found in sets.values() for name in found}
    known |= {name.removesuffix(" merged").removesuffix(" other").removesuffix(" stuff") for name in known}
    for group, members in read_groups().items():
        assert len(members) == len(set(members)) > 1, group
        assert group in members, group
        assert set(members) - {group} <= known | ELSEWHERE, group


@pytest.mark.parametrize(
    ("label", "group"),
    [
        ("lake", "water"),
        ("Sea", "water"),
        ("water-other", "water"),
        ("sky-other-merged", "sky"),
        ("skyscraper", "building"),
        ("grass-merged", "plant"),
        ("pottedplant", "plant"),
        ("wall-brick", "wall"),
        ("chest_of  drawers", "cabinet"),
        ("house, home", "building"),
        ("television receiver;television", "screen"),
        ("door-stuff", "door"),
        ("person", "person"),
        ("Background", "Background"),
        ("another", "another"),
    ],
)
def test_labels_are_found_however_they_are_written(label, group):
    assert grouping([label]) == {label: group}


def test_a_table_of_ones_own(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('wet = ["lake", "dog"]\ndry = []\n', "utf-8")
    assert read_groups(file) == {"wet": ["lake", "dog"], "dry": []}
    assert grouping(["Dog", "wet", "sea"], read_groups(file)) == {"Dog": "wet", "wet": "wet", "sea": "sea"}
    assert grouping(["lake", "sea"], {}) == {"lake": "lake", "sea": "sea"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a = ["x", "y"]\nb = ["X"]', r"mine\.toml: label 'X' is in two groups, 'a' and 'b': leave it in one$"),
        ('a = ["b"]\nb = ["x"]', r"label 'b' is in two groups, 'a' and 'b'"),
        ('a = "lake"', r"mine\.toml: group 'a' needs a list of labels such as .*, got 'lake'$"),
        ('a = ["x", 3]', r"group 'a' needs a list of labels such as .*, got \['x', 3\]$"),
        ('[a]\nb = ["x"]', r"group 'a' needs a list of labels"),
        ("a = [", r"cannot read the table of labels .*mine\.toml: "),
        ("a = " + "[" * 5000, r"cannot read the table of labels .*mine\.toml: "),
    ],
)
def test_tables_that_make_no_sense(tmp_path, text, message):
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    with pytest.raises(RegionError, match=message) as caught:
        read_groups(tmp_path / "mine.toml")
    assert "\n" not in str(caught.value)


def test_tables_that_cannot_be_read(tmp_path):
    with pytest.raises(RegionError, match=r"cannot read the table of labels .*none\.toml: No such file"):
        read_groups(tmp_path / "none.toml")
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RegionError, match=r"cannot read the table of labels .*mine\.toml: 'utf-8'"):
        read_groups(tmp_path / "mine.toml")


def test_groups_given_in_code_are_checked_too():
    with pytest.raises(RegionError, match="group 'wet' needs a list"):
        merge({"lake": np.ones((1, 1), np.float32)}, {"wet": "lake"})
