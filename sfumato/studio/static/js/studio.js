/** What the parts of the page share: the session, the canvas, the tools, and what they do to the selected layer. */

import { Api } from "./api.js";
import { PictureCanvas } from "./canvas.js";
import { flat, pairs } from "./geometry.js";
import { Pictures } from "./pictures.js";
import { Pointer } from "./pointer.js";
import { Prefs } from "./prefs.js";
import { Session } from "./session.js";
import { LOOKING, makeTools } from "./tools/tools.js";

/** @import {Tool} from "./pointer.js" */
/** @import {Layer, Mode, PastedObject, Point, State, Thing} from "./types.js" */

/** @typedef {Pick<PastedObject, "x"|"y"|"scale"|"angle">} Place */

/** Dispatches "state" with each state, "tool" when another tool is in hand, and "hover" with what is under the pointer. */
export class Studio extends EventTarget {
  /** @param {HTMLCanvasElement} canvas @param {(line: string, isError?: boolean) => void} say shows one line */
  constructor(canvas, say) {
    super();
    this.say = say;
    this.prefs = new Prefs();
    this.session = new Session();
    this.api = new Api(this.session, (line) => say(line, true));
    this.picture = new PictureCanvas(canvas);
    this.pictures = new Pictures(this);
    // While a command is under way no mask is fetched, so whatever it was about is fetched after the last one.
    this.api.onidle = () => this.pictures.refresh();
    this.tools = makeTools(this);
    this.pointer = new Pointer(this.picture, () => this.tool());
    /** @type {Place|null} where the object is dragged to, until the server knows */
    this.drafted = null;
    /** @type {Point[]|null} */
    this.draftedCorners = null;
    /** The tool that was in hand last. */
    this.last = "";
    this.picture.marks.push((ctx, view) => this.tool().draw?.(ctx, view));
    this.session.addEventListener("state", () => this.#update());
    this.prefs.watch(["tool"], () => this.#took());
  }

  /** @returns {State|null} */
  get state() {
    return this.session.state;
  }

  /** @returns {Mode} */
  get mode() {
    return this.state?.panel.mode ?? "restyle";
  }

  get things() {
    return this.pictures.things;
  }

  get overlay() {
    return this.mode === "restyle" ? this.pictures.overlay : null;
  }

  get object() {
    return this.pictures.object;
  }

  /** @returns {Layer|null} the selected layer; the first one where none is */
  layer() {
    const layers = this.state?.layers ?? [];
    return layers.find(({ id }) => id === this.prefs.get("layer")) ?? layers[0] ?? null;
  }

  /** @returns {string} id of the tool in hand */
  get toolName() {
    const chosen = this.prefs.get("tool");
    if (this.mode === "restyle" || LOOKING.includes(chosen)) return chosen;
    return { paste: "object", surface: "corners", photo: "hand" }[this.mode];
  }

  /** @returns {Tool} */
  tool() {
    return /** @type {Tool} */ (this.tools.get(this.toolName) ?? this.tools.get("hand"));
  }

  /** Show the photo with its overlay, since it is going to be changed. */
  edit() {
    this.prefs.set({ looking: "photo" });
  }

  /** @param {Thing|null} thing under the pointer @param {{clientX: number, clientY: number, altKey: boolean}} [event] */
  point(thing, event) {
    this.pictures.hovered = thing?.id ?? 0;
    this.dispatchEvent(new CustomEvent("hover", { detail: { thing, event } }));
    this.picture.redraw();
  }

  /**
   * Add the thing at a point to the region, or take it away; one that is known shows at once.
   * @param {Point} at in photo pixels @param {boolean} remove @param {boolean} more whether it belongs to the last click
   */
  async clickThing(at, remove, more = false) {
    this.edit();
    const thing = this.things?.at(at);
    if (thing && this.things && this.overlay && !more) {
      if (!remove) this.fromNothing();
      this.overlay.guess(this.things.ids, thing.id, remove);
    }
    this.picture.redraw();
    const state = await this.region({ op: "click", x: Math.round(at.x), y: Math.round(at.y), remove, more });
    if (!state) this.pictures.again();
  }

  /** Show that what is added now is the region: a region that nobody has touched is the whole photo. */
  fromNothing() {
    if (this.layer()?.region === "all") this.overlay?.clear();
  }

  /** @param {Record<string, unknown>} command what happens to the selected layer's region */
  async region(command) {
    const layer = this.layer();
    return layer ? this.api.send("POST", `layers/${layer.id}/region`, command) : null;
  }

  /** @param {Promise<Blob>} patch a stroke @param {URLSearchParams} query */
  async changeMask(patch, query) {
    const layer = this.layer();
    if (layer) await this.api.send("PUT", `layers/${layer.id}/mask?${query}`, patch, { "Content-Type": "image/png" });
  }

  /** @param {Partial<Layer>} values */
  async change(values) {
    const layer = this.layer();
    if (layer) await this.api.send("PATCH", `layers/${layer.id}`, values);
  }

  /** @param {"undo"|"redo"} way */
  async step(way) {
    const layer = this.mode === "restyle" ? this.layer() : null;
    if (layer && (this.api.pending || layer[way === "undo" ? "can_undo" : "can_redo"])) await this.api.send("POST", `layers/${layer.id}/${way}`);
  }

  /** Add a layer, or a copy of one, and select it. @param {string} [copy] */
  async addLayer(copy) {
    const before = new Set(this.state?.layers.map(({ id }) => id));
    const state = await this.api.send("POST", "layers", copy ? { copy } : {});
    const added = state?.layers.find(({ id }) => !before.has(id));
    if (added) this.prefs.set({ layer: added.id });
  }

  /** @returns {Place|null} where the pasted object is */
  place() {
    return this.drafted ?? this.state?.panel.object ?? null;
  }

  /** @param {Partial<Place>|null} change null forgets what was not sent */
  draft(change) {
    const place = this.place();
    this.drafted = change && place ? { x: place.x, y: place.y, scale: place.scale, angle: place.angle, ...change } : null;
    this.dispatchEvent(new Event("place"));
    this.picture.redraw();
  }

  /** @param {Partial<PastedObject>} values of the pasted object */
  async changeObject(values) {
    const { x, y, ...kept } = this.state?.panel.object ?? { x: 0, y: 0 };
    const middle = this.picture.photo ? { x: this.picture.photo.w / 2, y: this.picture.photo.h / 2 } : { x, y };
    const object = "style" in kept ? { x, y, ...kept, ...values } : { ...middle, ...values };
    await this.api.send("PATCH", "panel", { object });
  }

  async placeObject() {
    const sent = this.drafted;
    if (!sent) return;
    await this.changeObject(sent);
    if (this.drafted === sent) this.draft(null);
  }

  /** @returns {Point[]} the corners of the surface */
  corners() {
    return this.draftedCorners ?? pairs(this.state?.panel.corners ?? null);
  }

  /** @param {Point[]|null} corners */
  draftCorners(corners) {
    this.draftedCorners = corners;
    this.dispatchEvent(new Event("place"));
    this.picture.redraw();
  }

  async placeCorners() {
    const sent = this.draftedCorners;
    if (!sent) return;
    await this.api.send("PATCH", "panel", { corners: flat(sent) });
    if (this.draftedCorners === sent) this.draftCorners(null);
  }

  #update() {
    this.pictures.update();
    this.#took();
    this.dispatchEvent(new Event("state"));
  }

  #took() {
    const now = this.toolName;
    if (this.last !== now) {
      if (this.last) this.tools.get(this.last)?.cancel?.();
      this.point(null);
    }
    this.last = now;
    this.pointer.cursor();
    this.picture.redraw();
    this.dispatchEvent(new Event("tool"));
  }
}
