/**
 * The canvas: two pictures of the same size, before and after, under one view; what lies over them is drawn by others.
 * It knows nothing of the server or of the rest of the page.
 */

import { View, centered, fitted, pinched } from "./view.js";

/** @import {Point, Size} from "./types.js" */
/** @import {Looking} from "./prefs.js" */

/** @typedef {(context: CanvasRenderingContext2D, view: View) => void} Painter */

// From this enlargement on, pixels are shown as squares.
const SQUARES = 4;

/** Dispatches "view" when zoom, place or size change. */
export class PictureCanvas extends EventTarget {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    super();
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.view = new View();
    /** @type {Size|null} the photo's own size, in pixels */
    this.photo = null;
    /** @type {CanvasImageSource|null} */
    this.before = null;
    /** @type {CanvasImageSource|null} */
    this.after = null;
    /** @type {CanvasImageSource|null} the same at its own size, once it is there */
    this.sharpBefore = null;
    /** @type {CanvasImageSource|null} */
    this.sharpAfter = null;
    /** @type {Looking} */
    this.looking = "photo";
    this.split = 0.5;
    this.blinked = false;
    /** Whether the photo alone is shown for a moment, whatever else is. */
    this.isPeeking = false;
    this.margin = { top: 0, right: 0, bottom: 0, left: 0 };
    /** @type {Painter[]} what lies on the photo while it is not compared, in photo pixels */
    this.layers = [];
    /** @type {Painter[]} what lies on every picture, in photo pixels */
    this.hints = [];
    /** @type {Painter[]} handles and outlines, in stage pixels */
    this.marks = [];
    this.isFitted = true;
    this.waiting = false;
    new ResizeObserver(() => this.#resized()).observe(canvas);
  }

  /** @returns {Size} of the stage, in CSS pixels */
  get stage() {
    return { w: this.canvas.clientWidth, h: this.canvas.clientHeight };
  }

  /** @returns {Size} of the part of the stage that shows one picture */
  get pane() {
    const { w, h } = this.stage;
    return { w: this.looking === "side" ? w / 2 : w, h };
  }

  /** @param {Size|null} photo */
  open(photo) {
    const same = photo && this.photo && photo.w === this.photo.w && photo.h === this.photo.h;
    this.photo = photo;
    if (!same) this.fit();
  }

  /** Show the whole photo. */
  fit() {
    if (this.photo) this.move(fitted(this.photo, this.pane, this.margin), true);
  }

  /** Show one pixel of the photo as one pixel of the screen. */
  actual() {
    if (this.photo) this.move(centered(this.photo, this.pane, this.margin, 1 / devicePixelRatio));
  }

  /** @param {number} factor @param {Point} [at] on the stage; the middle when left out */
  zoom(factor, at) {
    this.move(this.view.zoomed(factor, at ? this.#inPane(at) : { x: this.pane.w / 2, y: this.pane.h / 2 }));
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.move(this.view.moved(dx, dy));
  }

  /** @param {[Point, Point]} before @param {[Point, Point]} after two fingers, on the stage */
  pinch(before, after) {
    this.move(pinched(this.view, before, after));
  }

  /** @param {View} view @param {boolean} [isFitted] */
  move(view, isFitted = false) {
    if (!this.photo) return;
    this.isFitted = isFitted;
    this.view = isFitted ? view : view.kept(this.photo, this.pane);
    this.canvas.dataset.view = JSON.stringify(this.view);
    this.dispatchEvent(new Event("view"));
    this.redraw();
  }

  /** @param {Looking} looking */
  look(looking) {
    const side = this.looking === "side";
    this.looking = looking;
    if (side !== (looking === "side")) this.fit();
    this.redraw();
  }

  /** @param {Point} at on the stage @returns {Point} in photo pixels */
  toPhoto(at) {
    return this.view.toPhoto(this.#inPane(at));
  }

  /** @param {{clientX: number, clientY: number}} event @returns {Point} on the stage */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** Draw soon; many calls are one. */
  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.#draw();
    });
  }

  /** @param {Point} at */
  #inPane(at) {
    const { w } = this.pane;
    return this.looking === "side" && at.x >= w ? { x: at.x - w, y: at.y } : at;
  }

  #resized() {
    const { w, h } = this.stage;
    this.canvas.width = Math.round(w * devicePixelRatio);
    this.canvas.height = Math.round(h * devicePixelRatio);
    if (this.isFitted) this.fit();
    else this.move(this.view);
    this.#draw();
  }

  #draw() {
    const { context: ctx } = this;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (!this.photo || !this.before) return;
    const { w } = this.stage;
    const after = this.after ?? this.before;
    if (this.isPeeking) {
      this.#pane(this.before, 0, { x: 0, w });
    } else if (this.looking === "split") {
      this.#pane(after, 0, { x: 0, w });
      this.#pane(this.before, 0, { x: 0, w: this.split * w });
    } else if (this.looking === "side") {
      this.#pane(this.before, 0, { x: 0, w: w / 2 });
      this.#pane(after, w / 2, { x: w / 2, w: w / 2 });
    } else {
      const shown = this.looking === "photo" || (this.looking === "blink" && !this.blinked) ? this.before : after;
      this.#pane(shown, 0, { x: 0, w });
    }
    ctx.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    for (const mark of this.marks) {
      ctx.save();
      mark(ctx, this.view);
      ctx.restore();
    }
  }

  /**
   * Draw one picture into a part of the stage.
   * @param {CanvasImageSource} picture
   * @param {number} shift of the view, in stage pixels
   * @param {{x: number, w: number}} clip
   */
  #pane(picture, shift, clip) {
    const { context: ctx, view } = this;
    const photo = /** @type {Size} */ (this.photo);
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.beginPath();
    ctx.rect(clip.x, 0, clip.w, this.stage.h);
    ctx.clip();
    ctx.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * (view.x + shift), ratio * view.y);
    ctx.imageSmoothingEnabled = view.scale * ratio < SQUARES;
    ctx.imageSmoothingQuality = "high";
    const sharp = picture === this.before ? this.sharpBefore : this.sharpAfter;
    ctx.drawImage(sharp ?? picture, 0, 0, photo.w, photo.h);
    const isAlone = picture === this.before && !this.isPeeking && !["split", "side", "blink"].includes(this.looking);
    for (const layer of [...(isAlone ? this.layers : []), ...this.hints]) {
      ctx.save();
      layer(ctx, view);
      ctx.restore();
    }
    ctx.restore();
  }
}
