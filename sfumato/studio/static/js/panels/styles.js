/** In whose manner: the styles of the selected layer, with their weights. */

import { slider } from "../controls.js";
import { el, iconButton, onChange, renew } from "../dom.js";
import { percent } from "../rail.js";
import { gallery } from "./gallery.js";
import { folded, section } from "./section.js";

/** @import {Studio} from "../studio.js" */
/** @import {Layer, StyleUse} from "../types.js" */

/**
 * @param {Studio} studio
 * @param {() => Layer|null} [layer] whose styles they are; the selected one when left out
 */
export function stylesPanel(studio, layer = () => studio.layer()) {
  const uses = () => layer()?.styles ?? [];
  const mix = el("div", { class: "mix" });
  const set = (/** @type {StyleUse[]} */ styles) => {
    const own = layer();
    if (own) void studio.api.send("PATCH", `layers/${own.id}`, { styles });
  };
  const without = (/** @type {string} */ id) => set(uses().filter(({ style }) => style !== id));
  const choose = (/** @type {string} */ id) => {
    const now = uses();
    if (now.length > 1 && now.some(({ style }) => style === id)) without(id);
    else if (now.length !== 1 || now[0].style !== id) set([{ style: id, weight: 1, scale: now[0]?.scale ?? 1 }]);
  };
  const tiles = gallery(studio, {
    label: "Styles", add: "Add style",
    used: () => uses().map(({ style }) => style),
    choose,
    mix: (id) => set([...uses().filter(({ style }) => style !== id), { style: id, weight: 1, scale: 1 }]),
  });
  const own = section("Style", [tiles.root, mix]);

  /** @param {StyleUse} use @param {number} count */
  function row(use, count) {
    const name = studio.state?.styles.find(({ id }) => id === use.style)?.name ?? use.style;
    const change = (/** @type {Partial<StyleUse>} */ values) => set(uses().map((each) => (each.style === use.style ? { ...each, ...values } : each)));
    const others = uses().reduce((sum, each) => sum + (each.style === use.style ? 0 : each.weight), 0);
    const weight = slider({ label: name, min: 0.05, step: 0.05, format: (value) => percent(value / (value + others)), change: (value) => change({ weight: value }), title: "Its share of the mix", key: `weight-${use.style}` });
    const scale = slider({ label: count > 1 ? `Stroke size of ${name}` : "Stroke size", min: -2, max: 2, step: 0.25, format: (value) => `${(2 ** value).toFixed(2)} ×`, change: (value) => change({ scale: 2 ** value }), key: `scale-${use.style}` });
    weight.set(Math.min(1, use.weight));
    scale.set(Math.log2(use.scale));
    const image = el("img", { src: studio.api.url(`styles/${use.style}/thumb.jpg`), alt: "" });
    const out = iconButton("close", `Take ${name} out of the mix`, () => without(use.style), { class: "small" });
    return { weight: el("div", { class: "mix-row" }, image, weight.root, out), scale: scale.root };
  }

  const drawMix = onChange((/** @type {StyleUse[]} */ now) => {
    const rows = now.map((use) => row(use, now.length));
    if (rows.length < 2) return renew(mix, rows.map(({ scale }) => scale));
    renew(mix, [...rows.map(({ weight }) => weight), folded("Stroke sizes", rows.map(({ scale }) => scale))]);
  });
  const update = () => {
    tiles.update();
    drawMix(uses());
    own.aside.textContent = uses().length > 1 ? `${uses().length} mixed` : "";
  };
  studio.addEventListener("state", update);
  studio.prefs.watch(["layer"], update);
  return { root: own.root, choose };
}
