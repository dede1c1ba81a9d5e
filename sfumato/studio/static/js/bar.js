/** The top bar: photo, what is done with it, undo and redo, theme, help. */

import { askForFiles, segmented } from "./controls.js";
import { confirmed, menu, showKeys } from "./dialogs.js";
import { byId, el, icon, iconButton } from "./dom.js";
import { PICTURES, openPhoto } from "./drop.js";

/** @import {Studio} from "./studio.js" */

const THEMES = /** @type {const} */ ([["auto", "Theme: as the system"], ["dark", "Theme: dark"], ["light", "Theme: light"]]);

/** @param {Studio} studio */
export function makeBar(studio) {
  const name = el("span", { class: "photo-name" });
  const facts = el("span", { class: "photo-facts" });
  const file = el("button", { type: "button", class: "file-button", "aria-label": "Photo" }, el("span", { class: "file-text" }, name, facts), icon("chevron"));
  menu(file, () => [
    { text: "Open another photo…", act: () => askForFiles(PICTURES, ([chosen]) => void openPhoto(studio, chosen)) },
    { text: "Download the original", href: studio.api.url("photo/original"), file: studio.state?.photo?.name },
    { text: "Download photo, styles, masks and recipe", href: studio.api.url("bundle.zip"), file: "studio.zip" },
    null,
    { text: "Start over…", act: () => void startOver(studio) },
  ]);
  const modes = segmented({
    label: "What to do",
    choices: [
      { value: "restyle", text: "Restyle", title: "Paint chosen parts in the manner of another picture" },
      { value: "paste", text: "Paste", title: "Put an object into a painting, and paint it to match" },
      { value: "photo", text: "Photo", title: "Give the photo the look of another photo" },
      { value: "surface", text: "Surface", title: "Restyle a screen, a poster or a wall in perspective" },
    ],
    change: (mode) => void studio.api.send("PATCH", "panel", { mode }),
  });
  modes.root.classList.add("modes");
  const undo = iconButton("undo", "Undo (Ctrl+Z)", () => void studio.step("undo"));
  const redo = iconButton("redo", "Redo (Ctrl+Shift+Z)", () => void studio.step("redo"));
  const theme = iconButton("auto", "", () => {
    const now = THEMES.findIndex(([value]) => value === studio.prefs.get("theme"));
    studio.prefs.set({ theme: THEMES[(now + 1) % THEMES.length][0] });
  });
  const panels = iconButton("settings", "Settings", () => {
    const isOpen = document.body.classList.toggle("side-open");
    panels.setAttribute("aria-expanded", String(isOpen));
  }, { class: "side-button", "aria-expanded": "false" });
  byId("bar").append(
    el("a", { class: "brand", href: "./", "aria-label": "sfumato studio" }, el("img", { src: "/static/favicon.svg", alt: "", width: 24, height: 24 }), el("span", { text: "sfumato" })),
    file,
    el("div", { class: "bar-middle" }, modes.root),
    el("div", { class: "bar-end" }, el("div", { class: "history" }, undo, redo), theme, iconButton("help", "Keys (?)", showKeys), panels),
  );
  studio.prefs.watch(["theme"], () => {
    const chosen = studio.prefs.get("theme");
    document.documentElement.dataset.theme = chosen;
    theme.replaceChildren(icon(chosen));
    const label = THEMES.find(([value]) => value === chosen)?.[1] ?? "";
    theme.setAttribute("aria-label", label);
    theme.title = label;
  });
  studio.addEventListener("state", () => {
    const { photo } = studio.state ?? {};
    file.hidden = !photo;
    modes.set(studio.mode);
    name.textContent = photo?.name ?? "";
    facts.textContent = photo ? [`${photo.width} × ${photo.height}`, photo.bits > 8 && `${photo.bits} bit`, photo.alpha && "alpha"].filter(Boolean).join(" · ") : "";
    const layer = studio.mode === "restyle" ? studio.layer() : null;
    undo.disabled = !layer?.can_undo;
    redo.disabled = !layer?.can_redo;
  });
}

/** @param {Studio} studio */
async function startOver(studio) {
  const text = "The photo, its layers and masks are taken away. Styles and results stay.";
  if (await confirmed("Start over?", text, "Start over")) await studio.api.send("DELETE", "photo");
}
