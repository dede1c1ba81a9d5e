/** Point at a thing: a click adds it to the region, Shift and a click correct it, Alt and a click take away. */

import { apart } from "../geometry.js";

/** @import {Studio} from "../studio.js" */
/** @import {Tool} from "../pointer.js" */
/** @import {Point} from "../types.js" */

// A press that moves farther than this, in stage pixels, is no click.
const STEADY = 5;

/** @param {Studio} studio @returns {Tool} */
export function selectTool(studio) {
  /** @type {Point|null} */
  let pressed = null;
  return {
    cursor: "pointer",
    hover: (at, event) => studio.point(studio.things?.at(at) ?? null, event),
    leave: () => studio.point(null),
    down: (at) => (pressed = at),
    up: (at, event) => {
      if (pressed && apart(pressed, at) * studio.picture.view.scale <= STEADY) studio.clickThing(at, event.altKey, event.shiftKey);
      pressed = null;
    },
    cancel: () => (pressed = null),
  };
}
