/** The pasted object: dragged inside to move it, at a corner to scale it, at the handle above it to turn it. */

import { angleTo, apart, inside, objectCorners, objectSize } from "../geometry.js";
import { REACH, handle, line, outline } from "./marks.js";

/** @import {Studio} from "../studio.js" */
/** @import {Tool} from "../pointer.js" */
/** @import {PastedObject, Point} from "../types.js" */

/** @typedef {Pick<PastedObject, "x"|"y"|"scale"|"angle">} Place */

// How far above the object the handle to turn it is, in stage pixels.
const ABOVE = 32;

/** @param {Studio} studio @returns {Tool} */
export function objectTool(studio) {
  /** @type {{kind: "move"|"scale"|"turn", from: Point, place: Place}|null} */
  let drag = null;

  /** @param {Place} place @returns {Point[]} in photo pixels; none while the object is not there */
  function corners(place) {
    const { photo } = studio.picture;
    if (!photo || !studio.object) return [];
    return objectCorners(place, objectSize({ w: studio.object.width, h: studio.object.height }, photo, place.scale));
  }

  /** @param {Point[]} four @param {Place} place @returns {Point} */
  function turning(four, place) {
    const top = { x: (four[0].x + four[1].x) / 2, y: (four[0].y + four[1].y) / 2 };
    const length = apart(top, place) || 1;
    const far = 1 + ABOVE / studio.picture.view.scale / length;
    return { x: place.x + (top.x - place.x) * far, y: place.y + (top.y - place.y) * far };
  }

  /** @param {Point} at @returns {"move"|"scale"|"turn"|null} */
  function under(at) {
    const place = studio.place();
    const four = place ? corners(place) : [];
    if (!place || !four.length) return null;
    const near = (/** @type {Point} */ other) => apart(at, other) * studio.picture.view.scale < REACH;
    if (near(turning(four, place))) return "turn";
    if (four.some(near)) return "scale";
    return inside(at, four) ? "move" : null;
  }

  /** @type {Tool} */
  const tool = {
    cursor: "default",
    hover: (at) => {
      const found = under(at);
      studio.picture.canvas.style.cursor = { move: "move", scale: "nwse-resize", turn: "grab", none: "default" }[found ?? "none"];
    },
    down: (at) => {
      const [kind, place] = [under(at), studio.place()];
      drag = kind && place ? { kind, from: at, place } : null;
    },
    drag: (at, event) => {
      if (!drag) return;
      const { kind, from, place } = drag;
      if (kind === "move") studio.draft({ x: place.x + at.x - from.x, y: place.y + at.y - from.y });
      else if (kind === "turn") studio.draft({ angle: angleTo(place, at, event.shiftKey) });
      else studio.draft({ scale: Math.min(1, Math.max(0.02, (place.scale * apart(at, place)) / (apart(from, place) || 1))) });
    },
    up: () => {
      if (drag) studio.placeObject();
      drag = null;
    },
    cancel: () => {
      if (drag) studio.draft(null);
      drag = null;
    },
    key: (event) => {
      const place = studio.place();
      const step = event.shiftKey ? 10 : 1;
      const [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key] ?? [0, 0];
      if (!place || (!dx && !dy) || event.altKey || event.ctrlKey) return false;
      studio.draft({ x: place.x + dx, y: place.y + dy });
      studio.placeObject();
      return true;
    },
    draw: (ctx, view) => {
      const place = studio.place();
      const four = place ? corners(place).map((at) => view.toStage(at)) : [];
      if (!place || !four.length) return;
      const knob = view.toStage(turning(corners(place), place));
      outline(ctx, () => line(ctx, four, true));
      outline(ctx, () => line(ctx, [{ x: (four[0].x + four[1].x) / 2, y: (four[0].y + four[1].y) / 2 }, knob]));
      [...four, knob].forEach((at) => handle(ctx, at));
    },
  };
  return tool;
}
