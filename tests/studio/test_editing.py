"""Regions by pointing: every operation is an expression."""

import pytest

from sfumato import regions
from sfumato.errors import InputError
from sfumato.studio.editing import edited

BOX = [[10, 20], [50, 40]]


def after(region, op, **values):
    return edited(region, {"op": op, **values}, lambda x, y: {1: "person#1", 2: "dog"}.get(x))


@pytest.mark.parametrize(
    ("region", "op", "values", "expected"),
    [
        # shapes take the place of all and of nothing, and are added to anything else
        ("all", "rect", {"points": BOX}, "rect(10, 20, 50, 40)"),
        ("~all", "rect", {"points": BOX[::-1]}, "rect(10, 20, 50, 40)"),
        ("subject", "rect", {"points": BOX}, "subject | rect(10, 20, 50, 40)"),
        ("subject", "rect", {"points": BOX, "remove": True}, "subject - rect(10, 20, 50, 40)"),
        ("all", "rect", {"points": BOX, "remove": True}, "~rect(10, 20, 50, 40)"),
        ("~all", "rect", {"points": BOX, "remove": True}, "~all"),
        ("a & b", "rect", {"points": BOX, "remove": True}, "a & b - rect(10, 20, 50, 40)"),
        ("subject", "ellipse", {"points": BOX}, "subject | ellipse(30, 30, 20, 10)"),
        ("all", "polygon", {"points": [[0, 0], [9, 0.25], [5, 8]]}, "polygon(0, 0, 9, 0.2, 5, 8)"),
        # gradients fade what is there
        ("all", "linear", {"points": BOX}, "linear(10, 20, 50, 40)"),
        ("subject", "linear", {"points": BOX}, "subject & linear(10, 20, 50, 40)"),
        ("subject & x", "linear", {"points": BOX}, "subject & x & linear(10, 20, 50, 40)"),
        ("a | b", "linear", {"points": BOX}, "(a | b) & linear(10, 20, 50, 40)"),
        ("a", "linear", {"points": BOX, "remove": True}, "a - linear(10, 20, 50, 40)"),
        ("~all", "linear", {"points": BOX}, "linear(10, 20, 50, 40)"),
        ("all", "radial", {"points": [[10, 20], [13, 24]]}, "radial(10, 20, 0, 5)"),
        ("all", "radial", {"points": [[10, 20], [13, 24], [10, 22]]}, "radial(10, 20, 2, 5)"),
        # things
        ("all", "click", {"x": 1, "y": 0}, "person#1"),
        ("person#1", "click", {"x": 2, "y": 0}, "person#1 | dog"),
        ("person#1 | dog", "click", {"x": 2, "y": 0}, "person#1 | dog"),
        ("person#1", "click", {"x": 1, "y": 0}, "person#1"),
        ("person#1 | dog", "click", {"x": 2, "y": 0, "remove": True}, "person#1"),
        ("person#1", "click", {"x": 1, "y": 0, "remove": True}, "~all"),
        ("subject - dog", "click", {"x": 2, "y": 0}, "subject"),
        ("subject - dog", "click", {"x": 2, "y": 0, "remove": True}, "subject - dog"),
        ("all", "click", {"x": 7, "y": 7.25}, "click(7, 7.2)"),
        ("person#1", "click", {"x": 7, "y": 7}, "person#1 | click(7, 7)"),
        ("click(1, 2)", "click", {"x": 7, "y": 7}, "click(1, 2) | click(7, 7)"),
        ("click(1, 2)", "click", {"x": 7, "y": 7, "more": True}, "click(1, 2, 7, 7)"),
        ("dog | click(1, 2)", "click", {"x": 2, "y": 0, "more": True}, "dog | click(1, 2, 2, 0)"),
        ("click(1, 2)", "click", {"x": 7, "y": 7, "remove": True}, "click(1, 2, not=(7, 7))"),
        ("click(1, 2, not=(7, 7))", "click", {"x": 8, "y": 9, "remove": True}, "click(1, 2, not=(7, 7, 8, 9))"),
        ("click(1, 2, not=(7, 7))", "click", {"x": 8, "y": 9, "more": True}, "click(1, 2, 8, 9, not=(7, 7))"),
        ("click(1, 2)", "click", {"x": 2, "y": 0, "remove": True}, "click(1, 2) - dog"),
        ("dog - click(1, 2)", "click", {"x": 7, "y": 7, "more": True}, "dog - click(1, 2) | click(7, 7)"),
        ("dog", "click", {"x": 7, "y": 7, "remove": True}, "dog - click(7, 7)"),
        ("~all", "click", {"x": 7, "y": 7, "more": True}, "click(7, 7)"),
        ("subject | dog | cat", "click", {"x": 2, "y": 0, "remove": True}, "subject | cat - dog"),
        ("all", "grabcut", {"box": [10, 20, 50, 40]}, "grabcut(rect(10, 20, 50, 40))"),
        ("subject", "grabcut", {"box": [50, 40, 10, 20]}, "subject | grabcut(rect(10, 20, 50, 40))"),
        # edges
        ("subject", "grow", {"amount": 5}, "grow(subject, 5)"),
        ("grow(subject, 5)", "grow", {"amount": 2.5}, "grow(subject, 7.5)"),
        ("grow(subject, 5%)", "grow", {"amount": 2}, "grow(grow(subject, 5%), 2)"),
        ("grow(subject, 5)", "shrink", {"amount": 2}, "shrink(grow(subject, 5), 2)"),
        ("a | b", "feather", {"amount": 3}, "feather(a | b, 3)"),
        ("subject", "refine", {}, "refine(subject)"),
        ("refine(subject)", "refine", {"amount": 8}, "refine(subject, width=8)"),
        # all, nothing, the rest
        ("subject", "all", {}, "all"),
        ("subject", "clear", {}, "~all"),
        ("subject", "invert", {}, "~subject"),
        ("~subject", "invert", {}, "subject"),
        ("a | b", "invert", {}, "~(a | b)"),
        ("all", "invert", {}, "~all"),
        ("~all", "invert", {}, "all"),
    ],
)
def test_each_operation_is_an_expression(region, op, values, expected):
    found = after(region, op, **values)
    assert found == expected
    assert str(regions.parse(found)) == found


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({}, "no operation is called None; use click, rect"),
        ({"op": "twist"}, "no operation is called 'twist'"),
        ({"op": "click", "x": 1}, "a point should be x and y in pixels"),
        ({"op": "click", "x": 1, "y": float("nan")}, "a point should be x and y in pixels"),
        ({"op": "click", "x": 10**400, "y": 1}, "a point should be x and y in pixels"),
        ({"op": "linear", "points": [[5, 5], [5, 5]]}, "a gradient needs two different points"),
        ({"op": "click", "x": 7, "y": 7, "more": 1}, "more should be true or false, got 1"),
        ({"op": "rect"}, "points should be a list"),
        ({"op": "rect", "points": [[1, 2]]}, "rect needs 2 points or more, got 1"),
        ({"op": "polygon", "points": [[1, 2], [2, 3]]}, "polygon needs 3 points or more, got 2"),
        ({"op": "polygon", "points": [[1, 2]] * 201}, "a polygon of 201 corners is too long to write"),
        ({"op": "rect", "points": [[1, 2], ["a", 3]]}, "a point should be x and y in pixels, got ['a', 3]"),
        ({"op": "grabcut", "box": [1, 2]}, "box should be four numbers"),
        ({"op": "grow"}, "amount should be pixels, more than 0"),
        ({"op": "grow", "amount": -3}, "amount should be pixels, more than 0"),
        ({"op": "grow", "amount": True}, "amount should be pixels, more than 0"),
        ({"op": "refine", "amount": "x"}, "amount should be pixels"),
        ({"op": "rect", "points": BOX, "remove": 1}, "remove should be true or false, got 1"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(change, line):
    with pytest.raises(InputError) as refused:
        edited("subject", change, lambda x, y: None)
    assert line in str(refused.value)
