/** Files that are dropped or chosen: a photo, or a style. */

import { byId, el, icon } from "./dom.js";

/** @import {Studio} from "./studio.js" */

/** What a file dialog offers. */
export const PICTURES = "image/png,image/jpeg,image/tiff,image/webp,.tif,.tiff";

/**
 * Open a photo. A result of sfumato brings its settings along.
 * @param {Studio} studio @param {File|undefined} file
 */
export async function openPhoto(studio, file) {
  if (!file) return;
  document.body.classList.add("busy");
  studio.say(`Opening ${file.name}…`);
  const state = await studio.api.file("PUT", "photo?settings=1", file);
  document.body.classList.remove("busy");
  if (!state?.photo) return;
  const { width, height } = state.photo;
  studio.prefs.set({ looking: "photo", result: "", brush: Math.max(8, Math.round(Math.max(width, height) / 24)) });
  studio.say("");
}

/**
 * Add styles to the gallery.
 * @param {Studio} studio @param {File[]} files
 * @returns {Promise<string|null>} id of the last one
 */
export async function addStyles(studio, files) {
  let added = null;
  for (const file of files) {
    const before = new Set(studio.state?.styles.map(({ id }) => id));
    const state = await studio.api.file("POST", "styles", file);
    added = state?.styles.find(({ id }) => !before.has(id))?.id ?? added;
  }
  return added;
}

/**
 * Take files that are dropped anywhere on the page.
 * @param {Studio} studio
 * @param {(id: string) => void} useStyle puts a style that was dropped to use
 */
export function makeDrop(studio, useStyle) {
  const photo = el("div", { class: "drop-zone" }, icon("photo"), el("strong", { text: "Open as photo" }), el("span", { text: "A result brings its settings back" }));
  const style = el("div", { class: "drop-zone" }, icon("brush"), el("strong", { text: "Add as style" }), el("span", { text: "Goes to the gallery" }));
  const root = byId("drop");
  root.append(photo, style);
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  const zone = (/** @type {DragEvent} */ event) => (style.contains(/** @type {Node} */ (event.target)) ? style : photo);
  addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    root.hidden = false;
    style.hidden = !studio.state?.photo;
  });
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    for (const each of [photo, style]) each.classList.toggle("over", each === zone(event));
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) root.hidden = true;
  });
  addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    root.hidden = true;
    const files = [...(event.dataTransfer?.files ?? [])];
    if (zone(event) === photo) return openPhoto(studio, files[0]);
    const added = await addStyles(studio, files);
    if (added) useStyle(added);
  });
}
