/** Shapes that are dragged on the photo, and how a pasted object and a surface are turned and moved. */

/** @import {Point} from "./types.js" */

/**
 * The corners of the box between two points: upper left, lower right.
 * @param {Point} a @param {Point} b @param {boolean} even whether all sides are as long as the longer one
 * @returns {[Point, Point]}
 */
export function boxOf(a, b, even) {
  let { x, y } = b;
  if (even) {
    const side = Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y));
    x = a.x + side * (b.x < a.x ? -1 : 1);
    y = a.y + side * (b.y < a.y ? -1 : 1);
  }
  return [
    { x: Math.min(a.x, x), y: Math.min(a.y, y) },
    { x: Math.max(a.x, x), y: Math.max(a.y, y) },
  ];
}

/**
 * The second point, moved so that the line to it has an angle of a multiple of 15 degrees.
 * @param {Point} a @param {Point} b
 */
export function straightened(a, b) {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const step = Math.PI / 12;
  const angle = Math.round(Math.atan2(b.y - a.y, b.x - a.x) / step) * step;
  return { x: a.x + length * Math.cos(angle), y: a.y + length * Math.sin(angle) };
}

/**
 * Turn a point around the origin, counterclockwise as seen on the screen, where y points down.
 * @param {Point} at @param {number} degrees
 */
export function turned(at, degrees) {
  const angle = (degrees * Math.PI) / 180;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return { x: at.x * cos + at.y * sin, y: -at.x * sin + at.y * cos };
}

/**
 * The width and height that a pasted object has on the painting, before it is turned.
 * @param {{w: number, h: number}} object @param {{w: number, h: number}} painting
 * @param {number} scale the share of the painting that the object fits into
 */
export function objectSize(object, painting, scale) {
  const factor = scale * Math.min(painting.w / object.w, painting.h / object.h);
  return { w: object.w * factor, h: object.h * factor };
}

/**
 * The four corners of an object on the painting.
 * @param {{x: number, y: number, angle: number}} place @param {{w: number, h: number}} size
 * @returns {Point[]}
 */
export function objectCorners(place, size) {
  return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([sx, sy]) => {
    const at = turned({ x: (sx * size.w) / 2, y: (sy * size.h) / 2 }, place.angle);
    return { x: place.x + at.x, y: place.y + at.y };
  });
}

/**
 * The angle of an object whose handle above it was dragged to a point; with `even`, a multiple of 15 degrees.
 * @param {Point} middle @param {Point} to @param {boolean} even
 */
export function angleTo(middle, to, even) {
  const degrees = (Math.atan2(middle.x - to.x, middle.y - to.y) * 180) / Math.PI;
  return even ? Math.round(degrees / 15) * 15 : Math.round(degrees * 10) / 10;
}

/** @param {Point} at @param {Point[]} corners whether a point is inside a polygon */
export function inside(at, corners) {
  let found = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [a, b] = [corners[i], corners[j]];
    if (a.y > at.y !== b.y > at.y && at.x < ((b.x - a.x) * (at.y - a.y)) / (b.y - a.y) + a.x) found = !found;
  }
  return found;
}

/** @param {Point} a @param {Point} b */
export function apart(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** @param {number[]|null} numbers x and y in turn @returns {Point[]} */
export function pairs(numbers) {
  return Array.from({ length: (numbers?.length ?? 0) / 2 }, (_, i) => ({
    x: /** @type {number[]} */ (numbers)[2 * i],
    y: /** @type {number[]} */ (numbers)[2 * i + 1],
  }));
}

/** @param {Point[]} points @returns {number[]} to a tenth of a pixel */
export function flat(points) {
  return points.flatMap(({ x, y }) => [Math.round(x * 10) / 10, Math.round(y * 10) / 10]);
}

/**
 * Where a point of the unit square lies on a surface seen in perspective (Heckbert 1989, square to quadrilateral).
 * @param {Point[]} corners of the surface, in order around it
 * @param {number} u @param {number} v in [0, 1]
 * @returns {Point}
 */
export function onSurface(corners, u, v) {
  const [a, b, c, d] = corners;
  const sx = a.x - b.x + c.x - d.x;
  const sy = a.y - b.y + c.y - d.y;
  const [dx1, dy1, dx2, dy2] = [b.x - c.x, b.y - c.y, d.x - c.x, d.y - c.y];
  const area = dx1 * dy2 - dx2 * dy1;
  const g = area ? (sx * dy2 - dx2 * sy) / area : 0;
  const h = area ? (dx1 * sy - sx * dy1) / area : 0;
  const w = g * u + h * v + 1;
  return {
    x: ((b.x - a.x + g * b.x) * u + (d.x - a.x + h * d.x) * v + a.x) / w,
    y: ((b.y - a.y + g * b.y) * u + (d.y - a.y + h * d.y) * v + a.y) / w,
  };
}
