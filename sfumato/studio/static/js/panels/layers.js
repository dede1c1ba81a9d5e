/** The list of layers, top first: selected, renamed, moved, switched off, copied, taken away. */

import { confirmed, menu } from "../dialogs.js";
import { el, icon, iconButton, onChange, renew } from "../dom.js";
import { percent } from "../rail.js";
import { section } from "./section.js";
import { sortable } from "./sorting.js";

/** @import {Studio} from "../studio.js" */
/** @import {Layer} from "../types.js" */

/** @param {Studio} studio */
export function layersPanel(studio) {
  const list = el("ul", { class: "layers", "aria-label": "Layers, top first" });
  const add = iconButton("plus", "Add a layer", () => void studio.addLayer());
  const own = section("Layers", [list], { action: add });
  /** @type {string|null} id of the one whose name is being written */
  let renaming = null;
  const isSorting = sortable(list, (from, to) => {
    const layer = studio.state?.layers[from];
    if (layer) void move(layer.id, to);
  });

  /** @param {string} id @param {Partial<Layer>} values */
  const patch = (id, values) => void studio.api.send("PATCH", `layers/${id}`, values);

  /** @param {string} id @param {number} to */
  async function move(id, to) {
    const order = (studio.state?.layers ?? []).map((layer) => layer.id);
    const from = order.indexOf(id);
    if (from < 0 || to < 0 || to >= order.length || from === to) return;
    order.splice(to, 0, ...order.splice(from, 1));
    await studio.api.send("PUT", "layers/order", order);
    studio.say(`Layer moved to place ${to + 1} of ${order.length}`);
  }

  /** @param {Layer} layer */
  async function remove(layer) {
    if (await confirmed("Delete this layer?", `“${layer.name}” goes with its region and settings.`, "Delete")) {
      await studio.api.send("DELETE", `layers/${layer.id}`);
    }
  }

  /** @param {string} id */
  function rename(id) {
    renaming = id;
    draw();
    const input = list.querySelector("input");
    input?.focus();
    input?.select();
  }

  /** @param {Layer} layer */
  function nameOf(layer) {
    if (renaming !== layer.id) return el("span", { class: "layer-name", text: layer.name });
    const input = el("input", { type: "text", class: "layer-name", "aria-label": "Name of the layer", value: layer.name, maxlength: 80 });
    const done = (/** @type {boolean} */ keep) => {
      if (renaming !== layer.id) return;
      renaming = null;
      const name = input.value.trim();
      if (keep && name && name !== layer.name) patch(layer.id, { name });
      draw();
      /** @type {HTMLElement|null} */ (list.querySelector(`[data-key="${layer.id}"]`))?.focus();
    };
    input.addEventListener("blur", () => done(true));
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") done(true);
      if (event.key === "Escape") done(false);
    });
    return input;
  }

  /** @param {Layer} layer @param {number} at @param {number} count */
  function row(layer, at, count) {
    const isSelected = studio.layer()?.id === layer.id;
    const eye = iconButton(layer.on ? "eye" : "eye-off", layer.on ? `Switch “${layer.name}” off` : `Switch “${layer.name}” on`, () => patch(layer.id, { on: !layer.on }), { "data-key": `${layer.id}-eye`, "aria-pressed": String(layer.on) });
    const more = iconButton("more", `More for “${layer.name}”`, () => {}, { "data-key": `${layer.id}-more` });
    menu(more, () => [
      { text: "Rename (F2)", act: () => rename(layer.id) },
      { text: "Duplicate", act: () => void studio.addLayer(layer.id) },
      { text: "Move up (Alt+↑)", act: () => void move(layer.id, at - 1), off: at === 0 },
      { text: "Move down (Alt+↓)", act: () => void move(layer.id, at + 1), off: at === count - 1 },
      null,
      { text: "Delete", act: () => void remove(layer), off: count === 1 },
    ]);
    const style = layer.styles[0]?.style;
    const thumb = style ? el("img", { class: "layer-thumb", alt: "", src: studio.api.url(`styles/${style}/thumb.jpg`), draggable: "false" }) : el("span", { class: "layer-thumb none" }, icon("brush"));
    const facts = layer.region_error ? "region has an error" : layer.coverage > 0 ? `${percent(layer.coverage)} of the photo` : "nothing selected";
    const select = el(
      renaming === layer.id ? "div" : "button",
      { class: "layer-main", ...(renaming !== layer.id && { type: "button", "aria-pressed": String(isSelected), "aria-keyshortcuts": "F2 Alt+ArrowUp Alt+ArrowDown Delete", "data-key": layer.id }) },
      thumb,
      el("span", { class: "layer-text" }, nameOf(layer), el("span", { class: "layer-facts", text: facts })),
    );
    if (renaming !== layer.id) {
      select.addEventListener("click", () => studio.prefs.set({ layer: layer.id }));
      select.addEventListener("dblclick", () => rename(layer.id));
    }
    const item = el("li", { class: `layer${isSelected ? " selected" : ""}${layer.on ? "" : " is-off"}`, "data-id": layer.id }, el("span", { class: "grip", "aria-hidden": "true" }, icon("grip")), select, eye, more);
    item.addEventListener("keydown", (event) => keys(event, layer, at));
    return item;
  }

  /** @param {KeyboardEvent} event @param {Layer} layer @param {number} at */
  function keys(event, layer, at) {
    if (/** @type {HTMLElement} */ (event.target).tagName === "INPUT") return;
    const isMain = /** @type {HTMLElement} */ (event.target).classList.contains("layer-main");
    if (event.key === "F2") rename(layer.id);
    else if (event.altKey && event.key === "ArrowUp") void move(layer.id, at - 1);
    else if (event.altKey && event.key === "ArrowDown") void move(layer.id, at + 1);
    else if (isMain && event.key === "Delete" && list.children.length > 1) void remove(layer);
    else if (isMain && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const next = list.children[at + (event.key === "ArrowUp" ? -1 : 1)];
      /** @type {HTMLElement|null} */ (next?.querySelector(".layer-main"))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function draw() {
    const layers = studio.state?.layers ?? [];
    renew(list, layers.map((layer, at) => row(layer, at, layers.length)));
  }

  const update = onChange(() => {
    if (!renaming && !isSorting()) draw();
  });
  const seen = () => update([studio.layer()?.id, studio.state?.layers.map(({ id, name, on, coverage, region_error, styles }) => [id, name, on, coverage, region_error, styles[0]?.style])]);
  studio.addEventListener("state", seen);
  studio.prefs.watch(["layer"], seen);
  return own.root;
}
