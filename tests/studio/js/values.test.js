import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { points } from "../../../sfumato/studio/static/js/curve.js";
import { PALETTE, paint } from "../../../sfumato/studio/static/js/matches.js";
import { shownPath } from "../../../sfumato/studio/static/js/shown.js";
import { grayPng } from "../../../sfumato/studio/static/js/png.js";
import { wanted } from "../../../sfumato/studio/static/js/ready.js";

test("a gray PNG holds the values", async () => {
  const [w, h] = [7, 5];
  const values = Uint8Array.from({ length: w * h }, (_, i) => (i * 37) % 256);
  const file = Buffer.from(await (await grayPng(w, h, values)).arrayBuffer());
  assert.equal(file.subarray(1, 4).toString(), "PNG");
  assert.deepEqual([file.readUInt32BE(16), file.readUInt32BE(20), file[24], file[25]], [w, h, 8, 0]);
  const length = file.readUInt32BE(33);
  const rows = inflateSync(file.subarray(41, 41 + length));
  const found = new Uint8Array(w * h);
  for (let y = 0; y < h; y++) {
    assert.equal(rows[y * (w + 1)], 2);
    for (let x = 0; x < w; x++) found[y * w + x] = rows[y * (w + 1) + 1 + x] + (y ? found[(y - 1) * w + x] : 0);
  }
  assert.deepEqual(found, values);
});

test("labels take their colors, and are counted", () => {
  const pixels = new Uint8ClampedArray([0, 0, 0, 255, 2, 2, 2, 255, 2, 2, 2, 255]);
  const counts = paint(pixels);
  assert.deepEqual([counts[0], counts[1], counts[2]], [1, 0, 2]);
  assert.equal(pixels[3], 0);
  const color = parseInt(PALETTE[1].slice(1), 16);
  assert.deepEqual([...pixels.slice(4, 8)], [color >> 16, (color >> 8) & 255, color & 255, 255]);
});

test("a falling loss is a falling curve from edge to edge", () => {
  assert.equal(points([100, 10, 1], 200, 44), "0.0,2.0 100.0,22.0 200.0,42.0");
  assert.equal(points([3], 200, 40), "0.0,20.0");
});

const layer = { name: "Sky", on: true, region: "all", region_error: null, coverage: 0.4, styles: [{ style: "a" }] };
const state = { photo: {}, layers: [layer], panel: { mode: "restyle", corners: null, object: null, reference: null }, job: null, results: [] };

test("a run says what it still needs", () => {
  assert.equal(wanted(state), "");
  assert.match(wanted({ ...state, photo: null }), /photo/);
  assert.match(wanted({ ...state, layers: [{ ...layer, styles: [] }] }), /style/);
  assert.match(wanted({ ...state, layers: [{ ...layer, coverage: 0 }] }), /region/);
  assert.match(wanted({ ...state, layers: [{ ...layer, region_error: "no" }] }), /“Sky”/);
  assert.match(wanted({ ...state, layers: [{ ...layer, on: false }] }), /on/);
  for (const mode of ["paste", "photo", "surface"]) assert.notEqual(wanted({ ...state, panel: { ...state.panel, mode } }), "");
});

test("what is painted now is shown before what was painted", () => {
  const results = [{ id: "new" }, { id: "old" }];
  const job = { kind: "paint", state: "running", preview: 7 };
  assert.equal(shownPath({ ...state, job, results }, ""), "preview/7.jpg");
  assert.equal(shownPath({ ...state, job, results }, "old"), "results/old/screen.jpg");
  assert.equal(shownPath({ ...state, job: { ...job, state: "done" }, results }, ""), "results/new/screen.jpg");
  assert.equal(shownPath({ ...state, job: { ...job, kind: "look", state: "done" }, results }, ""), "preview/7.jpg");
  assert.equal(shownPath({ ...state, job: { ...job, preview: 0 } }, ""), "");
});
