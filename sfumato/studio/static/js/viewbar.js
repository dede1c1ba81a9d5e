/** The bar below the picture: what is compared, how the region is shown, zoom. */

import { segmented, slider } from "./controls.js";
import { byId, el, icon, iconButton } from "./dom.js";
import { percent } from "./rail.js";
import { isActive } from "./ready.js";

/** @import {Studio} from "./studio.js" */
/** @import {Looking, Values} from "./prefs.js" */

// Colors that are seen on most photos, for the overlay.
const COLORS = [["#ff3d68", "Red"], ["#29c5ff", "Blue"], ["#4be36b", "Green"], ["#ffd23f", "Yellow"], ["#ffffff", "White"]];

/** @param {Studio} studio @param {() => void} fullScreen */
export function makeViewBar(studio, fullScreen) {
  const { picture, prefs } = studio;
  const looking = segmented({
    label: "Show",
    choices: [
      { value: "photo", text: "Photo", title: "Photo and region (Q)" },
      { value: "result", text: "Result", title: "Result (W)" },
      { value: "split", text: "Split", icon: "split", title: "Split view (S)" },
      { value: "side", text: "Side by side", icon: "side", title: "Side by side (D)" },
      { value: "blink", text: "Blink", icon: "blink", title: "Blink (hold X)" },
    ],
    change: (value) => prefs.set({ looking: /** @type {Looking} */ (value) }),
  });
  const zoom = el("button", { type: "button", class: "zoom-value", title: "100 % (1)", on: { click: () => picture.actual() } });
  const overlay = el("button", { type: "button", class: "icon-button overlay-button", "aria-label": "Overlay", title: "How the region is shown (M)" }, icon("tint"));
  overlayMenu(studio, overlay);
  const root = byId("view");
  root.append(
    looking.root,
    overlay,
    el("span", { class: "divider" }),
    el(
      "div",
      { class: "group zooms", role: "group", "aria-label": "Zoom" },
      iconButton("minus", "Zoom out (−)", () => picture.zoom(0.8), { class: "wide-only" }),
      zoom,
      iconButton("plus", "Zoom in (+)", () => picture.zoom(1.25), { class: "wide-only" }),
      iconButton("fit", "Fit (0)", () => picture.fit()),
      iconButton("fullscreen", "Full screen (F)", fullScreen),
    ),
  );
  prefs.watch(["looking"], () => looking.set(prefs.get("looking")));
  picture.addEventListener("view", () => {
    const shown = percent(picture.view.scale * devicePixelRatio);
    zoom.textContent = shown;
    zoom.setAttribute("aria-label", `Zoom ${shown}; show at 100 %`);
  });
  studio.addEventListener("state", () => {
    root.hidden = !studio.state?.photo;
    const hasResult = Boolean(picture.after || studio.state?.results.length || studio.state?.job?.preview);
    for (const value of ["result", "split", "side", "blink"]) looking.allow(value, hasResult);
    if (!hasResult && !isActive(studio.state?.job)) prefs.set({ looking: "photo" });
    overlay.hidden = studio.mode !== "restyle";
  });
}

/** @param {Studio} studio @param {HTMLButtonElement} button */
function overlayMenu(studio, button) {
  const { prefs } = studio;
  const kind = segmented({
    label: "Region",
    named: true,
    choices: [
      { value: "tint", text: "Tint" },
      { value: "mask", text: "Mask", title: "Only the mask" },
      { value: "edge", text: "Edge", title: "Only the edge" },
      { value: "off", text: "Off" },
    ],
    change: (value) => {
      studio.edit();
      prefs.set({ overlay: /** @type {Values["overlay"]} */ (value) });
    },
  });
  const opacity = slider({ label: "Opacity", min: 0.1, format: percent, input: (value) => prefs.set({ opacity: value }) });
  const own = el("input", { type: "color", "aria-label": "Another color", title: "Another color" });
  own.addEventListener("input", () => prefs.set({ color: own.value }));
  const swatches = COLORS.map(([color, name]) => {
    const swatch = el("button", { type: "button", class: "swatch", "aria-label": name, title: name, "data-color": color, on: { click: () => prefs.set({ color }) } });
    swatch.style.backgroundColor = color;
    return swatch;
  });
  const card = el(
    "div",
    { class: "popover-card", popover: "auto", id: "overlay-card" },
    kind.root,
    el("div", { class: "field" }, el("span", { class: "label", text: "Color" }), el("div", { class: "swatches" }, ...swatches, own)),
    opacity.root,
  );
  document.body.append(card);
  button.setAttribute("popovertarget", "overlay-card");
  card.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "open") return;
    const [box, size] = [button.getBoundingClientRect(), card.getBoundingClientRect()];
    card.style.left = `${Math.max(8, Math.min(box.left + box.width / 2 - size.width / 2, innerWidth - size.width - 8))}px`;
    card.style.top = `${box.top - size.height - 8}px`;
  });
  prefs.watch(["overlay", "color", "opacity"], () => {
    kind.set(prefs.get("overlay"));
    opacity.set(prefs.get("opacity"));
    own.value = prefs.get("color");
    swatches.forEach((swatch) => swatch.setAttribute("aria-pressed", String(swatch.dataset.color === prefs.get("color"))));
    button.replaceChildren(icon(prefs.get("overlay")));
  });
}
