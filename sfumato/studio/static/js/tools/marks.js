/** Lines and handles that can be seen on any picture. */

/** @import {Point} from "../types.js" */

/**
 * Draw a path, light on dark.
 * @param {CanvasRenderingContext2D} ctx
 * @param {() => void} path
 * @param {number[]} [dash]
 */
export function outline(ctx, path, dash = []) {
  for (const [width, color] of /** @type {[number, string][]} */ ([[3.5, "rgb(0 0 0 / 0.55)"], [1.5, "white"]])) {
    ctx.lineWidth = width;
    ctx.strokeStyle = color;
    ctx.setLineDash(width < 2 ? dash : []);
    ctx.beginPath();
    path();
    ctx.stroke();
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {Point[]} points @param {boolean} [closed] */
export function line(ctx, points, closed = false) {
  points.forEach(({ x, y }, i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  if (closed) ctx.closePath();
}

/**
 * Draw a handle to drag.
 * @param {CanvasRenderingContext2D} ctx @param {Point} at @param {boolean} [active]
 */
export function handle(ctx, at, active = false) {
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.arc(at.x, at.y, active ? 8 : 6, 0, 7);
  ctx.fillStyle = "white";
  ctx.shadowColor = "rgb(0 0 0 / 0.6)";
  ctx.shadowBlur = 4;
  ctx.fill();
  ctx.shadowBlur = 0;
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = "rgb(0 0 0 / 0.75)";
  ctx.stroke();
}

/** Distance, in stage pixels, from which a handle can be taken. */
export const REACH = 14;
