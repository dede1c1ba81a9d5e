/** The four corners of a surface, dragged one by one, or all together from inside. */

import { apart, inside, onSurface } from "../geometry.js";
import { REACH, handle, line, outline } from "./marks.js";

/** @import {Studio} from "../studio.js" */
/** @import {Tool} from "../pointer.js" */
/** @import {Point} from "../types.js" */

// Lines of the grid that shows how the surface is seen.
const LINES = [0.25, 0.5, 0.75];

/** @param {Studio} studio @returns {Tool} */
export function cornersTool(studio) {
  /** @type {{which: number, from: Point, corners: Point[]}|null} which is -1 for all */
  let drag = null;

  /** @param {Point} at @returns {number|null} */
  function under(at) {
    const corners = studio.corners();
    const found = corners.findIndex((corner) => apart(corner, at) * studio.picture.view.scale < REACH);
    if (found >= 0) return found;
    return corners.length && inside(at, corners) ? -1 : null;
  }

  return {
    cursor: "default",
    hover: (at) => {
      const found = under(at);
      studio.picture.canvas.style.cursor = found === null ? "default" : found < 0 ? "move" : "grab";
    },
    down: (at) => {
      const which = under(at);
      drag = which === null ? null : { which, from: at, corners: studio.corners() };
    },
    drag: (at) => {
      if (!drag) return;
      const { which, from, corners } = drag;
      const moved = (/** @type {Point} */ corner) => ({ x: corner.x + at.x - from.x, y: corner.y + at.y - from.y });
      studio.draftCorners(corners.map((corner, i) => (which < 0 || which === i ? moved(corner) : corner)));
    },
    up: () => {
      if (drag) studio.placeCorners();
      drag = null;
    },
    cancel: () => {
      if (drag) studio.draftCorners(null);
      drag = null;
    },
    draw: (ctx, view) => {
      const corners = studio.corners().map((at) => view.toStage(at));
      if (!corners.length) return;
      ctx.globalAlpha = 0.55;
      for (const t of LINES) {
        outline(ctx, () => line(ctx, [onSurface(corners, t, 0), onSurface(corners, t, 1)]));
        outline(ctx, () => line(ctx, [onSurface(corners, 0, t), onSurface(corners, 1, t)]));
      }
      ctx.globalAlpha = 1;
      outline(ctx, () => line(ctx, corners, true));
      corners.forEach((at, i) => handle(ctx, at, drag?.which === i));
    },
  };
}
