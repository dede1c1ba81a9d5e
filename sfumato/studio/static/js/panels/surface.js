/** Surface: a screen, a poster or a wall, by its four corners; its styles are those of the top layer. */

import { number } from "../controls.js";
import { el } from "../dom.js";
import { folded, section } from "./section.js";
import { stylesPanel } from "./styles.js";

/** @import {Studio} from "../studio.js" */

const CORNERS = ["First", "Second", "Third", "Fourth"];

/** @param {Studio} studio */
export function surfacePanel(studio) {
  const layer = () => studio.state?.layers.find(({ on }) => on) ?? studio.layer();
  const start = el("button", { type: "button", class: "button", text: "Place four corners", on: { click: place } });
  const again = el("button", { type: "button", class: "button small", text: "Place anew", on: { click: place } });
  const help = el("p", { class: "note", text: "Drag the corners onto the surface. It is painted as seen from the front, and put back in perspective." });
  const inputs = CORNERS.map((name, i) => {
    const set = (/** @type {"x"|"y"} */ axis) => (/** @type {number|null} */ value) => {
      if (value === null) return;
      studio.draftCorners(studio.corners().map((corner, at) => (at === i ? { ...corner, [axis]: value } : corner)));
      void studio.placeCorners();
    };
    return { x: number({ label: `${name} corner, x`, unit: "px", change: set("x") }), y: number({ label: "y", unit: "px", change: set("y") }) };
  });
  const numbers = el("div", { class: "pairs" }, ...inputs.flatMap(({ x, y }) => [x.root, y.root]));
  const exact = folded("Corners in numbers", [numbers]);
  const own = section("Surface", [help, start, exact, again]);
  const styles = stylesPanel(studio, layer);

  function place() {
    const { photo } = studio.picture;
    if (!photo) return;
    const [left, right, top, bottom] = [photo.w * 0.3, photo.w * 0.7, photo.h * 0.3, photo.h * 0.7];
    studio.draftCorners([{ x: left, y: top }, { x: right, y: top }, { x: right, y: bottom }, { x: left, y: bottom }]);
    void studio.placeCorners();
  }

  const update = () => {
    const corners = studio.corners();
    start.hidden = corners.length > 0;
    exact.hidden = again.hidden = !corners.length;
    corners.forEach(({ x, y }, i) => {
      inputs[i]?.x.set(Math.round(x));
      inputs[i]?.y.set(Math.round(y));
    });
  };
  studio.addEventListener("state", update);
  studio.addEventListener("place", update);
  return el("div", {}, own.root, styles.root);
}
