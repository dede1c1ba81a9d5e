/** Shapes dragged from one point to another: rectangle, ellipse, gradients, and the box for GrabCut. */

import { apart, boxOf, straightened } from "../geometry.js";
import { handle, line, outline } from "./marks.js";

/** @import {Studio} from "../studio.js" */
/** @import {Tool} from "../pointer.js" */
/** @import {View} from "../view.js" */
/** @import {Point} from "../types.js" */

/** @typedef {"rect"|"ellipse"|"linear"|"radial"|"grabcut"} Shape */

// A shorter drag, in stage pixels, draws nothing.
const SHORTEST = 4;

/**
 * @param {Studio} studio
 * @param {Shape} shape
 * @returns {Tool}
 */
export function shapeTool(studio, shape) {
  /** @type {{from: Point, to: Point, even: boolean, remove: boolean}|null} */
  let drag = null;

  /** @returns {[Point, Point]} */
  function ends() {
    const { from, to, even } = /** @type {NonNullable<typeof drag>} */ (drag);
    if (shape === "linear") return [from, even ? straightened(from, to) : to];
    return shape === "radial" ? [from, to] : boxOf(from, to, even);
  }

  return {
    cursor: "crosshair",
    down: (at, event) => {
      studio.edit();
      drag = { from: at, to: at, even: event.shiftKey, remove: event.altKey || studio.prefs.get("remove") };
    },
    drag: (at, event) => {
      if (drag) drag = { ...drag, to: at, even: event.shiftKey };
      studio.picture.redraw();
    },
    up: () => {
      if (drag && apart(drag.from, drag.to) * studio.picture.view.scale >= SHORTEST) {
        const points = ends().map(({ x, y }) => [Math.round(x), Math.round(y)]);
        const more = shape === "grabcut" ? { box: points.flat() } : { points };
        void studio.region({ op: shape, remove: drag.remove, ...more });
      }
      drag = null;
      studio.picture.redraw();
    },
    cancel: () => {
      drag = null;
      studio.picture.redraw();
    },
    draw: (ctx, view) => drag && drawShape(ctx, view, shape, ends()),
  };
}

/** @param {CanvasRenderingContext2D} ctx @param {View} view @param {Shape} shape @param {[Point, Point]} ends */
function drawShape(ctx, view, shape, ends) {
  const [a, b] = ends.map((end) => view.toStage(end));
  if (shape === "linear") {
    outline(ctx, () => line(ctx, [a, b]));
  } else if (shape === "radial") {
    outline(ctx, () => ctx.arc(a.x, a.y, apart(a, b), 0, 7), [5, 4]);
    outline(ctx, () => line(ctx, [a, b]));
  } else if (shape === "ellipse") {
    outline(ctx, () => ctx.ellipse((a.x + b.x) / 2, (a.y + b.y) / 2, (b.x - a.x) / 2, (b.y - a.y) / 2, 0, 0, 7));
  } else {
    outline(ctx, () => ctx.rect(a.x, a.y, b.x - a.x, b.y - a.y), shape === "grabcut" ? [5, 4] : []);
  }
  if (shape === "linear" || shape === "radial") [a, b].forEach((end) => handle(ctx, end));
}
