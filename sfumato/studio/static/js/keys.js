/** The keyboard: one table says what each key does; the same table is shown by the help. */

import { isTyping } from "./dom.js";
import { TOOLS } from "./tools/tools.js";

/** @import {Studio} from "./studio.js" */
/** @import {Looking} from "./prefs.js" */

/** @type {{title: string, keys: [string, string][]}[]} */
export const KEYS = [
  { title: "Tools", keys: TOOLS.map(({ key, name }) => [key.replace("+", " "), name]) },
  {
    title: "Brush and region",
    keys: [
      ["[ ]", "Smaller, larger brush"],
      ["Shift [ ]", "Harder, softer brush"],
      ["Alt", "The other way: take away, or paint with the eraser"],
      ["Ctrl Z", "Undo"],
      ["Ctrl Shift Z", "Redo"],
      ["I", "Invert the region"],
      ["Delete", "Clear the region"],
      ["Esc", "Leave what is being drawn"],
    ],
  },
  {
    title: "View",
    keys: [
      ["Space", "Hold to move the view"],
      ["+ −", "Zoom in, out"],
      ["0", "Fit"],
      ["1", "100 %"],
      ["F", "Full screen"],
      ["M", "Overlay: tint, mask, edge, off"],
      ["Tab", "Next control"],
    ],
  },
  {
    title: "Compare and run",
    keys: [
      ["Q", "Photo"],
      ["W", "Result"],
      ["S", "Split"],
      ["D", "Side by side"],
      ["X", "Blink; hold to see the photo"],
      ["Ctrl Enter", "Run"],
      ["Ctrl .", "Cancel the run"],
      ["?", "This list"],
    ],
  },
];

/** @type {Record<string, Looking>} */
const LOOKINGS = { q: "photo", w: "result", s: "split", d: "side" };

/** @type {("tint"|"mask"|"edge"|"off")[]} */
const OVERLAYS = ["tint", "mask", "edge", "off"];

/**
 * Listen to the keyboard.
 * @param {Studio} studio
 * @param {{run: () => void, cancel: () => void, keys: () => void, fullScreen: () => void, blink: (now: boolean) => void}} actions
 */
export function listen(studio, actions) {
  const { picture, pointer } = studio;
  addEventListener("pointerdown", () => document.body.classList.remove("tabbing"), { capture: true });
  addEventListener("keydown", (event) => {
    if (event.key === "Tab") document.body.classList.add("tabbing");
    if (document.querySelector("dialog[open], [popover]:popover-open")) return;
    const isControl = event.ctrlKey || event.metaKey;
    if (isControl && event.key === "Enter") return act(event, actions.run);
    if (isControl && event.key === ".") return act(event, actions.cancel);
    if (isTyping(event.target)) return;
    if (isControl) return control(event);
    // Who works with the pointer on the picture does not mean the button that was pressed before.
    const isMeant = document.body.classList.contains("tabbing") || !pointer.isOver;
    const isOnControl = isMeant && event.target instanceof HTMLElement && event.target.matches("button, input, a, summary, [role=slider], [role=option]");
    if (isOnControl && [" ", "Enter", "Delete"].includes(event.key)) return;
    if (event.target === picture.canvas || !isOnControl) {
      if (studio.tool().key?.(event)) return void event.preventDefault();
      if (event.target === picture.canvas && arrows(event)) return;
    }
    if (event.altKey) return void (event.key === "Alt" && event.preventDefault());
    single(event);
  });
  addEventListener("keyup", (event) => {
    if (event.key === " ") pointer.space(false);
    if (event.key.toLowerCase() === "x") actions.blink(false);
  });
  addEventListener("blur", () => (pointer.space(false), actions.blink(false)));

  /** @param {KeyboardEvent} event @param {() => void} what */
  function act(event, what) {
    event.preventDefault();
    what();
  }

  /** @param {KeyboardEvent} event */
  function control(event) {
    const key = event.key.toLowerCase();
    if (key === "z") act(event, () => void studio.step(event.shiftKey ? "redo" : "undo"));
    else if (key === "y") act(event, () => void studio.step("redo"));
  }

  /** @param {KeyboardEvent} event */
  function arrows(event) {
    const [dx, dy] = { ArrowLeft: [48, 0], ArrowRight: [-48, 0], ArrowUp: [0, 48], ArrowDown: [0, -48] }[event.key] ?? [0, 0];
    if (!dx && !dy) return false;
    act(event, () => picture.pan(dx, dy));
    return true;
  }

  /** @param {number} factor */
  function size(factor) {
    const now = studio.prefs.get("brush");
    const next = Math.round(now * factor);
    const largest = picture.photo ? Math.max(picture.photo.w, picture.photo.h) : 2000;
    studio.prefs.set({ brush: Math.max(1, Math.min(largest, next === now ? now + Math.sign(factor - 1) : next)) });
    picture.redraw();
  }

  /** @param {number} change */
  function soften(change) {
    studio.prefs.set({ softness: Math.max(0, Math.min(1, Math.round((studio.prefs.get("softness") + change) * 10) / 10)) });
    picture.redraw();
  }

  /** @param {KeyboardEvent} event */
  function single(event) {
    const key = event.key.toLowerCase();
    if (key === " ") return act(event, () => pointer.space(true));
    // Brackets by their place as well: with Shift they are braces.
    if (key === "[" || key === "{" || event.code === "BracketLeft") return act(event, () => (event.shiftKey ? soften(-0.1) : size(1 / 1.15)));
    if (key === "]" || key === "}" || event.code === "BracketRight") return act(event, () => (event.shiftKey ? soften(0.1) : size(1.15)));
    if (key === "escape") return pointer.cancel();
    if (key === "?") return act(event, actions.keys);
    if (!studio.state?.photo) return;
    const tool = TOOLS.find((entry) => entry.key.toLowerCase() === (event.shiftKey ? `shift+${key}` : key));
    if (tool) return studio.prefs.set({ tool: tool.id });
    if (LOOKINGS[key]) return studio.prefs.set({ looking: LOOKINGS[key] });
    if (key === "x") return actions.blink(true);
    if (key === "m") return studio.prefs.set({ overlay: OVERLAYS[(OVERLAYS.indexOf(studio.prefs.get("overlay")) + 1) % OVERLAYS.length] });
    if (key === "0") return picture.fit();
    if (key === "1") return picture.actual();
    if (key === "+" || key === "=") return picture.zoom(1.25);
    if (key === "-" || key === "_") return picture.zoom(0.8);
    if (key === "f") return actions.fullScreen();
    if (studio.mode !== "restyle") return;
    if (key === "i") return void studio.region({ op: "invert" });
    if (key === "delete") return void studio.region({ op: "clear" });
  }
}
