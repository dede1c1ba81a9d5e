/** The page: its parts, put together. */

import { makeBar } from "./bar.js";
import { makeCompare } from "./compare.js";
import { askForFiles } from "./controls.js";
import { showKeys } from "./dialogs.js";
import { byId, el, icon, loadIcons } from "./dom.js";
import { PICTURES, makeDrop, openPhoto } from "./drop.js";
import { makeJob } from "./job.js";
import { listen } from "./keys.js";
import { layersPanel } from "./panels/layers.js";
import { lookPanel } from "./panels/look.js";
import { pastePanel } from "./panels/paste.js";
import { photoPanel } from "./panels/photo.js";
import { regionPanel } from "./panels/region.js";
import { stylesPanel } from "./panels/styles.js";
import { surfacePanel } from "./panels/surface.js";
import { makeRail } from "./rail.js";
import { makeResults } from "./results.js";
import { makeSharp } from "./sharp.js";
import { makeStatus } from "./status.js";
import { Studio } from "./studio.js";
import { makeViewBar } from "./viewbar.js";

/** @import {Mode, Thing} from "./types.js" */

void loadIcons();
const status = makeStatus();
const studio = new Studio(byId("canvas"), status.say);
status.follow(studio);

/** Hide everything but the picture, and fill the screen with it. */
function fullScreen() {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen().catch(() => studio.say("This browser does not allow full screen.", true));
}
document.addEventListener("fullscreenchange", () => document.body.classList.toggle("full", Boolean(document.fullscreenElement)));

makeBar(studio);
makeRail(studio);
makeViewBar(studio, fullScreen);
makeResults(studio);
makeSharp(studio);
const compare = makeCompare(studio);
const job = makeJob(studio);
const styles = stylesPanel(studio);
makeDrop(studio, styles.choose);
listen(studio, { ...job, keys: showKeys, fullScreen, blink: compare.blink });
makePanels();
makeWelcome();
makePointed();
makeMargins();
studio.session.connect();

/** One panel for each mode; the others are hidden, and keep what is typed in them. */
function makePanels() {
  /** @type {[Mode, HTMLElement][]} */
  const panels = [
    ["restyle", el("div", {}, layersPanel(studio), regionPanel(studio), styles.root, lookPanel(studio))],
    ["paste", pastePanel(studio)],
    ["photo", photoPanel(studio)],
    ["surface", surfacePanel(studio)],
  ];
  byId("panel").append(...panels.map(([, panel]) => panel));
  studio.addEventListener("state", () => {
    for (const [mode, panel] of panels) panel.hidden = mode !== studio.mode;
    document.body.dataset.mode = studio.mode;
  });
}

/** What is there before a photo is. */
function makeWelcome() {
  const choose = el("button", { type: "button", class: "button primary large", on: { click: () => askForFiles(PICTURES, ([file]) => void openPhoto(studio, file)) } }, "Choose a photo");
  byId("welcome").append(
    el("img", { class: "welcome-mark", src: "/static/welcome.svg", alt: "", width: 192, height: 144 }),
    el("h1", { text: "Drop a photo here" }),
    el("p", { text: "Choose what to restyle, pick a painting, watch it being painted. Everything else stays as it is, to the byte." }),
    choose,
    el("p", { class: "fine", text: "JPEG, PNG, TIFF or WebP, up to 16 bits. It stays on this computer." }),
  );
  studio.addEventListener("state", () => {
    const { photo } = studio.state ?? {};
    document.body.classList.toggle("empty", !photo);
    document.body.classList.add("loaded");
    document.title = photo ? `${photo.name} – sfumato studio` : "sfumato studio";
    const label = photo ? `${photo.name}, ${photo.width} by ${photo.height} pixels. Arrow keys move it, plus and minus zoom.` : "No photo is open";
    byId("canvas").setAttribute("aria-label", label);
  });
}

/** The name of the thing under the pointer. */
function makePointed() {
  const label = byId("pointed");
  studio.addEventListener("hover", (event) => {
    const { thing, event: pointer } = /** @type {{thing: Thing|null, event?: PointerEvent}} */ (/** @type {CustomEvent} */ (event).detail);
    const isOn = pointer && "clientX" in pointer && pointer.target === studio.picture.canvas;
    label.hidden = !thing || !isOn;
    if (!thing || !pointer || !isOn) return;
    label.replaceChildren(icon(pointer.altKey ? "minus" : "plus"), thing.name);
    const at = studio.picture.at(pointer);
    label.style.transform = `translate(${Math.round(at.x + 14)}px, ${Math.round(at.y + 18)}px)`;
  });
}

/** Room for the bars that float over the stage. */
function makeMargins() {
  const set = () => {
    const isSmall = studio.picture.stage.w < 600;
    const isFull = document.body.classList.contains("full");
    const margin = isFull ? { top: 0, right: 0, bottom: 0, left: 0 } : isSmall ? { top: 16, right: 16, bottom: 72, left: 16 } : { top: 72, right: 32, bottom: 72, left: 32 };
    const isChanged = margin.top !== studio.picture.margin.top || margin.left !== studio.picture.margin.left;
    studio.picture.margin = margin;
    if (isChanged && studio.picture.isFitted) studio.picture.fit();
  };
  new ResizeObserver(set).observe(byId("stage"));
  document.addEventListener("fullscreenchange", set);
  set();
}
