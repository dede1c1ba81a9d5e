/** How: method, strength, color, blend of the selected layer. */

import { choice, number, segmented, slider } from "../controls.js";
import { percent } from "../rail.js";
import { folded, section } from "./section.js";

/** @import {Studio} from "../studio.js" */
/** @import {Layer} from "../types.js" */

/** @param {string[]} texts as "value: what is shown" */
const choices = (...texts) => texts.map((text) => ({ value: text.split(":")[0], text: text.slice(text.indexOf(":") + 1).trim() }));

/** @param {Studio} studio */
export function lookPanel(studio) {
  const change = (/** @type {Record<string, unknown>} */ values) => void studio.change(/** @type {Partial<Layer>} */ (values));
  const method = segmented({
    label: "Method",
    named: true,
    choices: [
      { value: "optimized", text: "Painted", title: "Optimized: best, takes a while" },
      { value: "fast", text: "Fast", title: "One pass of a network: at once, tamer strokes" },
      { value: "photo", text: "Photo", title: "The style is a photo, and the result stays one" },
    ],
    change: (value) => change({ method: value }),
  });
  const strength = slider({ label: "Strength", format: percent, change: (value) => change({ strength: value }) });
  const content = slider({
    label: "Keep shapes", min: 0, max: 1, step: 0.05, format: (value) => value.toFixed(2),
    title: "Higher keeps more of the photo", change: (value) => change({ content_weight: value }),
  });
  const color = choice({
    label: "Color",
    choices: choices("none: The style's", "luminance: The photo's", "linear: Style adapted", "histogram: Style matched"),
    change: (value) => change({ color: value }),
  });
  const blend = choice({
    label: "Blend",
    choices: choices("feather: Feather", "mrf: Best seam", "smooth: Smooth fade", "poisson: Colors that meet"),
    change: (value) => change({ blend: value }),
  });
  const edge = choice({ label: "Edge lies", choices: choices("inside: Inside", "center: Centered", "outside: Outside"), change: (value) => change({ edge: value }) });
  const feather = number({ label: "Feather", min: 0, max: 10000, unit: "px", empty: "auto", change: (value) => change({ feather: value }) });
  const own = section("Look", [method.root, strength.root, content.root, color.root, folded("Blend and edge", [blend.root, feather.root, edge.root])]);
  const update = () => {
    const layer = studio.layer();
    if (!layer) return;
    method.set(layer.method);
    strength.set(layer.strength);
    content.set(Math.min(1, layer.content_weight));
    content.root.hidden = layer.method === "fast";
    color.set(layer.color);
    blend.set(layer.blend);
    edge.set(layer.edge);
    feather.set(layer.feather);
  };
  studio.addEventListener("state", update);
  studio.prefs.watch(["layer"], update);
  return own.root;
}
