import assert from "node:assert/strict";
import { test } from "node:test";
import { LARGEST, View, centered, fitted, pinched } from "../../../sfumato/studio/static/js/view.js";

const NONE = { top: 0, right: 0, bottom: 0, left: 0 };
const near = (one, other) => assert.ok(Math.abs(one - other) < 1e-9, `${one} is not ${other}`);

test("the way to the stage and back is the identity", () => {
  const view = new View(1.7, 31, -12);
  const back = view.toPhoto(view.toStage({ x: 12.5, y: 80 }));
  near(back.x, 12.5);
  near(back.y, 80);
});

test("zooming leaves what is under the pointer there", () => {
  const view = new View(0.5, 10, 20);
  const at = { x: 200, y: 90 };
  const before = view.toPhoto(at);
  const after = view.zoomed(1.25, at).toPhoto(at);
  near(after.x, before.x);
  near(after.y, before.y);
  near(view.zoomed(1.25, at).scale, 0.625);
});

test("zooming ends at the largest scale, without moving", () => {
  const view = new View(LARGEST, 5, 6);
  assert.ok(view.zoomed(2, { x: 100, y: 100 }).equals(view));
});

test("a photo is fitted into the room between the bars", () => {
  const view = fitted({ w: 4000, h: 2000 }, { w: 1000, h: 800 }, { top: 100, right: 50, bottom: 60, left: 150 });
  near(view.scale, 0.2);
  near(view.x, 150);
  near(view.y, 100 + (640 - 400) / 2);
});

test("a tiny photo is enlarged four times at most", () => {
  near(fitted({ w: 10, h: 10 }, { w: 1000, h: 1000 }, NONE).scale, 4);
});

test("100 % stands in the middle", () => {
  const view = centered({ w: 100, h: 50 }, { w: 300, h: 200 }, NONE, 1);
  assert.deepEqual([view.x, view.y], [100, 75]);
});

test("a photo cannot be moved out of sight", () => {
  const kept = new View(1, 5000, -5000).kept({ w: 400, h: 300 }, { w: 800, h: 600 });
  assert.deepEqual([kept.x, kept.y], [800 - 48, 48 - 300]);
  const inside = new View(1, 20, 30);
  assert.ok(inside.kept({ w: 400, h: 300 }, { w: 800, h: 600 }).equals(inside));
});

test("what is under two fingers stays under them", () => {
  const view = new View(1, 0, 0);
  const before = [{ x: 100, y: 100 }, { x: 200, y: 100 }];
  const after = [{ x: 80, y: 130 }, { x: 280, y: 130 }];
  const pinch = pinched(view, before, after);
  near(pinch.scale, 2);
  before.forEach((finger, i) => {
    const there = pinch.toStage(view.toPhoto(finger));
    near(there.x, after[i].x);
    near(there.y, after[i].y);
  });
});
