/** Photo: another photo whose look is taken over, and the labels that both have. */

import { toggle } from "../controls.js";
import { el, onChange, renew } from "../dom.js";
import { percent } from "../rail.js";
import { gallery } from "./gallery.js";
import { section } from "./section.js";

/** @import {Studio} from "../studio.js" */
/** @import {MatchedLabel} from "../types.js" */

/** @param {Studio} studio */
export function photoPanel(studio) {
  const reference = () => studio.state?.panel.reference ?? null;
  const tiles = gallery(studio, {
    label: "Reference photos", add: "Add photo", ownOnly: true,
    used: () => (reference() ? [/** @type {{style: string}} */ (reference()).style] : []),
    choose: (id) => void studio.api.send("PATCH", "panel", { reference: { style: id } }),
  });
  const help = el("p", { class: "note", text: "Add a photo whose light and color this one is to take over. Sky takes after sky, grass after grass." });
  const own = section("Reference", [help, tiles.root]);
  const picture = el("img", { class: "reference", alt: "The reference" });
  const labels = el("img", { class: "reference over", alt: "" });
  const note = el("p", { class: "note" });
  const list = el("table", { class: "labels" });
  const shown = toggle({ label: "Show on both pictures", change: (on) => studio.prefs.set({ matches: on }) });
  const matched = section("Matched labels", [el("div", { class: "reference-frame" }, picture, labels), note, list, shown.root]);
  const draw = onChange((/** @type {MatchedLabel[]} */ found) => {
    const head = el("tr", {}, el("th", { scope: "col", text: "Label" }), el("th", { scope: "col", text: "Photo" }), el("th", { scope: "col", text: "Reference" }));
    renew(list, [
      head,
      ...found.map(({ name, share, reference_share, color }) => {
        const dot = el("span", { class: "dot" });
        dot.style.backgroundColor = color;
        return el("tr", {}, el("th", { scope: "row" }, dot, name), el("td", { text: percent(share) }), el("td", { text: percent(reference_share) }));
      }),
    ]);
  });
  const update = () => {
    tiles.update();
    const now = reference();
    matched.root.hidden = !now;
    help.hidden = Boolean(now);
    if (!now) return;
    const source = studio.api.url(`styles/${now.style}/full`);
    if (picture.src !== source) picture.src = source;
    const over = now.state === "ready" ? studio.api.url(`panel/reference_labels.png?v=${now.version}`) : "";
    if (over && labels.src !== over) labels.src = over;
    labels.hidden = !over || !studio.prefs.get("matches");
    note.textContent = { none: "", working: "Looking for what both photos have…", ready: "", failed: now.error ?? "" }[now.state];
    note.hidden = !note.textContent;
    note.classList.toggle("working", now.state === "working");
    list.hidden = !now.labels.length;
    draw(now.labels);
  };
  studio.addEventListener("state", update);
  studio.prefs.watch(["matches"], () => {
    shown.set(studio.prefs.get("matches"));
    update();
  });
  return el("div", {}, own.root, matched.root);
}
