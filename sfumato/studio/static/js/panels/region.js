/** Where: the things that were found, the expression, mask files. */

import { askForFiles } from "../controls.js";
import { el, icon, onChange, renew, sentence } from "../dom.js";
import { PICTURES } from "../drop.js";
import { percent } from "../rail.js";
import { section } from "./section.js";

/** @import {Studio} from "../studio.js" */
/** @import {Thing} from "../types.js" */

// The region that selects nothing; an empty field says so better.
const NOTHING = "~all";

/** @param {string|undefined} region @returns {string} */
const shown = (region) => (region === NOTHING ? "" : (region ?? ""));

/** @param {Studio} studio */
export function regionPanel(studio) {
  const things = el("div", { class: "chips", role: "group", "aria-label": "Things in the photo" });
  const note = el("p", { class: "note" });
  const find = el("button", { type: "button", class: "button small", text: "Fetch it and look again", on: { click: () => void studio.api.send("POST", "labels") } });
  const text = el("textarea", { class: "code", rows: 2, spellcheck: "false", autocapitalize: "off", "aria-label": "Region as an expression", placeholder: "Nothing yet. Such as: subject - rect(0, 0, 20%, 10%)" });
  const error = el("p", { class: "error", role: "alert", hidden: true });
  const upload = el("button", { type: "button", class: "button small", on: { click: () => askForFiles(PICTURES, ([file]) => void uploadMask(file)) } }, icon("upload"), "Load mask");
  const download = el("a", { class: "button small", download: "mask.png" }, icon("download"), "Save mask");
  const own = section("Region", [things, note, find, text, error, el("div", { class: "buttons" }, upload, download)]);
  own.body.classList.add("region");

  /** @param {File|undefined} file */
  async function uploadMask(file) {
    const layer = studio.layer();
    if (layer && file) await studio.api.file("POST", `layers/${layer.id}/mask`, file);
  }

  async function apply() {
    const layer = studio.layer();
    const written = text.value.trim() || NOTHING;
    if (layer && written !== layer.region) {
      await studio.change({ region: written });
      studio.edit();
    }
  }

  text.addEventListener("blur", () => void apply());
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      studio.picture.canvas.focus();
    } else if (event.key === "Escape") {
      text.value = shown(studio.layer()?.region);
      text.blur();
    }
  });

  /** @param {Thing} thing */
  function chip(thing) {
    const button = el("button", { type: "button", class: "chip", "data-key": `thing-${thing.id}`, title: "Click adds, Alt+click takes away" }, thing.name, el("span", { class: "share", text: percent(thing.share) }));
    const show = (/** @type {Event} */ event) => studio.point(event.type === "pointerleave" || event.type === "blur" ? null : thing);
    for (const kind of ["pointerenter", "pointerleave", "focus", "blur"]) button.addEventListener(kind, show);
    button.addEventListener("click", (event) => void take(thing, event.altKey));
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Delete" && event.key !== "Backspace") return;
      event.preventDefault();
      void take(thing, true);
    });
    return button;
  }

  /** @param {Thing} thing @param {boolean} remove */
  async function take(thing, remove) {
    const at = studio.things?.placeOf(thing.id);
    if (at) await studio.clickThing(at, remove);
  }

  const drawThings = onChange((/** @type {Thing[]} */ found) => renew(things, found.map(chip)));
  const update = () => {
    const { state } = studio;
    const layer = studio.layer();
    if (!state || !layer) return;
    drawThings(state.labels.things);
    things.hidden = !state.labels.things.length;
    note.textContent = { none: "", working: "Looking for things in the photo…", ready: sentence(state.labels.error) || (state.labels.things.length ? "" : "No things were found; paint the region, or draw it."), failed: sentence(state.labels.error) }[state.labels.state];
    note.hidden = !note.textContent;
    find.hidden = !state.labels.error || state.labels.state === "working";
    note.classList.toggle("working", state.labels.state === "working");
    if (document.activeElement !== text) text.value = shown(layer.region);
    text.rows = Math.min(6, Math.max(2, Math.ceil(text.value.length / 36)));
    error.textContent = sentence(layer.region_error);
    error.hidden = !layer.region_error;
    text.setAttribute("aria-invalid", String(Boolean(layer.region_error)));
    own.aside.textContent = layer.coverage > 0 ? percent(layer.coverage) : "";
    download.href = studio.api.url(`layers/${layer.id}/mask.png?v=${layer.mask_version}&size=full`);
  };
  studio.addEventListener("state", update);
  studio.prefs.watch(["layer"], update);
  return own.root;
}
