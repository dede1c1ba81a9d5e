/** Paste: an object from another picture, placed on the photo, which is the painting here. */

import { number, toggle } from "../controls.js";
import { el, sentence } from "../dom.js";
import { gallery } from "./gallery.js";
import { section } from "./section.js";

/** @import {Studio} from "../studio.js" */
/** @import {PastedObject} from "../types.js" */

/** @param {Studio} studio */
export function pastePanel(studio) {
  const object = () => studio.state?.panel.object ?? null;
  const patch = (/** @type {Partial<PastedObject>} */ values) => void studio.changeObject(values);
  const tiles = gallery(studio, {
    label: "Pictures with an object", add: "Add picture", ownOnly: true,
    used: () => (object() ? [/** @type {{style: string}} */ (object()).style] : []),
    choose: (id) => patch({ style: id }),
  });
  const region = el("input", { type: "text", class: "code", "aria-label": "Where the object is, as an expression", spellcheck: "false" });
  region.addEventListener("change", () => patch({ region: region.value.trim() }));
  const error = el("p", { class: "error", role: "alert", hidden: true });
  const place = (/** @type {"x"|"y"|"scale"|"angle"} */ name, /** @type {number|null} */ value) => {
    if (value === null) return;
    studio.draft({ [name]: name === "scale" ? value / 100 : value });
    void studio.placeObject();
  };
  const x = number({ label: "Middle, x", unit: "px", change: (value) => place("x", value) });
  const y = number({ label: "Middle, y", unit: "px", change: (value) => place("y", value) });
  const scale = number({ label: "Size", min: 1, max: 100, step: 0.1, unit: "%", change: (value) => place("scale", value) });
  const angle = number({ label: "Turned", min: -360, max: 360, step: 0.1, unit: "°", change: (value) => place("angle", value) });
  const harmonize = toggle({ label: "Paint it to match", title: "Repaint the object in the manner of the painting", change: (on) => patch({ harmonize: on }) });
  const where = el("div", { class: "field" }, el("span", { class: "label", text: "Object" }), region);
  const details = [where, error, el("div", { class: "pairs" }, x.root, y.root, scale.root, angle.root), harmonize.root];
  const help = el("p", { class: "note", text: "Add a picture with an object. It is cut out, and placed on the photo as on a painting." });
  const own = section("Object", [help, tiles.root]);
  const rest = section("Place", details);
  const update = () => {
    tiles.update();
    const now = object();
    rest.root.hidden = !now;
    help.hidden = Boolean(now);
    if (!now) return;
    if (document.activeElement !== region) region.value = now.region;
    error.textContent = sentence(studio.pictures.objectError);
    error.hidden = !error.textContent;
    harmonize.set(now.harmonize ?? true);
    const at = studio.place() ?? now;
    x.set(Math.round(at.x));
    y.set(Math.round(at.y));
    scale.set(Math.round(at.scale * 1000) / 10);
    angle.set(Math.round(at.angle * 10) / 10);
  };
  studio.addEventListener("state", update);
  studio.addEventListener("place", update);
  return el("div", {}, own.root, rest.root);
}
