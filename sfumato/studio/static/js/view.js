/** The way from the photo to the stage and back: one scale and one shift, in CSS pixels. */

/** @import {Point, Size} from "./types.js" */

/** Largest and smallest zoom: stage pixels for a pixel of the photo. */
export const LARGEST = 32;
export const SMALLEST = 1 / 64;

// So much of the photo, in stage pixels, stays in sight however it is moved.
const SEEN = 48;

/** A zoom and a place. Methods that change it return a new view. */
export class View {
  /**
   * @param {number} scale stage pixels for a pixel of the photo
   * @param {number} x where the photo's left border is on the stage
   * @param {number} y where its upper border is
   */
  constructor(scale = 1, x = 0, y = 0) {
    this.scale = scale;
    this.x = x;
    this.y = y;
  }

  /** @param {Point} at on the stage; @returns {Point} in photo pixels */
  toPhoto(at) {
    return { x: (at.x - this.x) / this.scale, y: (at.y - this.y) / this.scale };
  }

  /** @param {Point} at in photo pixels; @returns {Point} on the stage */
  toStage(at) {
    return { x: at.x * this.scale + this.x, y: at.y * this.scale + this.y };
  }

  /**
   * Zoom by a factor; what is under the pointer stays there.
   * @param {number} factor
   * @param {Point} at on the stage
   */
  zoomed(factor, at) {
    const scale = Math.min(LARGEST, Math.max(SMALLEST, this.scale * factor));
    const change = scale / this.scale;
    return new View(scale, at.x - (at.x - this.x) * change, at.y - (at.y - this.y) * change);
  }

  /** @param {number} dx @param {number} dy in stage pixels */
  moved(dx, dy) {
    return new View(this.scale, this.x + dx, this.y + dy);
  }

  /**
   * The nearest view that leaves some of the photo in sight.
   * @param {Size} photo @param {Size} stage
   */
  kept(photo, stage) {
    const limit = (/** @type {number} */ start, /** @type {number} */ length, /** @type {number} */ room) =>
      Math.min(room - Math.min(SEEN, length), Math.max(Math.min(SEEN, length) - length, start));
    const x = limit(this.x, photo.w * this.scale, stage.w);
    const y = limit(this.y, photo.h * this.scale, stage.h);
    return new View(this.scale, x, y);
  }

  /** @param {View} other */
  equals(other) {
    return this.scale === other.scale && this.x === other.x && this.y === other.y;
  }
}

/**
 * The view that shows the whole photo in the middle of the stage; small photos are enlarged up to four times.
 * @param {Size} photo
 * @param {Size} stage
 * @param {{top: number, right: number, bottom: number, left: number}} margin room for what floats over the stage
 */
export function fitted(photo, stage, margin) {
  const room = { w: stage.w - margin.left - margin.right, h: stage.h - margin.top - margin.bottom };
  const scale = Math.max(SMALLEST, Math.min(4, room.w / photo.w, room.h / photo.h));
  return centered(photo, stage, margin, scale);
}

/**
 * The view with a given zoom and the photo in the middle.
 * @param {Size} photo
 * @param {Size} stage
 * @param {{top: number, right: number, bottom: number, left: number}} margin
 * @param {number} scale
 */
export function centered(photo, stage, margin, scale) {
  return new View(
    scale,
    margin.left + (stage.w - margin.left - margin.right - photo.w * scale) / 2,
    margin.top + (stage.h - margin.top - margin.bottom - photo.h * scale) / 2,
  );
}

/**
 * The view after two fingers moved: the points of the photo under them stay under them.
 * @param {View} view
 * @param {[Point, Point]} before
 * @param {[Point, Point]} after
 */
export function pinched(view, before, after) {
  const apart = (/** @type {[Point, Point]} */ two) => Math.hypot(two[0].x - two[1].x, two[0].y - two[1].y);
  const middle = (/** @type {[Point, Point]} */ two) => ({ x: (two[0].x + two[1].x) / 2, y: (two[0].y + two[1].y) / 2 });
  const from = middle(before);
  const to = middle(after);
  return view.zoomed(apart(after) / Math.max(1, apart(before)), from).moved(to.x - from.x, to.y - from.y);
}
