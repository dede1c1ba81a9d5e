/** The pictures that the canvas shows, fetched as the state says: photo, ID map, mask, what is painted, results. */

import { objectSize } from "./geometry.js";
import { Latest } from "./latest.js";
import { isActive } from "./ready.js";
import { Overlay } from "./overlay.js";
import { shownPath } from "./shown.js";
import { Things } from "./things.js";

/** @import {Studio} from "./studio.js" */
/** @import {Matches} from "./matches.js" */

/** What is fetched, and drawn over the photo. */
export class Pictures {
  /** @param {Studio} studio */
  constructor(studio) {
    this.studio = studio;
    /** @type {Things|null} */
    this.things = null;
    /** @type {Overlay|null} */
    this.overlay = null;
    /** @type {ImageBitmap|null} the cut-out object */
    this.object = null;
    /** Why there is no cut-out object. */
    this.objectError = "";
    /** @type {Matches|null} labels of the photo and its reference */
    this.matches = null;
    this.hovered = 0;
    /** Pictures shown of the job, for who wants to know how many. */
    this.previews = 0;
    const { picture, api } = studio;
    const get = (/** @type {string} */ path) => api.picture(path);
    this.photo = new Latest(get, (found) => this.#show({ before: found }));
    this.after = new Latest(get, (found, path) => {
      if (path.startsWith("preview/")) this.previews++;
      this.#show({ after: found });
    });
    this.map = new Latest(get, (found) => this.#setThings(found));
    this.mask = new Latest(get, (found) => this.#setMask(found));
    this.cutout = new Latest((path) => api.picture(path, (line) => this.#refuse(line)), (found) => this.#show({ object: found }));
    picture.layers.push((ctx) => this.#drawMask(ctx), (ctx) => this.#drawObject(ctx));
    picture.hints.push((ctx) => this.#drawHints(ctx));
    studio.prefs.watch(["overlay", "color"], () => {
      this.overlay?.show(studio.prefs.get("overlay"), studio.prefs.get("color"));
      picture.redraw();
    });
    studio.prefs.watch(["opacity", "matches"], () => picture.redraw());
    studio.prefs.watch(["split", "looking"], () => {
      picture.split = studio.prefs.get("split");
      picture.look(studio.prefs.get("looking"));
    });
    studio.prefs.watch(["layer", "result"], () => this.update());
  }

  /** Fetch what the state now names. */
  update() {
    const state = this.studio.state;
    if (!state) return;
    const { photo, panel, labels } = state;
    this.studio.picture.open(photo && { w: photo.width, h: photo.height });
    if (!photo) this.things = this.overlay = null;
    void this.photo.want(photo ? `photo/screen.jpg?v=${photo.version}` : "");
    void this.map.want(photo && labels.state === "ready" ? `idmap.png?v=${photo.version}.${labels.version}` : "");
    const after = photo ? shownPath(state, this.studio.prefs.get("result")) : "";
    // A job that has nothing to show yet leaves what was there before.
    if (after || !isActive(state.job)) void this.after.want(after);
    const object = panel.mode === "paste" ? panel.object : null;
    void this.cutout.want(photo && object ? `panel/object.png?v=${encodeURIComponent(`${object.style} ${object.region}`)}` : "");
    this.refresh();
  }

  /** Fetch the mask of the selected layer, unless more of it is on its way to the server. */
  refresh() {
    const { state, api } = this.studio;
    const layer = this.studio.layer();
    if (!state?.photo || api.pending || this.overlay?.stroke) return;
    if (!this.overlay && this.photoSize) this.#setOverlay(this.photoSize);
    void this.mask.want(layer ? `layers/${layer.id}/mask.png?v=${state.photo.version}.${layer.mask_version}&size=screen` : "");
  }

  /** Fetch the mask once more: what the page supposed after a click was refused. */
  again() {
    this.mask.wanted = "";
    this.refresh();
  }

  /** @param {string} line why the object cannot be cut out; "" if it can */
  #refuse(line) {
    this.objectError = line;
    this.studio.dispatchEvent(new Event("place"));
  }

  /** @param {{before?: ImageBitmap|null, after?: ImageBitmap|null, object?: ImageBitmap|null}} found */
  #show(found) {
    const { picture } = this.studio;
    if ("before" in found) {
      picture.before = found.before ?? null;
      if (found.before) this.#setOverlay({ w: found.before.width, h: found.before.height });
      this.refresh();
    }
    if ("after" in found) picture.after = found.after ?? null;
    if ("object" in found) {
      this.object = found.object ?? null;
      picture.canvas.dataset.object = found.object ? "ready" : "";
    }
    picture.redraw();
  }

  /** @param {{w: number, h: number}} size */
  #setOverlay(size) {
    this.photoSize = size;
    if (this.overlay?.size.w === size.w && this.overlay.size.h === size.h) return;
    this.overlay = new Overlay(size);
    this.mask.wanted = "";
    this.overlay.show(this.studio.prefs.get("overlay"), this.studio.prefs.get("color"));
  }

  /** @param {ImageBitmap|null} picture */
  #setThings(picture) {
    const { photo, labels } = this.studio.state ?? {};
    this.things = picture && photo && labels ? new Things({ w: photo.width, h: photo.height }, picture, labels.things) : null;
  }

  /** @param {ImageBitmap|null} picture */
  #setMask(picture) {
    if (!this.overlay || this.overlay.stroke) return void (this.mask.wanted = "");
    if (picture) this.overlay.load(picture);
    else this.overlay.clear();
    this.studio.picture.canvas.dataset.mask = this.mask.wanted;
    this.studio.picture.redraw();
  }

  /** @param {CanvasRenderingContext2D} ctx in photo pixels */
  #drawMask(ctx) {
    const { prefs, mode, picture } = this.studio;
    const { w, h } = picture.photo ?? { w: 0, h: 0 };
    const kind = prefs.get("overlay");
    // A region that nobody has touched is the whole photo: there is nothing to point out.
    const isWhole = kind === "tint" && this.studio.layer()?.region === "all" && !this.overlay?.stroke && !this.overlay?.isGuess;
    if (mode === "restyle" && this.overlay && kind !== "off" && !isWhole) {
      ctx.imageSmoothingEnabled = true;
      ctx.globalAlpha = kind === "tint" ? prefs.get("opacity") : 1;
      ctx.drawImage(this.overlay.picture, 0, 0, w, h);
    }
    if (mode === "photo" && this.matches && prefs.get("matches")) {
      ctx.globalAlpha = 0.55;
      ctx.drawImage(this.matches.photo, 0, 0, w, h);
    }
  }

  /** @param {CanvasRenderingContext2D} ctx what a click would take, in photo pixels */
  #drawHints(ctx) {
    const { mode, picture } = this.studio;
    if (mode !== "restyle" || !this.things || !this.hovered || !picture.photo) return;
    ctx.imageSmoothingEnabled = true;
    ctx.drawImage(this.things.outline(this.hovered), 0, 0, picture.photo.w, picture.photo.h);
  }

  /** @param {CanvasRenderingContext2D} ctx in photo pixels */
  #drawObject(ctx) {
    const { mode, picture } = this.studio;
    const photo = picture.photo;
    const place = this.studio.place();
    if (mode !== "paste" || !place || !this.object || !photo) return;
    const { w, h } = objectSize({ w: this.object.width, h: this.object.height }, photo, place.scale);
    ctx.beginPath();
    ctx.rect(0, 0, photo.w, photo.h);
    ctx.clip();
    ctx.translate(place.x, place.y);
    ctx.rotate((-place.angle * Math.PI) / 180);
    ctx.drawImage(this.object, -w / 2, -h / 2, w, h);
  }
}
