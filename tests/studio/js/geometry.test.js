import assert from "node:assert/strict";
import { test } from "node:test";
import { angleTo, boxOf, flat, inside, objectCorners, objectSize, onSurface, pairs, straightened, turned } from "../../../sfumato/studio/static/js/geometry.js";

const near = (one, other) => assert.ok(Math.hypot(one.x - other.x, one.y - other.y) < 1e-9, JSON.stringify([one, other]));

test("a box has its upper left corner first, however it was dragged", () => {
  assert.deepEqual(boxOf({ x: 30, y: 5 }, { x: 10, y: 25 }, false), [{ x: 10, y: 5 }, { x: 30, y: 25 }]);
});

test("with Shift, a box is a square from where the drag began", () => {
  assert.deepEqual(boxOf({ x: 30, y: 30 }, { x: 20, y: 60 }, true), [{ x: 0, y: 30 }, { x: 30, y: 60 }]);
});

test("with Shift, a line has an angle of a multiple of 15 degrees, and its length", () => {
  const end = straightened({ x: 0, y: 0 }, { x: 100, y: 4 });
  near(end, { x: Math.hypot(100, 4), y: 0 });
});

test("angles are counterclockwise on the screen", () => {
  near(turned({ x: 1, y: 0 }, 90), { x: 0, y: -1 });
  const middle = { x: 50, y: 50 };
  assert.equal(angleTo(middle, { x: 50, y: 0 }, false), 0);
  assert.equal(angleTo(middle, { x: 0, y: 50 }, false), 90);
  assert.equal(angleTo(middle, { x: 2, y: 49 }, true), 90);
});

test("an object fits into its share of the painting", () => {
  assert.deepEqual(objectSize({ w: 200, h: 50 }, { w: 1000, h: 1000 }, 0.5), { w: 500, h: 125 });
  assert.deepEqual(objectSize({ w: 50, h: 100 }, { w: 1000, h: 400 }, 0.5), { w: 100, h: 200 });
});

test("the corners of a turned object are around its middle", () => {
  const corners = objectCorners({ x: 10, y: 20, angle: 90 }, { w: 8, h: 4 });
  near(corners[0], { x: 8, y: 24 });
  near(corners[2], { x: 12, y: 16 });
});

test("a point is inside a turned box or not", () => {
  const corners = objectCorners({ x: 0, y: 0, angle: 45 }, { w: 10, h: 10 });
  assert.equal(inside({ x: 6, y: 0 }, corners), true);
  assert.equal(inside({ x: 5, y: 5 }, corners), false);
});

test("the corners of the unit square lie on those of the surface", () => {
  const corners = [{ x: 10, y: 10 }, { x: 90, y: 25 }, { x: 80, y: 70 }, { x: 5, y: 95 }];
  [[0, 0], [1, 0], [1, 1], [0, 1]].forEach(([u, v], i) => near(onSurface(corners, u, v), corners[i]));
});

test("the middle of a surface is where its diagonals meet", () => {
  const [a, b, c, d] = [{ x: 0, y: 0 }, { x: 100, y: 20 }, { x: 100, y: 60 }, { x: 0, y: 90 }];
  const middle = onSurface([a, b, c, d], 0.5, 0.5);
  const cross = (p, q, r) => (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
  assert.ok(Math.abs(cross(a, c, middle)) < 1e-6 && Math.abs(cross(b, d, middle)) < 1e-6);
});

test("corners become numbers and points again", () => {
  const numbers = [1, 2.5, 3, 4, 5, 6, 7, 8];
  assert.deepEqual(flat(pairs(numbers)), numbers);
  assert.deepEqual(pairs(null), []);
});
