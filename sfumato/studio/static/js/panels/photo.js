/** Photo: another photo whose look is taken over, and the labels that both have. */

import { toggle } from "../controls.js";
import { el, renew, sentence } from "../dom.js";
import { findMatches } from "../matches.js";
import { percent } from "../rail.js";
import { gallery } from "./gallery.js";
import { section } from "./section.js";

/** @import {Studio} from "../studio.js" */

// Longer side of the reference as it is shown, in pixels.
const SHOWN = 560;

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
  const picture = el("canvas", { class: "reference", role: "img", "aria-label": "The reference, with its labels" });
  const note = el("p", { class: "note" });
  const list = el("table", { class: "labels" });
  const shown = toggle({ label: "Show on both pictures", change: (on) => studio.prefs.set({ matches: on }) });
  const limit = el("p", { class: "note" });
  const matched = section("Matched labels", [picture, note, list, shown.root, limit]);
  /** What the labels were looked for; the latest counts. */
  let asked = "";
  /** @type {ImageBitmap|null} */
  let source = null;

  function draw() {
    const context = picture.getContext("2d");
    if (!context || !source) return;
    const scale = Math.min(1, SHOWN / Math.max(source.width, source.height));
    [picture.width, picture.height] = [source.width * scale, source.height * scale];
    context.drawImage(source, 0, 0, picture.width, picture.height);
    const labels = studio.pictures.matches?.reference;
    if (!labels || !studio.prefs.get("matches")) return;
    context.globalAlpha = 0.55;
    context.drawImage(labels, 0, 0, picture.width, picture.height);
  }

  /** @param {string} line @param {boolean} [isWorking] */
  function say(line, isWorking = false) {
    note.textContent = line;
    note.hidden = !line;
    note.classList.toggle("working", isWorking);
  }

  async function look() {
    const now = reference();
    const key = JSON.stringify([studio.state?.photo?.version, now?.style]);
    if (studio.mode !== "photo" || !now || !studio.state?.photo || key === asked) return;
    asked = key;
    studio.pictures.matches = source = null;
    renew(list, []);
    say("Looking for what both photos have…", true);
    source = await studio.api.picture(`styles/${now.style}/full`).catch(() => null);
    draw();
    const found = await findMatches(studio.api);
    if (asked !== key) return;
    studio.pictures.matches = found;
    say(sentence(found?.found) || "No labels; the look is taken from the whole picture.");
    const head = el("tr", {}, ...["Label", "Photo", "Reference"].map((text) => el("th", { scope: "col", text })));
    const rows = (found?.labels ?? []).map(({ name, share, referenceShare, color }) => {
      const dot = el("span", { class: "dot" });
      dot.style.backgroundColor = color;
      return el("tr", {}, el("th", { scope: "row" }, dot, name), el("td", { text: percent(share) }), el("td", { text: percent(referenceShare) }));
    });
    renew(list, rows.length ? [head, ...rows] : []);
    draw();
    studio.picture.redraw();
  }

  const update = () => {
    tiles.update();
    matched.root.hidden = !reference();
    help.hidden = Boolean(reference());
    const top = studio.state?.layers.find(({ on }) => on);
    limit.textContent = top && top.region !== "all" ? `Only the region of “${top.name}” changes.` : "";
    limit.hidden = !limit.textContent;
    void look();
  };
  studio.addEventListener("state", update);
  studio.prefs.watch(["matches"], () => {
    shown.set(studio.prefs.get("matches"));
    draw();
  });
  return el("div", {}, own.root, matched.root);
}
