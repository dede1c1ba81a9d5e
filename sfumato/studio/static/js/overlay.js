/** The mask as it is shown: a tint, black and white, or its edge; with the stroke that is being painted. */

import { laid, union } from "./stroke.js";

/** @import {Rect, Size} from "./types.js" */

/** @typedef {"tint"|"mask"|"edge"|"off"} Kind */

/** A mask of the screen copy's size, and the picture of it that is laid over the photo. */
export class Overlay {
  /** @param {Size} size */
  constructor(size) {
    this.size = size;
    this.mask = new Uint8Array(size.w * size.h);
    /** @type {{values: Uint8Array<ArrayBuffer>, erase: boolean}|null} */
    this.stroke = null;
    /** Whether the mask is what the page supposes after a click, and the server has not answered. */
    this.isGuess = false;
    /** @type {Rect|null} what has changed since the picture was drawn */
    this.changed = null;
    this.canvas = new OffscreenCanvas(size.w, size.h);
    this.context = /** @type {OffscreenCanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    /** @type {Kind} */
    this.kind = "tint";
    this.color = [255, 61, 104];
  }

  /** @param {Kind} kind @param {string} color as #rrggbb */
  show(kind, color) {
    this.kind = kind;
    this.color = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
    this.update();
  }

  /** @param {ImageBitmap} picture the mask as the server has it, in gray */
  load(picture) {
    const canvas = new OffscreenCanvas(this.size.w, this.size.h);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    context.drawImage(picture, 0, 0, this.size.w, this.size.h);
    const { data } = context.getImageData(0, 0, this.size.w, this.size.h);
    for (let i = 0; i < this.mask.length; i++) this.mask[i] = data[4 * i];
    this.isGuess = false;
    this.update();
  }

  /** Select nothing. */
  clear() {
    this.mask.fill(0);
    this.isGuess = false;
    this.update();
  }

  /** @param {boolean} erase */
  begin(erase) {
    this.stroke = { values: new Uint8Array(this.mask.length), erase };
  }

  /** Make the stroke a part of the mask. */
  keep() {
    for (let i = 0; i < this.mask.length; i++) this.mask[i] = this.#value(i);
    this.stroke = null;
  }

  /** Forget the stroke. */
  drop() {
    this.stroke = null;
    this.update();
  }

  /**
   * Select what has a value in an ID map, or take it away, until the server says what is selected exactly.
   * @param {Uint8Array} ids @param {number} id @param {boolean} remove
   */
  guess(ids, id, remove) {
    const { w } = this.size;
    const value = remove ? 0 : 255;
    let [left, top, right, bottom] = [w, this.size.h, 0, 0];
    for (let i = 0, x = 0, y = 0; i < this.mask.length; i++) {
      if (ids[i] === id) {
        this.mask[i] = value;
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = y + 1;
      }
      if (++x === w) [x, y] = [0, y + 1];
    }
    this.isGuess = true;
    if (right) this.update({ x: left, y: top, w: right - left, h: bottom - top });
  }

  /** @param {number} i */
  #value(i) {
    return this.stroke ? laid(this.mask[i], this.stroke.values[i], this.stroke.erase) : this.mask[i];
  }

  /** @param {Rect|null} [changed] a part is to be drawn anew, or everything */
  update(changed) {
    this.changed = union(this.changed, changed ?? { x: 0, y: 0, ...this.size });
  }

  /** The picture of the mask; drawn only when somebody looks, since a click changes it several times. */
  get picture() {
    if (this.changed) this.#draw(this.changed);
    return this.canvas;
  }

  /** @param {Rect} changed */
  #draw(changed) {
    const rect = this.kind === "edge" ? this.#wider(changed) : changed;
    const image = new ImageData(rect.w, rect.h);
    const fill = { off: this.#tint, tint: this.#tint, mask: this.#plain, edge: this.#edge }[this.kind].bind(this);
    fill(new Uint32Array(image.data.buffer), rect);
    this.context.putImageData(image, rect.x, rect.y);
    this.changed = null;
  }

  /** @param {Rect} rect */
  #wider(rect) {
    const x = Math.max(0, rect.x - 2);
    const y = Math.max(0, rect.y - 2);
    return { x, y, w: Math.min(this.size.w, rect.x + rect.w + 2) - x, h: Math.min(this.size.h, rect.y + rect.h + 2) - y };
  }

  /** @param {Uint32Array} out @param {Rect} rect */
  #tint(out, rect) {
    const [r, g, b] = this.color;
    const color = r | (g << 8) | (b << 16);
    this.#each(rect, (i, at) => (out[at] = (color | (this.#value(i) << 24)) >>> 0));
  }

  /** @param {Uint32Array} out @param {Rect} rect */
  #plain(out, rect) {
    this.#each(rect, (i, at) => (out[at] = (0xff000000 | (this.#value(i) * 0x010101)) >>> 0));
  }

  /** @param {Uint32Array} out @param {Rect} rect */
  #edge(out, rect) {
    const { w, h } = this.size;
    const [r, g, b] = this.color;
    const inner = (0xff000000 | r | (g << 8) | (b << 16)) >>> 0;
    this.#each(rect, (i, at, x, y) => {
      const is = this.#value(i) >= 128;
      const differs = (/** @type {number} */ other) => this.#value(other) >= 128 !== is;
      const near =
        (x > 0 && differs(i - 1)) || (x < w - 1 && differs(i + 1)) || (y > 0 && differs(i - w)) || (y < h - 1 && differs(i + w));
      const border = is && (x === 0 || y === 0 || x === w - 1 || y === h - 1);
      out[at] = near || border ? (is ? inner : 0xc0000000) : 0;
    });
  }

  /** @param {Rect} rect @param {(i: number, at: number, x: number, y: number) => void} act */
  #each(rect, act) {
    for (let y = rect.y, at = 0; y < rect.y + rect.h; y++) {
      for (let x = rect.x, i = y * this.size.w + rect.x; x < rect.x + rect.w; x++, i++, at++) act(i, at, x, y);
    }
  }
}
