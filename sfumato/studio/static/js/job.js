/** Run: a first look by itself, a painting on demand; progress, loss curve, time left, cancel. */

import { number, segmented, toggle } from "./controls.js";
import { byId, el, icon, sentence } from "./dom.js";
import { curve } from "./curve.js";
import { folded } from "./panels/section.js";
import { isActive, wanted } from "./ready.js";

/** @import {Studio} from "./studio.js" */
/** @import {Job} from "./types.js" */

// Milliseconds without a change before a first look is painted.
const PAUSE = 350;

/** @param {Studio} studio @returns {{run: () => void, cancel: () => void}} */
export function makeJob(studio) {
  const { prefs, api } = studio;
  const presets = segmented({
    label: "Quality",
    choices: [
      { value: "draft", text: "Draft", title: "Small and quick" },
      { value: "normal", text: "Normal" },
      { value: "fine", text: "Fine", title: "Large; takes several times as long" },
    ],
    change: (preset) => void api.send("PATCH", "settings", { preset }),
  });
  const size = number({ label: "Size", min: 0, max: 100000, unit: "px", empty: "preset", change: (value) => void api.send("PATCH", "settings", { size: value }) });
  const seed = number({ label: "Seed", min: 0, max: 2 ** 31, change: (value) => void api.send("PATCH", "settings", { seed: value }) });
  const live = toggle({ label: "First look as settings change", title: "Painted in about a second by the fast method", change: (on) => prefs.set({ live: on }) });
  const more = folded("Size and seed", [size.root, seed.root]);
  const button = el("button", { type: "button", class: "button primary run", title: "Ctrl+Enter", on: { click: run } }, icon("play"), "Run");
  const why = el("p", { class: "note" });
  const idle = el("div", { class: "stack" }, el("div", { class: "run-row" }, presets.root, button), why, live.root, more);

  const bar = el("div", { class: "progress", role: "progressbar", "aria-label": "Progress", "aria-valuemin": "0", "aria-valuemax": "100" }, el("span"));
  const title = el("strong");
  const left = el("span", { class: "left" });
  const steps = el("span", { class: "steps" });
  const loss = curve();
  const stop = el("button", { type: "button", class: "button", title: "Ctrl+. keeps the best so far", on: { click: cancel } }, icon("stop"), "Cancel");
  const busy = el("div", { class: "stack busy" }, el("div", { class: "busy-head" }, title, left), bar, loss.root, el("div", { class: "busy-foot" }, steps, stop));
  const outcome = el("p", { class: "outcome", role: "status", hidden: true });
  byId("job").append(busy, outcome, idle);

  function run() {
    if (isActive(studio.state?.job) && studio.state?.job?.kind === "paint") return;
    prefs.set({ result: "", looking: prefs.get("looking") === "photo" ? "result" : prefs.get("looking") });
    void api.send("POST", "job", { kind: "paint" });
  }

  function cancel() {
    void api.send("DELETE", "job");
  }

  /** @param {Job} job */
  function showBusy(job) {
    const isQueued = job.state === "queued";
    title.textContent = isQueued ? (job.place > 0 ? `Waiting: place ${job.place} in line` : "Starting…") : job.kind === "look" ? "First look" : "Painting";
    left.textContent = !isQueued && job.left !== null && job.kind === "paint" ? `${time(job.left)} left` : "";
    const share = Math.round(100 * job.fraction);
    bar.setAttribute("aria-valuenow", String(share));
    bar.classList.toggle("unknown", isQueued || (job.fraction === 0 && job.state === "running"));
    /** @type {HTMLElement} */ (bar.firstElementChild).style.width = `${share}%`;
    steps.textContent = job.steps ? `Step ${job.step} of ${job.steps} · ${time(job.seconds)}` : job.note;
    loss.set(job.loss);
    loss.root.toggleAttribute("hidden", job.loss.length < 2);
  }

  let shown = "";
  prefs.watch(["live"], () => live.set(prefs.get("live")));
  studio.addEventListener("state", () => {
    const state = studio.state;
    if (!state) return;
    const { job, settings } = state;
    const isPainting = isActive(job) && job?.kind === "paint";
    byId("job").hidden = !state.photo;
    busy.hidden = !isPainting;
    idle.hidden = isPainting;
    if (job && isPainting) showBusy(job);
    button.classList.toggle("looking", isActive(job) && job?.kind === "look");
    presets.set(settings.preset);
    size.set(settings.size);
    seed.set(settings.seed);
    const missing = wanted(state);
    button.disabled = Boolean(missing);
    why.textContent = missing;
    why.hidden = !missing;
    outcome.hidden = !job || isActive(job) || !(job.error || (job.kind === "paint" && job.state === "cancelled"));
    outcome.textContent = sentence(job?.error) || "Canceled. The best so far is kept.";
    outcome.classList.toggle("error", Boolean(job?.error));
    const now = `${job?.id} ${job?.state}`;
    if (shown && now !== shown && job?.kind === "paint" && job.state === "done") studio.say(`Painted in ${time(job.seconds)}`);
    shown = now;
  });
  looks(studio);
  return { run, cancel };
}

/** Paint a first look when settings have changed. @param {Studio} studio */
function looks(studio) {
  const { prefs, api } = studio;
  /** @type {string|null} */
  let where = null;
  /** @type {string|null} */
  let how = null;
  let which = "";
  let isDue = false;
  let isForResult = false;
  let timer = 0;
  const start = () => {
    const { state } = studio;
    if (!isDue || !state || !prefs.get("live") || wanted(state) || isActive(state.job)) return;
    isDue = false;
    prefs.set({ result: "" });
    if (isForResult && prefs.get("looking") === "photo" && studio.mode === "restyle") prefs.set({ looking: "result" });
    isForResult = false;
    void api.send("POST", "job", { kind: "look" });
  };
  studio.addEventListener("state", () => {
    const { state } = studio;
    if (!state?.photo) return void (where = how = null);
    const { layers, panel, photo } = state;
    const nowWhere = JSON.stringify([photo.version, panel.mode, panel.corners, panel.object, layers.map(({ id, on, region, mask_version }) => [id, on, region, mask_version])]);
    const nowWhich = layers.map(({ id }) => id).join();
    const nowHow = JSON.stringify([panel.reference, layers.map(({ styles, method, strength, color, blend, feather, edge, content_weight }) => [styles, method, strength, color, blend, feather, edge, content_weight])]);
    if (where !== null && (nowWhere !== where || nowHow !== how)) {
      isDue = true;
      // What changed last decides: who draws a region wants to go on drawing.
      isForResult = nowHow !== how && nowWhich === which;
      clearTimeout(timer);
      timer = setTimeout(start, PAUSE);
    } else if (isDue && !isActive(state.job)) {
      clearTimeout(timer);
      timer = setTimeout(start, PAUSE);
    }
    [where, how, which] = [nowWhere, nowHow, nowWhich];
  });
}

/** @param {number} seconds */
export function time(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
