/** Split view and blink: a bar that is dragged between photo and result, and a switch between them. */

import { byId, el } from "./dom.js";

/** @import {Studio} from "./studio.js" */

// Milliseconds that each picture is shown.
const BLINK = 700;

/** @param {Studio} studio @returns {{blink: (now: boolean) => void}} */
export function makeCompare(studio) {
  const { picture, prefs } = studio;
  const bar = el(
    "div",
    { class: "split-bar", role: "slider", tabindex: "0", "aria-label": "Where photo and result meet", "aria-valuemin": "0", "aria-valuemax": "100" },
    el("span", { class: "split-grip" }),
  );
  const tags = { before: el("span", { class: "tag before", text: "Photo" }), after: el("span", { class: "tag after", text: "Result" }) };
  const root = byId("compare");
  root.append(tags.before, tags.after, bar);
  const set = (/** @type {number} */ split) => prefs.set({ split: Math.max(0, Math.min(1, split)) });
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    event.preventDefault();
    bar.focus();
  });
  bar.addEventListener("pointermove", (event) => {
    if (bar.hasPointerCapture(event.pointerId)) set(picture.at(event).x / picture.stage.w);
  });
  bar.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 0.1 : 0.02;
    const now = prefs.get("split");
    const next = { ArrowLeft: now - step, ArrowRight: now + step, Home: 0, End: 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    set(next);
  });
  prefs.watch(["split"], () => {
    const share = 100 * prefs.get("split");
    bar.style.left = `clamp(12px, ${share}%, calc(100% - 12px))`;
    bar.setAttribute("aria-valuenow", share.toFixed(0));
    bar.setAttribute("aria-valuetext", `${share.toFixed(0)} % photo`);
  });
  let timer = 0;
  const show = (/** @type {boolean} */ blinked) => {
    picture.blinked = blinked;
    tags.before.hidden = blinked;
    tags.after.hidden = !blinked;
    picture.redraw();
  };
  prefs.watch(["looking"], () => {
    const looking = prefs.get("looking");
    clearInterval(timer);
    root.dataset.looking = looking;
    bar.hidden = looking !== "split";
    tags.before.hidden = tags.after.hidden = !["split", "side"].includes(looking);
    if (looking !== "blink") return;
    show(true);
    timer = setInterval(() => show(!picture.blinked), BLINK);
  });
  return {
    blink: (now) => {
      picture.isPeeking = now;
      picture.redraw();
    },
  };
}
