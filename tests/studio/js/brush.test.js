import assert from "node:assert/strict";
import { test } from "node:test";
import { brushTool } from "../../../sfumato/studio/static/js/tools/brush.js";

/** A studio with a photo and its overlay, which keeps what is sent. */
function studioWith(photo, size, brush) {
  const sent = [];
  const overlay = {
    size,
    stroke: null,
    begin: () => (overlay.stroke = { values: new Uint8Array(size.w * size.h) }),
    keep: () => (overlay.stroke = null),
    update: () => {},
  };
  return {
    sent,
    overlay,
    picture: { photo, redraw: () => {} },
    prefs: { get: (name) => ({ brush, softness: 0.5 })[name] },
    edit: () => {},
    fromNothing: () => {},
    changeMask: async (patch, query) => sent.push({ patch: await patch, query }),
  };
}

/** Paint a stroke. @returns {Promise<{patch: Blob, query: URLSearchParams}>} */
async function painted(studio, points) {
  const tool = brushTool(studio, false);
  tool.down(points[0], { altKey: false, shiftKey: false });
  points.slice(1).forEach((point) => tool.drag(point));
  tool.up();
  for (let i = 0; i < 100 && !studio.sent.length; i++) await new Promise((done) => setTimeout(done, 20));
  assert.equal(studio.sent.length, 1);
  return studio.sent[0];
}

const path = (count) => Array.from({ length: count }, (_, i) => ({ x: 1000 + 600 * Math.cos(i / 9), y: 900 + 500 * Math.sin(i / 7) }));

test("a short stroke is sent in the photo's pixels", async () => {
  const { query } = await painted(studioWith({ w: 6000, h: 4000 }, { w: 600, h: 400 }, 20), path(30));
  assert.equal(query.get("scale"), null);
  assert.ok(Number(query.get("w")) > 1000);
});

test("a stroke of 150 000 points is sent once, as it is shown", async () => {
  const studio = studioWith({ w: 6000, h: 4000 }, { w: 600, h: 400 }, 100);
  const { patch, query } = await painted(studio, path(150_000));
  assert.equal(query.get("scale"), "screen");
  assert.ok(Number(query.get("w")) <= 140 && Number(query.get("h")) <= 120);
  assert.ok(patch.size > 100);
});

test("a stroke on a photo that is shown at its own size is sent as it is shown, in its pixels", async () => {
  const { query } = await painted(studioWith({ w: 1700, h: 1500 }, { w: 1700, h: 1500 }, 100), path(5000));
  assert.equal(query.get("scale"), null);
});
