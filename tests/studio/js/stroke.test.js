import assert from "node:assert/strict";
import { test } from "node:test";
import { boxOf, coverage, cut, distanceTo, drawSegment, drawStroke, effort, laid, touched, union } from "../../../sfumato/studio/static/js/stroke.js";

test("a hard brush has an edge of one pixel", () => {
  assert.equal(coverage(4.4, 5, 0), 1);
  assert.equal(coverage(5, 5, 0), 0.5);
  assert.equal(coverage(5.6, 5, 0), 0);
});

test("a soft brush falls from the middle on, and never rises", () => {
  const values = Array.from({ length: 30 }, (_, i) => coverage(i / 2, 10, 1));
  assert.equal(values[0], 1);
  assert.equal(values.at(-1), 0);
  values.slice(1).forEach((value, i) => assert.ok(value <= values[i]));
  assert.ok(values[10] > 0.3 && values[10] < 0.7);
});

test("the distance from a line is that from its nearest point", () => {
  const [a, b] = [{ x: 0, y: 0 }, { x: 10, y: 0 }];
  assert.equal(distanceTo(5, 3, a, b), 3);
  assert.equal(distanceTo(14, 3, a, b), 5);
  assert.equal(distanceTo(3, 4, a, a), 5);
});

test("what a segment touches is cut at the picture's border", () => {
  assert.deepEqual(touched({ x: 1, y: 50 }, { x: 20, y: 50 }, 5, { w: 100, h: 60 }), { x: 0, y: 44, w: 26, h: 12 });
  assert.equal(touched({ x: -50, y: 0 }, { x: -40, y: 0 }, 5, { w: 100, h: 60 }), null);
});

test("two rectangles are in their union", () => {
  const one = { x: 10, y: 10, w: 5, h: 5 };
  assert.deepEqual(union(one, { x: 2, y: 12, w: 4, h: 40 }), { x: 2, y: 10, w: 13, h: 42 });
  assert.equal(union(null, one), one);
});

test("a segment changes nothing outside the rectangle that it names", () => {
  const frame = { x: 0, y: 0, w: 40, h: 30 };
  const values = new Uint8Array(40 * 30);
  const box = drawSegment(values, frame, { x: 12, y: 12 }, { x: 20, y: 15 }, 4, 0.5);
  values.forEach((value, i) => {
    const [x, y] = [i % 40, Math.floor(i / 40)];
    const inside = x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h;
    assert.ok(inside || value === 0, `${x},${y}`);
  });
  assert.equal(values[12 * 40 + 12], 255);
});

test("going over the same place twice in one stroke does not add up", () => {
  const there = [{ x: 10, y: 10 }, { x: 30, y: 10 }];
  const once = drawStroke(there, 6, 1, { w: 50, h: 50 }, 1);
  const twice = drawStroke([...there, there[0]], 6, 1, { w: 50, h: 50 }, 1);
  assert.deepEqual(twice, once);
});

test("a stroke drawn piece by piece is the one that is sent", () => {
  const points = [{ x: 10, y: 12 }, { x: 25, y: 18 }, { x: 60, y: 5 }, { x: 80, y: 44 }];
  const whole = drawStroke(points, 7, 0.4, { w: 100, h: 60 }, 1);
  const frame = { x: 0, y: 0, w: 100, h: 60 };
  const shown = new Uint8Array(100 * 60);
  points.slice(1).forEach((point, i) => drawSegment(shown, frame, points[i], point, 7, 0.4));
  for (let y = 0; y < 60; y++) {
    for (let x = 0; x < 100; x++) {
      const { rect, values } = whole;
      const inside = x >= rect.x && x < rect.x + rect.w && y >= rect.y && y < rect.y + rect.h;
      assert.equal(inside ? values[(y - rect.y) * rect.w + x - rect.x] : 0, shown[y * 100 + x], `${x},${y}`);
    }
  }
});

test("what is shown of a stroke is the one that is drawn whole", () => {
  const points = [{ x: 10, y: 12 }, { x: 25, y: 18 }, { x: 60, y: 5 }];
  const size = { w: 100, h: 60 };
  const shown = new Uint8Array(100 * 60);
  points.slice(1).forEach((point, i) => drawSegment(shown, { x: 0, y: 0, ...size }, points[i], point, 7, 0.4));
  const rect = boxOf(points, 7, size);
  assert.deepEqual({ rect, values: cut(shown, size, rect) }, drawStroke(points, 7, 0.4, size, 1));
});

test("the effort of a stroke is the pixels around its pieces, for any number of points", () => {
  assert.equal(effort([{ x: 5, y: 5 }], 4), 100);
  assert.equal(effort([{ x: 5, y: 5 }, { x: 15, y: 5 }, { x: 15, y: 5 }], 4), 20 * 10 + 100);
  const many = Array.from({ length: 300_000 }, (_, i) => ({ x: i % 700, y: i % 500 }));
  assert.ok(effort(many, 200) > 1e10);
  assert.deepEqual(boxOf(many, 2, { w: 800, h: 600 }), { x: 0, y: 0, w: 702, h: 502 });
});

test("a stroke at half the size is half as wide", () => {
  const stroke = drawStroke([{ x: 100, y: 100 }], 40, 0, { w: 100, h: 100 }, 0.5);
  assert.ok(Math.abs(stroke.rect.w - 42) <= 1);
  assert.equal(stroke.values.filter((value) => value > 127).length > 0.98 * Math.PI * 400, true);
});

test("a stroke beside the picture is none", () => {
  assert.equal(drawStroke([{ x: -100, y: 10 }], 5, 0, { w: 50, h: 50 }, 1), null);
});

test("strokes are laid over what is there", () => {
  assert.equal(laid(100, 0, false), 100);
  assert.equal(laid(100, 255, false), 255);
  assert.equal(laid(100, 255, true), 0);
  assert.equal(laid(200, 51, true), 160);
  assert.equal(laid(55, 51, false), 95);
});
