/** Brush strokes as gray values: a soft round brush along a line, and the rectangle that it touches. */

/** @import {Point, Rect, Size} from "./types.js" */

/**
 * How much of a pixel the brush covers.
 * @param {number} distance from the middle of the stroke, in pixels
 * @param {number} radius
 * @param {number} softness 0 for a sharp edge, 1 for one that falls from the middle on
 * @returns {number} in [0, 1]
 */
export function coverage(distance, radius, softness) {
  const outer = radius + 0.5;
  if (distance >= outer) return 0;
  const inner = Math.max(0, Math.min(radius - 0.5, radius * (1 - softness)));
  if (distance <= inner) return 1;
  const t = (outer - distance) / (outer - inner);
  return t * t * (3 - 2 * t);
}

/**
 * Distance of a point from the line between two others.
 * @param {number} x @param {number} y @param {Point} a @param {Point} b
 */
export function distanceTo(x, y, a, b) {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length = dx * dx + dy * dy;
  const t = length ? Math.max(0, Math.min(1, ((x - a.x) * dx + (y - a.y) * dy) / length)) : 0;
  const [ex, ey] = [x - a.x - t * dx, y - a.y - t * dy];
  return Math.sqrt(ex * ex + ey * ey); // Math.hypot takes many times as long
}

/**
 * The pixels that a brush can touch between two points; null where that is outside the picture.
 * @param {Point} a @param {Point} b @param {number} radius @param {Size} size of the picture
 * @returns {Rect|null}
 */
export function touched(a, b, radius, size) {
  const reach = radius + 1;
  const x = Math.max(0, Math.floor(Math.min(a.x, b.x) - reach));
  const y = Math.max(0, Math.floor(Math.min(a.y, b.y) - reach));
  const w = Math.min(size.w, Math.ceil(Math.max(a.x, b.x) + reach)) - x;
  const h = Math.min(size.h, Math.ceil(Math.max(a.y, b.y) + reach)) - y;
  return w > 0 && h > 0 ? { x, y, w, h } : null;
}

/**
 * The smallest rectangle that holds both.
 * @param {Rect|null} one @param {Rect|null} other
 * @returns {Rect|null}
 */
export function union(one, other) {
  if (!one || !other) return one ?? other;
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  return { x, y, w: Math.max(one.x + one.w, other.x + other.w) - x, h: Math.max(one.y + one.h, other.y + other.h) - y };
}

/**
 * Draw the part of a stroke between two points; where it was drawn before, the larger value stays.
 * @param {Uint8Array} values of the rectangle `frame`, row by row
 * @param {Rect} frame
 * @param {Point} a @param {Point} b @param {number} radius @param {number} softness
 * @returns {Rect|null} what may have changed
 */
export function drawSegment(values, frame, a, b, radius, softness) {
  const from = { x: a.x - frame.x, y: a.y - frame.y };
  const to = { x: b.x - frame.x, y: b.y - frame.y };
  const box = touched(from, to, radius, frame);
  if (!box) return null;
  for (let y = box.y; y < box.y + box.h; y++) {
    for (let x = box.x, i = y * frame.w + box.x; x < box.x + box.w; x++, i++) {
      if (values[i] === 255) continue;
      const value = Math.round(255 * coverage(distanceTo(x + 0.5, y + 0.5, from, to), radius, softness));
      if (value > values[i]) values[i] = value;
    }
  }
  return { x: box.x + frame.x, y: box.y + frame.y, w: box.w, h: box.h };
}

/**
 * How many pixels are looked at to draw a whole stroke: what it costs, whatever the picture's size.
 * @param {Point[]} points @param {number} radius
 */
export function effort(points, radius) {
  const side = 2 * radius + 2;
  return segments(points).reduce((sum, [a, b]) => sum + (Math.abs(a.x - b.x) + side) * (Math.abs(a.y - b.y) + side), 0);
}

/**
 * The rectangle that a stroke touches; null where that is outside the picture.
 * @param {Point[]} points @param {number} radius @param {Size} size
 */
export function boxOf(points, radius, size) {
  /** @type {Rect|null} */
  let rect = null;
  for (const [a, b] of segments(points)) rect = union(rect, touched(a, b, radius, size));
  return rect;
}

/**
 * Take a rectangle out of a picture's values.
 * @param {Uint8Array} values @param {Size} size of the picture @param {Rect} rect
 */
export function cut(values, size, rect) {
  const out = new Uint8Array(rect.w * rect.h);
  for (let y = 0; y < rect.h; y++) {
    const from = (rect.y + y) * size.w + rect.x;
    out.set(values.subarray(from, from + rect.w), y * rect.w);
  }
  return out;
}

/**
 * Draw a whole stroke, and return its rectangle with the values in it.
 * @param {Point[]} points in photo pixels
 * @param {number} radius in photo pixels
 * @param {number} softness
 * @param {Size} size of the picture that is drawn, in its own pixels
 * @param {number} scale its pixels for a pixel of the photo
 * @returns {{rect: Rect, values: Uint8Array<ArrayBuffer>}|null}
 */
export function drawStroke(points, radius, softness, size, scale) {
  const scaled = points.map(({ x, y }) => ({ x: x * scale, y: y * scale }));
  const rect = boxOf(scaled, radius * scale, size);
  if (!rect) return null;
  const values = new Uint8Array(rect.w * rect.h);
  for (const [a, b] of segments(scaled)) drawSegment(values, rect, a, b, radius * scale, softness);
  return { rect, values };
}

/** @param {Point[]} points @returns {[Point, Point][]} a single point is a segment of no length */
function segments(points) {
  return points.length === 1 ? [[points[0], points[0]]] : points.slice(1).map((point, i) => [points[i], point]);
}

/**
 * Lay a stroke on a mask, as the server does.
 * @param {number} mask @param {number} stroke both in 0-255 @param {boolean} erase
 */
export function laid(mask, stroke, erase) {
  return Math.round(erase ? (mask * (255 - stroke)) / 255 : mask + ((255 - mask) * stroke) / 255);
}
