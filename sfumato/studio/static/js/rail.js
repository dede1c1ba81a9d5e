/** The rail of tools, and the options of the tool in hand. */

import { number, segmented, slider } from "./controls.js";
import { byId, el, iconButton } from "./dom.js";
import { LOOKING, TOOLS } from "./tools/tools.js";

/** @import {Studio} from "./studio.js" */

const HINTS = {
  object: "Drag the object; corners scale it, the handle above turns it",
  corners: "Drag the four corners onto the surface",
  hand: "Drag to move the view; the wheel zooms",
};

/** @param {Studio} studio */
export function makeRail(studio) {
  const buttons = new Map(
    TOOLS.map(({ id, name, key, hint }) => [
      id,
      iconButton(id, `${name} (${key})`, () => studio.prefs.set({ tool: id }), { title: `${name} (${key})\n${hint}`, "aria-pressed": "false", tabindex: "-1" }),
    ]),
  );
  const rail = byId("rail");
  TOOLS.forEach(({ id, group }, i) => {
    if (i && TOOLS[i - 1].group !== group) rail.append(el("hr"));
    rail.append(/** @type {HTMLElement} */ (buttons.get(id)));
  });
  rail.addEventListener("keydown", (event) => {
    const all = [...buttons.values()].filter((button) => !button.hidden);
    const now = all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all[(next + all.length) % all.length].focus();
  });
  const update = () => {
    for (const [id, button] of buttons) {
      const isIn = studio.toolName === id;
      button.setAttribute("aria-pressed", String(isIn));
      button.tabIndex = isIn ? 0 : -1;
      button.hidden = studio.mode !== "restyle" && !LOOKING.includes(id);
    }
    for (const line of rail.querySelectorAll("hr")) line.hidden = studio.mode !== "restyle";
    if (![...buttons.values()].some((button) => button.tabIndex === 0)) /** @type {HTMLElement} */ (buttons.get("hand")).tabIndex = 0;
  };
  studio.addEventListener("tool", update);
  update();
  makeOptions(studio);
}

/** @param {Studio} studio */
function makeOptions(studio) {
  const { prefs } = studio;
  const size = slider({
    // The slider is even to the hand: equal ways are equal factors.
    label: "Size", min: 0, max: 12, step: 0.05,
    format: (value) => `${Math.round(2 ** value)} px`,
    input: (value) => prefs.set({ brush: Math.max(1, Math.round(2 ** value)) }),
    title: "[ and ]",
  });
  const softness = slider({ label: "Softness", format: percent, input: (value) => prefs.set({ softness: value }), title: "Shift+[ and Shift+]" });
  const way = segmented({
    label: "Add or take away",
    choices: [{ value: "add", text: "Add", icon: "add" }, { value: "take", text: "Take away", icon: "take" }],
    change: (value) => prefs.set({ remove: value === "take" }),
  });
  const amount = number({ label: "by", min: 1, max: 999, unit: "px", change: (value) => value && prefs.set({ amount: value }) });
  const change = (/** @type {string} */ text, /** @type {string} */ op, /** @type {string} */ title, measured = false) =>
    el("button", { type: "button", class: "button small", text, title, on: { click: () => void studio.region({ op, ...(measured && { amount: prefs.get("amount") }) }) } });
  const hint = el("span", { class: "hint" });
  const brush = el("div", { class: "group" }, size.root, softness.root);
  const shape = el("div", { class: "group" }, way.root);
  const region = el(
    "div",
    { class: "group edits", role: "group", "aria-label": "Change the region" },
    change("Grow", "grow", "Widen the region", true),
    change("Shrink", "shrink", "Narrow the region", true),
    change("Feather", "feather", "Soften its edge", true),
    amount.root,
    el("span", { class: "divider" }),
    change("Refine", "refine", "Fit the edge to the photo"),
    change("Invert", "invert", "Select everything else (I)"),
    change("All", "all", "Select the whole photo"),
    change("Clear", "clear", "Select nothing (Delete)"),
  );
  const root = byId("options");
  root.append(brush, shape, hint, region);
  prefs.watch(["brush"], () => size.set(Math.log2(prefs.get("brush"))));
  prefs.watch(["softness"], () => softness.set(prefs.get("softness")));
  prefs.watch(["remove"], () => way.set(prefs.get("remove") ? "take" : "add"));
  prefs.watch(["amount"], () => amount.set(prefs.get("amount")));
  const update = () => {
    const name = studio.toolName;
    const entry = TOOLS.find(({ id }) => id === name);
    const isBrush = name === "brush" || name === "eraser";
    root.hidden = !studio.state?.photo;
    brush.hidden = !isBrush;
    shape.hidden = !entry || entry.group < 2 || entry.group > 3;
    region.hidden = studio.mode !== "restyle" || LOOKING.includes(name);
    hint.hidden = isBrush;
    hint.textContent = entry && studio.mode === "restyle" ? entry.hint : (/** @type {Record<string, string>} */ (HINTS)[name] ?? "");
  };
  studio.addEventListener("tool", update);
  studio.addEventListener("state", update);
}

/** @param {number} share */
export function percent(share) {
  return `${Math.round(100 * share)} %`;
}
