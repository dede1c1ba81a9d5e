/** Brush and eraser: what is painted shows at once, and is sent when the stroke ends. */

import { boxOf, cut, drawSegment, drawStroke, effort } from "../stroke.js";
import { grayPng } from "../png.js";

/** @import {Studio} from "../studio.js" */
/** @import {Tool} from "../pointer.js" */
/** @import {Point, Size} from "../types.js" */

// Larger strokes, and those that take longer to draw anew, are sent as they are shown, at the size of the screen copy.
const MOST_PIXELS = 8_000_000;
const MOST_EFFORT = 100_000_000;

/**
 * @param {Studio} studio
 * @param {boolean} erases
 * @returns {Tool}
 */
export function brushTool(studio, erases) {
  /** @type {Point[]} */
  let points = [];
  /** @type {Point|null} where the last stroke ended: Shift draws a line from there */
  let last = null;
  /** @type {Point|null} */
  let pointer = null;
  let isErasing = erases;

  /** @param {Point} from @param {Point} to */
  function draw(from, to) {
    const { overlay, picture, prefs } = studio;
    if (!overlay?.stroke || !picture.photo) return;
    const scale = overlay.size.w / picture.photo.w;
    const [a, b] = [from, to].map(({ x, y }) => ({ x: x * scale, y: y * scale }));
    const frame = { x: 0, y: 0, ...overlay.size };
    const changed = drawSegment(overlay.stroke.values, frame, a, b, (prefs.get("brush") / 2) * scale, prefs.get("softness"));
    if (changed) overlay.update(changed);
    picture.redraw();
  }

  async function send() {
    const { overlay, picture, prefs } = studio;
    const photo = picture.photo;
    if (!overlay?.stroke || !photo) return;
    const [drawn, radius, softness] = [points, prefs.get("brush") / 2, prefs.get("softness")];
    const shown = overlay.stroke.values;
    points = [];
    overlay.keep();
    const scale = overlay.size.w / photo.w;
    const box = boxOf(drawn, radius, photo);
    const isAsShown = scale === 1 || !box || box.w * box.h > MOST_PIXELS || effort(drawn, radius) > MOST_EFFORT;
    const stroke = isAsShown ? taken(shown, overlay.size, drawn, radius, scale) : drawStroke(drawn, radius, softness, photo, 1);
    if (!stroke) return;
    const { x, y, w, h } = stroke.rect;
    const query = new URLSearchParams({ x: `${x}`, y: `${y}`, w: `${w}`, h: `${h}`, op: isErasing ? "erase" : "add" });
    if (isAsShown && scale !== 1) query.set("scale", "screen");
    await studio.changeMask(grayPng(w, h, stroke.values), query);
  }

  return {
    cursor: "crosshair",
    hover: (at) => {
      pointer = at;
      studio.picture.redraw();
    },
    leave: () => {
      pointer = null;
      studio.picture.redraw();
    },
    down: (at, event) => {
      if (!studio.overlay) return;
      studio.edit();
      isErasing = erases !== event.altKey;
      if (!isErasing) studio.fromNothing();
      studio.overlay.begin(isErasing);
      points = event.shiftKey && last ? [last, at] : [at];
      draw(points[0], at);
    },
    drag: (at) => {
      pointer = at;
      const before = points.at(-1);
      if (!before || (before.x === at.x && before.y === at.y)) return;
      points.push(at);
      draw(before, at);
    },
    up: () => {
      last = points.at(-1) ?? last;
      void send();
    },
    cancel: () => {
      points = [];
      studio.overlay?.drop();
      studio.picture.redraw();
    },
    draw: (ctx, view) => {
      if (!pointer) return;
      const { x, y } = view.toStage(pointer);
      const radius = (studio.prefs.get("brush") / 2) * view.scale;
      const inner = radius * (1 - studio.prefs.get("softness"));
      for (const [width, color] of /** @type {[number, string][]} */ ([[3, "rgb(0 0 0 / 0.5)"], [1.25, "white"]])) {
        ctx.lineWidth = width;
        ctx.strokeStyle = color;
        ctx.setLineDash([]);
        ctx.beginPath();
        ctx.arc(x, y, Math.max(1, radius), 0, 7);
        ctx.stroke();
        if (inner < radius - 3 && inner > 2) {
          ctx.setLineDash([3, 4]);
          ctx.beginPath();
          ctx.arc(x, y, inner, 0, 7);
          ctx.stroke();
        }
      }
    },
  };
}

/**
 * A stroke as it is shown, drawn already.
 * @param {Uint8Array} shown @param {Size} size @param {Point[]} points in photo pixels @param {number} radius @param {number} scale
 */
function taken(shown, size, points, radius, scale) {
  const rect = boxOf(points.map(({ x, y }) => ({ x: x * scale, y: y * scale })), radius * scale, size);
  return rect && { rect, values: cut(shown, size, rect) };
}
