/** What is in the photo, from a map with a number for each thing: hover needs no request. */

/** @import {Point, Size, Thing} from "./types.js" */

// Outlined things that are kept, each a picture of the screen copy's size.
const KEPT = 8;

/** The ID map of a photo. */
export class Things {
  /**
   * @param {Size} photo in photo pixels
   * @param {ImageBitmap} picture the ID map
   * @param {Thing[]} things
   */
  constructor(photo, picture, things) {
    this.photo = photo;
    this.size = { w: picture.width, h: picture.height };
    this.things = new Map(things.map((thing) => [thing.id, thing]));
    const canvas = new OffscreenCanvas(this.size.w, this.size.h);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, this.size.w, this.size.h);
    this.ids = Uint8Array.from({ length: this.size.w * this.size.h }, (_, i) => data[4 * i]);
    /** @type {Map<number, OffscreenCanvas>} */
    this.outlines = new Map();
  }

  /** @param {Point} at in photo pixels @returns {Thing|undefined} */
  at(at) {
    const x = Math.floor((at.x * this.size.w) / this.photo.w);
    const y = Math.floor((at.y * this.size.h) / this.photo.h);
    if (x < 0 || y < 0 || x >= this.size.w || y >= this.size.h) return undefined;
    return this.things.get(this.ids[y * this.size.w + x]);
  }

  /** @param {number} id @returns {Point|null} a place inside a thing, in photo pixels */
  placeOf(id) {
    const own = this.ids.reduce((count, each) => count + Number(each === id), 0);
    // The one in the middle, in reading order.
    for (let i = 0, seen = 0; i < this.ids.length; i++) {
      if (this.ids[i] !== id || ++seen < own / 2) continue;
      const { w, h } = this.size;
      return { x: (((i % w) + 0.5) * this.photo.w) / w, y: ((Math.floor(i / w) + 0.5) * this.photo.h) / h };
    }
    return null;
  }

  /**
   * A thing, lightened, with an outline.
   * @param {number} id
   */
  outline(id) {
    const known = this.outlines.get(id);
    if (known) return known;
    const { w, h } = this.size;
    const image = new ImageData(w, h);
    const out = new Uint32Array(image.data.buffer);
    const is = (/** @type {number} */ x, /** @type {number} */ y) => x >= 0 && y >= 0 && x < w && y < h && this.ids[y * w + x] === id;
    for (let y = 0, i = 0; y < h; y++) {
      for (let x = 0; x < w; x++, i++) {
        const own = this.ids[i] === id;
        const all = own && is(x - 1, y) && is(x + 1, y) && is(x, y - 1) && is(x, y + 1);
        if (own) out[i] = all ? 0x30ffffff : 0xffffffff;
        else if (is(x - 1, y) || is(x + 1, y) || is(x, y - 1) || is(x, y + 1)) out[i] = 0xb0000000;
      }
    }
    const canvas = new OffscreenCanvas(w, h);
    /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(image, 0, 0);
    if (this.outlines.size >= KEPT) this.outlines.delete([...this.outlines.keys()][0]);
    this.outlines.set(id, canvas);
    return canvas;
  }
}
