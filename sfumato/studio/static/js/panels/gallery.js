/** The gallery of styles: those that come along, painted by code, and those that were added. */

import { askForFiles } from "../controls.js";
import { el, icon, iconButton, onChange, renew } from "../dom.js";
import { PICTURES, addStyles } from "../drop.js";

/** @import {Studio} from "../studio.js" */
/** @import {Style} from "../types.js" */

/**
 * @param {Studio} studio
 * @param {Object} options
 * @param {string} options.label
 * @param {string} options.add what the button says that adds a picture
 * @param {() => string[]} options.used ids of those in use
 * @param {(id: string) => void} options.choose
 * @param {(id: string) => void} [options.mix] adds one to those in use
 * @param {boolean} [options.ownOnly] whether those that come along are left out
 */
export function gallery(studio, { label, add, used, choose, mix, ownOnly = false }) {
  const root = el("div", { class: "gallery", role: "group", "aria-label": label });
  const upload = () =>
    askForFiles(PICTURES, async (files) => {
      const id = await addStyles(studio, files);
      if (id) choose(id);
    }, true);

  /** @param {Style} style @param {string[]} now */
  function tile(style, now) {
    const isUsed = now.includes(style.id);
    const pick = el(
      "button",
      { type: "button", class: "tile-main", "aria-pressed": String(isUsed), "aria-label": style.name, title: style.name, "data-key": `style-${style.id}` },
      el("img", { src: studio.api.url(`styles/${style.id}/thumb.jpg`), alt: "", loading: "lazy", draggable: "false" }),
      isUsed ? el("span", { class: "tick" }, icon("check")) : null,
    );
    pick.addEventListener("click", (event) => (event.shiftKey && mix ? mix(style.id) : choose(style.id)));
    return el(
      "div",
      { class: "tile" },
      pick,
      mix && now.length > 0 && !isUsed ? iconButton("plus", `Mix ${style.name} in`, () => mix(style.id), { class: "tile-add", "data-key": `mix-${style.id}` }) : null,
      style.builtin || isUsed ? null : iconButton("close", `Remove ${style.name} from the gallery`, () => void studio.api.send("DELETE", `styles/${style.id}`), { class: "tile-remove", "data-key": `drop-${style.id}` }),
    );
  }

  const draw = onChange((/** @type {[Style[], string[]]} */ [styles, now]) =>
    renew(root, [
      ...styles.map((style) => tile(style, now)),
      el("button", { type: "button", class: "tile tile-new", "data-key": "style-new", on: { click: upload }, "aria-label": add, title: add }, icon("plus"), el("span", { text: add })),
    ]),
  );
  const update = () => draw([(studio.state?.styles ?? []).filter(({ builtin }) => !ownOnly || !builtin), used()]);
  return { root, update };
}
