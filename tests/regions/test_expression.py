import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from sfumato import regions
from sfumato.errors import ModelError, RegionError, SfumatoWarning
from sfumato.regions import FUNCTIONS, Function, evaluate, parse, parser, segmenters
from sfumato.regions.expression import Argument, Call, Chain, Complement, File, Length, Points

PHOTO = np.zeros((20, 30, 3), np.float32)
UNIT = st.floats(0, 1, width=32)


@pytest.fixture(autouse=True)
def no_segmenter(monkeypatch):
    """Whatever is installed here, there is no segmenter; test_label_expressions.py has one."""

    def refuse(name="auto"):
        raise ModelError('no segmenter is installed; run: pip install "sfumato[deeplab]"')

    monkeypatch.setattr(segmenters, "choose", refuse)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A current folder and, beside it, the folder of a recipe."""
    (tmp_path / "here").mkdir()
    (tmp_path / "recipe").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def save_half(path):
    """A mask file whose left half is white."""
    values = np.zeros((20, 30), np.uint8)
    values[:, :15] = 255
    Image.fromarray(values).save(path)
    return values / np.float32(255)


def message_of(text, photo=PHOTO, folder=None):
    with pytest.raises(RegionError) as caught:
        evaluate(text, photo, folder)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.isprintable()
    assert len(message) < 600
    return message


# The tree and its text


def calls(regions_inside):
    lengths = st.builds(
        Length, st.floats(-1e6, 1e6) | st.integers(-50, 50).map(float), st.sampled_from(["", "px", "%"])
    )
    names = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True)
    points = st.lists(st.tuples(lengths, lengths), min_size=1, max_size=3).map(lambda pairs: Points(sum(pairs, ())))
    arguments = st.builds(Argument, lengths | points | regions_inside, names | st.just(""))
    return st.builds(Call, names, st.lists(arguments, max_size=3).map(tuple), st.none() | st.integers(0, 9999))


def compounds(inside):
    for_or = st.lists(st.tuples(st.sampled_from("|-"), inside), min_size=1, max_size=3)
    for_and = st.lists(st.tuples(st.just("&"), inside), min_size=1, max_size=3)
    chains = st.builds(Chain, inside, (for_or | for_and).map(tuple))
    return chains | st.builds(Complement, inside) | calls(inside)


NODES = st.recursive(st.builds(File, st.text(max_size=9)) | calls(st.nothing()), compounds, max_leaves=12)


@given(NODES)
def test_a_tree_written_out_is_read_back_the_same(node):
    assert parser.parse(str(node)) == node
    assert str(parser.parse(str(node))) == str(node)


PIECES = ["all", "subject", "rect", "m.png", "'a b'", "12", "50%", "3px", ".5", "x#2", "=", "nan", " ", "\n"]
PIECES += [*"&|~-(),'\";{[\\:%#.0", "\0", "é", "٣", "\u2028"]


def refusal_of(text):
    """The error that reading the text gives, or None."""
    try:
        parser.parse(text)
    except RegionError as error:
        return str(error)
    return None


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=30))
def test_any_text_is_read_or_refused_in_one_line(text):
    message = refusal_of(text)
    if message is None:
        node = parser.parse(text)
        assert parser.parse(str(node)) == node
    else:
        assert message.isprintable()
        assert message.startswith('region "')
        # In a single word there is but one place.
        assert ", at column " in message or (" " not in text.strip())


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a|b&c", "a | b & c"),
        ("a|(b&c)", "a | b & c"),
        ("(a|b)&c", "(a | b) & c"),
        ("a-b-c", "a - b - c"),
        ("(a-b)-c", "(a - b) - c"),
        ("a-(b-c)", "a - (b - c)"),
        ("~ a & ~(b)", "~a & ~b"),
        ("~(a & b)", "~(a & b)"),
        ("((a))", "a"),
        ("a()", "a"),
        ("f( 1 ,-2.50, .5% ,3px,x = 4 )", "f(1, -2.5, 0.5%, 3px, x=4)"),
        ("f(0.0000001)", "f(0.0000001)"),
        ("f(- 3)", "f(-3)"),
        ("m.png", '"m.png"'),
        ("../x/M.TIF|'it''s'", '"../x/M.TIF" | "it\'s"'),
        ("person#02 - a", "person#2 - a"),
        ("a\n  & b\t", "a & b"),
    ],
)
def test_the_plain_form(text, plain):
    assert str(parser.parse(text)) == plain


def test_columns_do_not_matter_for_equality():
    assert parser.parse("  a & m.png") == parser.parse("a&m.png")
    assert hash(parser.parse("  a & m.png")) == hash(parser.parse("a&m.png"))
    assert parser.parse("a & b") != parser.parse("a | b")


# What it means


MASKS = st.lists(hnp.arrays(np.float32, (3, 5), elements=UNIT), min_size=4, max_size=4)
LEAVES = st.sampled_from("abcd")
TREES = st.recursive(
    LEAVES, lambda t: st.tuples(st.sampled_from("&|-"), t, t) | st.tuples(st.just("~"), t), max_leaves=12
)
RULES = {
    "&": np.minimum,
    "|": np.maximum,
    "-": lambda a, b: np.minimum(a, 1 - b),
    "~": lambda a: 1 - a,
}


def written(tree):
    """A tree of tuples as text with every parenthesis."""
    if isinstance(tree, str):
        return tree
    return f"({written(tree[1])} {tree[0]} {written(tree[2])})" if len(tree) == 3 else f"~{written(tree[1])}"


def computed(tree, masks):
    return masks[tree] if isinstance(tree, str) else RULES[tree[0]](*(computed(part, masks) for part in tree[1:]))


def with_masks(text, masks, shape=None):
    """Evaluate with names a, b and so on for the masks."""
    with pytest.MonkeyPatch.context() as patch:
        for name, mask in zip("abcd", masks, strict=False):
            patch.setitem(FUNCTIONS, name, Function(lambda mask=mask: mask, "a mask"))
        return evaluate(text, np.zeros((*(shape or masks[0].shape), 3)))


@given(TREES, MASKS)
def test_operators_follow_their_rules(tree, masks):
    before = [mask.copy() for mask in masks]
    result = with_masks(written(tree), masks)
    named = dict(zip("abcd", [mask.astype(np.float64) for mask in masks], strict=True))
    np.testing.assert_allclose(result, computed(tree, named), atol=1e-6)
    assert result.dtype == np.float32
    assert result.min() >= 0
    assert result.max() <= 1
    for mask, old in zip(masks, before, strict=True):
        np.testing.assert_array_equal(mask, old)


@given(MASKS)
def test_the_laws_of_soft_sets(masks):
    def same(text, other, atol=0.0):
        np.testing.assert_allclose(with_masks(text, masks), with_masks(other, masks), atol=atol, rtol=0)

    same("~(a & b)", "~a | ~b")
    same("~(a | b)", "~a & ~b")
    same("~~a", "a", atol=1e-7)
    same("a - b", "a & ~b")
    same("a - b - b", "a - b")
    same("a - b - c", "a - (b | c)")
    same("a | b - c", "(a | b) - c")
    same("a - b | c", "(a - b) | c")
    same("a | b & c", "a | (b & c)")
    same("~a & b", "(~a) & b")
    same("a & a", "a")
    same("a | a", "a")
    same("a & all", "a")
    same("a | ~all", "a")


@given(TREES, MASKS, st.integers(1, 9), st.integers(1, 9), st.floats(0, 9), st.floats(0, 9))
def test_any_expression_gives_a_mask(tree, masks, height, width, x, amount):
    masks = [np.resize(mask, (height, width)) for mask in masks]
    text = (
        f"feather({written(tree)}, {amount:f}) - grow(ellipse({x:f}, 50%, 40%, 2), {amount:f}%) "
        f"| shrink(radial({x:f}px, 1, 0, 150%), 1) & linear(0, 0, {x + 1:f}, 100%)"
    )
    mask = with_masks(text, masks, (height, width))
    assert mask.shape == (height, width)
    assert mask.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() <= 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rect(10%, 50%, 50%, 100%)", regions.rect(3, 10, 15, 20, shape=(20, 30))),
        ("rect(-5, 2px, 12.5, 200%)", regions.rect(-5, 2, 12.5, 40, shape=(20, 30))),
        ("ellipse(50%, 50%, 20%, 20%)", regions.ellipse(15, 10, 6, 4, shape=(20, 30))),
        ("polygon(0, 0, 100%, 0, 0, 100%)", regions.polygon(0, 0, 30, 0, 0, 20, shape=(20, 30))),
        (
            "polygon(0, 0, 100%, 0, 100%, 50%, 0, 100%)",
            regions.polygon(0, 0, 30, 0, 30, 10, 0, 20, shape=(20, 30)),
        ),
        ("linear(0, 0, 100%, 100%)", regions.linear(0, 0, 30, 20, shape=(20, 30))),
        ("radial(50%, 50%, 10%, 50%)", regions.radial(15, 10, 2, 10, shape=(20, 30))),
        ("grow(rect(10, 10, 12, 12), 10%)", regions.grow(regions.rect(10, 10, 12, 12, shape=(20, 30)), 2)),
        ("grow(rect(5, 5, 15, 15), -10%)", regions.shrink(regions.rect(5, 5, 15, 15, shape=(20, 30)), 2)),
        ("shrink(rect(5, 5, 15, 15), 3)", regions.shrink(regions.rect(5, 5, 15, 15, shape=(20, 30)), 3)),
        ("feather(rect(5, 5, 15, 15), 20%)", regions.feather(regions.rect(5, 5, 15, 15, shape=(20, 30)), 4)),
        ("all", np.ones((20, 30), np.float32)),
        ("~all", np.zeros((20, 30), np.float32)),
    ],
)
def test_words_mean_the_plain_functions(text, expected):
    np.testing.assert_array_equal(evaluate(text, PHOTO), expected)
    np.testing.assert_array_equal(evaluate(str(parse(text)), PHOTO), expected)


def test_every_name_is_documented_and_exported():
    for name, function in FUNCTIONS.items():
        assert name.isidentifier()
        assert len(function.help.splitlines()) == 1
    assert regions.__all__ == sorted(regions.__all__)
    assert {name for name in regions.__all__ if name in FUNCTIONS} == set(FUNCTIONS) - {"all", "file"}


# Looking at the photo, and new words


@pytest.fixture
def looks(monkeypatch):
    """Count how often the subject is looked for."""
    seen = []

    def subject(photo):
        seen.append(photo)
        return np.full(photo.shape[:2], 0.25, np.float32)

    monkeypatch.setitem(FUNCTIONS, "subject", Function(subject, "a stand-in", needs=("photo",)))
    return seen


def test_the_subject_is_looked_for_once_and_only_if_asked(looks):
    evaluate("all - rect(0, 0, 5, 5)", PHOTO)
    assert looks == []
    mask = evaluate("feather(subject, 3) - subject() | subject & (~subject)", PHOTO)
    assert len(looks) == 1
    assert looks[0] is PHOTO
    np.testing.assert_array_equal(mask, np.full((20, 30), 0.25))
    evaluate("subject", PHOTO)
    assert len(looks) == 2


def test_nothing_is_looked_for_if_the_text_is_wrong(looks):
    message_of("subject & rect(0, 0, 5)")
    message_of("subject & subjct")
    assert looks == []


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("all - rect(0, 0, 5, 5)", False),
        ("'subject.png'", False),
        ("subject", True),
        ("all | all & ~subject", True),
        ("feather(grow(all - (subject), 2), 3)", True),
    ],
)
def test_whether_the_photo_is_needed_is_known_beforehand(looks, text, needs):
    assert regions.needs_photo(text) is needs
    assert looks == []


def test_a_named_file_needs_no_photo_whatever_its_name(here):
    save_half(here / "all - subject.png")
    assert regions.needs_photo("all - subject") is True
    assert regions.needs_photo("all - subject.png") is False


@pytest.fixture
def flood(monkeypatch):
    """A word with a plain number, options, and numbered parts."""
    given = []

    def run(x, y, *, photo, number, tolerance=8.0, within=None):
        given.append((x, y, number, tolerance, within))
        return np.ones(photo.shape[:2], np.float32)

    entry = Function(
        run,
        "what has the color of a place",
        {"x": "x", "y": "y"},
        {"tolerance": "number", "within": "region"},
        needs=("photo", "number"),
    )
    monkeypatch.setitem(FUNCTIONS, "flood", entry)
    return given


def test_a_new_word_needs_no_more_than_an_entry(flood):
    evaluate("flood(50%, 50%) & flood#2(1, 2, tolerance=12.5) & flood(1, 2, within=rect(0, 0, 1, 1) - all)", PHOTO)
    assert flood[0] == (15, 10, None, 8.0, None)
    assert flood[1] == (1, 2, 2, 12.5, None)
    assert flood[2][:4] == (1, 2, None, 8.0)
    np.testing.assert_array_equal(flood[2][4], np.zeros((20, 30)))
    flood.clear()
    evaluate("flood(1, 2) | flood( 1.0, 2 ) | flood(1, 2, tolerance=3) | flood#1(1, 2)", PHOTO)
    assert len(flood) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flood(1, 2, tolerance=5%)", "flood() wants a plain number here, got '5%', at column 13"),
        ("flood(1, 2, tolerance=5px)", "flood() wants a plain number here, got '5px', at column 13"),
        ("flood(1, 2, tolerence=5)", "no option 'tolerence', at column 13; did you mean 'tolerance'? Known: tol"),
        ("flood(1, 2, within=5)", "flood() wants a region here, got '5', at column 13"),
        ("flood(1, 2, tolerance=5, tolerance=6)", "tolerance= is given twice, at column 26"),
        ("flood(1, tolerance=5)", "flood() takes 2 lengths (x, y), got 1, at column 1"),
        ("rect(left=0, top=0, right=5, bottom=5)", "has no option 'left', at column 6; give its values without names"),
    ],
)
def test_wrong_options_are_refused(flood, text, message):
    with pytest.raises(RegionError):
        regions.needs_photo(text)
    assert message in message_of(text)
    assert flood == []


# Mask files


@pytest.mark.parametrize("text", ["m.png", "'m.png'", '"m.png"', 'file("m.png")', "file(m.png)", "(m.png)"])
def test_a_mask_file_in_every_spelling(here, text):
    half = save_half(here / "m.png")
    np.testing.assert_array_equal(evaluate(text, PHOTO), half)
    np.testing.assert_array_equal(evaluate(f"~{text}", PHOTO), 1 - half)


@pytest.mark.parametrize("name", ["a b.png", "my-mask (1).png", "~x.png", "a&b.png", "it's 5\" big.png", "m.mask.png"])
def test_a_whole_text_that_is_a_file_is_that_file(here, name):
    half = save_half(here.parent / "recipe" / name)
    np.testing.assert_array_equal(evaluate(f" {name} ", PHOTO, here.parent / "recipe"), half)
    node = parse(name, here.parent / "recipe")
    assert node == File(name)
    np.testing.assert_array_equal(evaluate(f"~({node})", PHOTO, here.parent / "recipe"), 1 - half)
    np.testing.assert_array_equal(evaluate(name, PHOTO, str(here.parent / "recipe")), half)


def test_a_name_stays_a_name_even_if_there_is_such_a_file(here):
    (here / "all").write_text("not a mask")
    assert (evaluate("all", PHOTO) == 1).all()


def test_paths_may_have_folders(here):
    half = save_half(here.parent / "recipe" / "m.png")
    np.testing.assert_array_equal(evaluate("../recipe/m.png & all", PHOTO), half)
    np.testing.assert_array_equal(evaluate("recipe/m.png & all", PHOTO, here.parent), half)
    np.testing.assert_array_equal(evaluate(f"'{here.parent}/recipe/m.png' & all", PHOTO), half)
    np.testing.assert_array_equal(evaluate("grow(m.png, 0) - ~all", PHOTO, here.parent / "recipe"), half)


def test_a_missing_file_names_both_places_and_the_column(here):
    recipe = here.parent / "recipe"
    message = message_of("all & no.png", folder=recipe)
    assert message == (
        f"region \"all & no.png\": mask file 'no.png' is not there: looked in {str(recipe)!r} and {str(here)!r}, "
        "at column 7"
    )


def test_a_file_of_another_aspect_ratio_is_refused(here):
    save_half(here / "m.png")
    message = message_of("all & m.png", np.zeros((40, 40, 3)))
    assert "'m.png' is 30 x 20 pixels, the photo 40 x 40: give it" in message
    assert message.endswith("at column 7")
    with pytest.warns(SfumatoWarning, match="resized to fit"):
        assert evaluate("m.png", np.zeros((40, 60, 3))).shape == (40, 60)


# What is refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is empty, at column 1; write 'all' for the whole picture"),
        (" \n ", "it is empty, at column 1; write 'all' for the whole picture"),
        ("subjct", "nothing is called 'subjct'; did you mean 'subject'? Known: all, "),
        ("all & Rect(0, 0, 1, 1)", "no function is called 'Rect', at column 7; did you mean 'rect'? Known: all,"),
        ("grow(xyzzy, 3)", "nothing is called 'xyzzy', at column 6; Known: all,"),
        ("__import__('os')", "no function is called '__import__', at column 1; Known: all"),
        ("all.__class__", "cannot read 'all.__class__'"),
        ("a;b", "cannot read ';', at column 2"),
        ("all + all", "cannot read '+', at column 5"),
        ("rect(0, 0, 50%) & subject", "rect() takes 4 lengths (left, top, right, bottom), got 3, at column 1"),
        ("all & rect(1, 2, 3, 4, 5)", "rect() takes 4 lengths (left, top, right, bottom), got 5, at column 7"),
        ("rect", "rect() takes 4 lengths (left, top, right, bottom), got 0"),
        ("all(3)", "all() takes 0 values, got 1, at column 1"),
        ("grow(all)", "grow() takes 2 values (region, amount), got 1, at column 1"),
        ("file()", "file() takes 1 value (path), got 0, at column 1"),
        ("polygon(1, 2, 3, 4)", "takes 6 lengths (x1, y1, x2, y2, x3, y3), or 2 more at a time, got 4, at column 1"),
        ("polygon(1, 2, 3, 4, 5, 6, 7)", ", or 2 more at a time, got 7, at column 1"),
        ("grow(5, 5)", "grow() wants a region here, got '5', at column 6"),
        ("grow(all, all)", "grow() wants a length here, got 'all', at column 11"),
        ("rect(0, 0, m.png, 1)", "rect() wants a length here, got '\"m.png\"', at column 12"),
        ("file(all)", "file() wants a file's name here, got 'all', at column 6"),
        ("file(5)", "file() wants a file's name here, got '5', at column 6"),
        ("rect(0, 0, nan, 1)", "rect() wants a length here, got 'nan', at column 12"),
        ("rect(0, 0, -inf, 1)", "expected a number, got 'inf', at column 13"),
        ("rect(0, 0, 1e5, 1)", "cannot read '1e5', at column 12"),
        ("rect(0, 0, 1000001, 1)", "'1000001' is too large (at most 1000000), at column 12"),
        (f"rect(0, 0, {'9' * 400}, 1)", f"'{'9' * 29}…' is too large (at most 1000000), at column 12"),
        ("rect(0, 0, 1.2.3, 1)", "cannot read '1.2.3', at column 12"),
        ("rect(0, 0, 5 0, 1)", "expected ',' or ')', got '0', at column 14"),
        ("rect(0, 0, 5, 1,)", "expected a region, got ')', at column 17"),
        ("12", "expected a region, got '12'"),
        ("subject#2", "'subject' has no numbered parts; write it without #2"),
        ("subject#x", "cannot read 'subject#x'"),
        ("(all", "this '(' is never closed, at column 1"),
        ("all & grow(all, 5", "this '(' is never closed, at column 11"),
        ("(all all)", "expected an operator (& | -) or ')', got 'all', at column 6"),
        ("all)", "expected an operator (& | -) or the end, got ')', at column 4"),
        ("all &", "expected a region, got the end, at column 6"),
        ("& all", "expected a region, got '&', at column 1"),
        ("all & | all", "expected a region, got '|', at column 7"),
        ("~", "expected a region, got the end, at column 2"),
        ("'abc.png", "this quote is never closed, at column 1"),
        ("my mask.png", "got 'mask.png', at column 4; put a file's name in quotes if it has spaces or dashes"),
        ("my-mask.png", "nothing is called 'my', at column 1; Known: all"),
        ("my-mask.png", "; put a file's name in quotes if it has spaces or dashes"),
        ("rect(5, 0, 5, 9)", "rect needs left < right, got 5 and 5, at column 1"),
        ("all - rect(0%, 9, 50%, 9)", "rect needs top < bottom, got 9 and 9, at column 7"),
        ("polygon(0, 0, 1, 1, 2, 2)", "polygon has no area: its corners lie on one line, at column 1"),
        ("~grow(ellipse(1, 1, 0, 5), 2)", "ellipse needs radii above 0, got 0 and 5, at column 7"),
        ("click(5)", "click() takes 2 lengths (x, y), or 2 more at a time, got 1, at column 1"),
        ("click(5, 5, not=5)", "click() wants points in parentheses, such as (10%, 90%), here, got '5', at column 13"),
        ("click(5, 5, not=all)", "such as (10%, 90%), here, got 'all', at column 13"),
        ("click(5, 5, not=(5))", "points are x and y of each, got 1 number, at column 17"),
        ("click(5, 5, not=(5, 5, 5))", "points are x and y of each, got 3 numbers, at column 17"),
        ("click(5, 5, not=(5, 5", "this '(' is never closed, at column 17"),
        ("click(5, 5, not=(5, all))", "expected a number, got 'all', at column 21"),
        ("click(5, 99)", "click needs a place in the picture, 30 x 20 pixels, got (5, 99), at column 1"),
        ("click(5, 5, not=(-1, 0))", "click needs a place in the picture, 30 x 20 pixels, got (-1, 0), at column 1"),
        ("grow((5, 5), 3)", "grow() wants a region here, got '(5, 5)', at column 6"),
        ("feather(all, -5%)", "feather needs an amount of 0 or more, got -1, at column 1"),
    ],
)
def test_errors_point_at_the_place(here, text, message):
    found = message_of(text)
    assert found.startswith('region "')
    assert message in found


def test_an_error_in_a_long_text_shows_what_lies_around():
    text = "all | " * 60 + "subjct" + " | all" * 60
    message = message_of(text)
    shown, _, rest = message.removeprefix('region "…').partition('…": ')
    assert shown in text
    assert " | subjct | " in shown
    assert len(shown) < 100
    assert rest.startswith("nothing is called 'subjct', at column 361; did you mean 'subject'?")
    assert "is called 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'; Known" in message_of("x" * 9000)


def test_a_text_may_be_long_but_not_too_long():
    assert (evaluate("all" + "|all" * 2499, PHOTO[:2, :2]) == 1).all()
    message = message_of("all" + " " * 9_998)
    assert "longer than 10000 characters (10001), at column 10001; draw a mask file instead" in message


def deeper(frames, function):
    return function() if frames == 0 else deeper(frames - 1, function)


@pytest.mark.parametrize(
    "nested",
    [
        lambda n: "(" * n + "all" + ")" * n,
        lambda n: "~" * n + "all",
        lambda n: "(all - " * n + "all" + ")" * n,
        lambda n: "grow(" * n + "all" + ", 0)" * n,
        lambda n: "grow(all | all & " * n + "all" + ", 0)" * n,
        lambda n: "grow(all & subject | " * n + "all" + ", 0)" * n,
    ],
)
def test_nesting_has_a_limit_that_leaves_room_on_the_stack(nested, looks):
    photo = PHOTO[:4, :4]
    mask = deeper(250, lambda: evaluate(nested(50), photo))
    assert mask.shape == (4, 4)
    node = parse(nested(50))
    text = str(node)
    assert deeper(250, lambda: str(parse(text))) == text
    assert deeper(50, lambda: parse(text) == node)
    assert "nested more than 50 deep, at column" in message_of(nested(51))
    assert "nested more than 50 deep, at column" in message_of(nested(1500)[:9000])


def test_importing_regions_is_light():
    code = "import json, sys, sfumato.regions; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "sfumato.regions.expression" in loaded
    assert not loaded & {"torch", "onnxruntime", "scipy", "skimage", "matplotlib", "tifffile", "pooch"}
