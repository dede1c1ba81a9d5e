/** Hand and magnifier. */

import { apart } from "../geometry.js";

/** @import {Studio} from "../studio.js" */
/** @import {Tool} from "../pointer.js" */
/** @import {Point} from "../types.js" */

/** @param {Studio} studio @returns {Tool} */
export function handTool(studio) {
  /** @type {Point|null} */
  let last = null;
  return {
    cursor: "grab",
    down: (_, event) => (last = studio.picture.at(event)),
    drag: (_, event) => {
      const now = studio.picture.at(event);
      if (last) studio.picture.pan(now.x - last.x, now.y - last.y);
      last = now;
    },
    up: () => (last = null),
  };
}

/** A click zooms in, with Alt out; a drag to the right or left zooms smoothly. @param {Studio} studio @returns {Tool} */
export function zoomTool(studio) {
  /** @type {{start: Point, last: Point}|null} */
  let held = null;
  return {
    cursor: "zoom-in",
    down: (_, event) => {
      const at = studio.picture.at(event);
      held = { start: at, last: at };
    },
    drag: (_, event) => {
      const now = studio.picture.at(event);
      if (held && apart(held.start, now) > 4) studio.picture.zoom(Math.exp((now.x - held.last.x) / 120), held.start);
      if (held) held.last = now;
    },
    up: (_, event) => {
      const at = studio.picture.at(event);
      if (held && apart(held.start, at) <= 4) studio.picture.zoom(event.altKey ? 1 / 1.6 : 1.6, at);
      held = null;
    },
  };
}
