import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "../../../sfumato/studio/static/js/api.js";
import { Latest } from "../../../sfumato/studio/static/js/latest.js";

test("a stroke that is still being packed is sent before what comes after it", async () => {
  const sent = [];
  globalThis.fetch = async (url, { method, body }) => {
    sent.push([method, body instanceof Blob ? await body.text() : body]);
    return { ok: true, status: 204 };
  };
  const api = new Api({ base: "http://127.0.0.1/s/a/", accept: () => {} }, assert.fail);
  let packed = () => {};
  const stroke = api.send("PUT", "mask", new Promise((resolve) => (packed = () => resolve(new Blob(["stroke"])))));
  const undo = api.send("POST", "undo");
  assert.equal(api.pending, 2);
  packed();
  await Promise.all([stroke, undo]);
  assert.deepEqual(sent, [["PUT", "stroke"], ["POST", undefined]]);
});

test("a picture that a lost connection kept away is fetched when it is wanted again", async () => {
  const shown = [];
  let isConnected = false;
  const fetch = async (path) => {
    if (!isConnected) throw new TypeError("no connection");
    return path;
  };
  const latest = new Latest(fetch, (picture) => shown.push(picture));
  await latest.want("a.jpg");
  isConnected = true;
  await latest.want("a.jpg");
  await latest.want("a.jpg");
  assert.deepEqual(shown, ["a.jpg"]);
});

test("it is said when the last command has been answered, even by a refusal", async () => {
  const heard = [];
  globalThis.fetch = async (url) => ({ ok: url.endsWith("a"), status: url.endsWith("a") ? 204 : 400, json: async () => ({ error: "no" }) });
  const api = new Api({ base: "http://127.0.0.1/s/a/", accept: () => {} }, () => {});
  api.onidle = () => heard.push(api.pending);
  await Promise.all([api.send("PATCH", "a"), api.send("PATCH", "b")]);
  await api.last;
  assert.deepEqual(heard, [0]);
});
