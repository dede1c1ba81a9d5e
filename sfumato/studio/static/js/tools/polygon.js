/** Polygon: each click is a corner; a click on the first one, a double click or Enter closes it. */

import { apart } from "../geometry.js";
import { REACH, handle, line, outline } from "./marks.js";

/** @import {Studio} from "../studio.js" */
/** @import {Tool} from "../pointer.js" */
/** @import {Point} from "../types.js" */

/** @param {Studio} studio @returns {Tool} */
export function polygonTool(studio) {
  /** @type {Point[]} */
  let corners = [];
  /** @type {Point|null} */
  let pointer = null;
  let remove = false;

  const near = (/** @type {Point} */ a, /** @type {Point} */ b) => apart(a, b) * studio.picture.view.scale < REACH;

  function close() {
    if (corners.length >= 3) {
      void studio.region({ op: "polygon", remove, points: corners.map(({ x, y }) => [Math.round(x), Math.round(y)]) });
    }
    cancel();
  }

  function cancel() {
    corners = [];
    studio.picture.redraw();
  }

  return {
    cursor: "crosshair",
    hover: (at) => {
      pointer = at;
      if (corners.length) studio.picture.redraw();
    },
    up: (at, event) => {
      studio.edit();
      if (!corners.length) remove = event.altKey || studio.prefs.get("remove");
      const isClosed = corners.length >= 3 && near(corners[0], at);
      const isTwice = corners.length > 0 && near(corners[corners.length - 1], at);
      if (isClosed || isTwice) return close();
      corners.push(at);
      pointer = at;
      studio.picture.redraw();
    },
    cancel,
    key: (event) => {
      if (!corners.length) return false;
      if (event.key === "Enter") close();
      else if (event.key === "Backspace") corners.pop();
      else return false;
      studio.picture.redraw();
      return true;
    },
    draw: (ctx, view) => {
      if (!corners.length) return;
      const points = [...corners, ...(pointer ? [pointer] : [])].map((at) => view.toStage(at));
      outline(ctx, () => line(ctx, points));
      points.slice(0, corners.length).forEach((at, i) => handle(ctx, at, i === 0 && corners.length >= 3));
    },
  };
}
