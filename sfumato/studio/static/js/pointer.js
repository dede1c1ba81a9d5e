/** Mouse, pen and fingers on the canvas: what moves the view, and what goes to the tool in hand. */

/** @import {PictureCanvas} from "./canvas.js" */
/** @import {Point} from "./types.js" */

/**
 * @typedef {Object} Tool
 * @property {string} [cursor]
 * @property {(at: Point, event: PointerEvent) => void} [hover] the pointer moves, no button held; in photo pixels
 * @property {() => void} [leave]
 * @property {(at: Point, event: PointerEvent) => void} [down]
 * @property {(at: Point, event: PointerEvent) => void} [drag]
 * @property {(at: Point, event: PointerEvent) => void} [up]
 * @property {() => void} [cancel] Escape, or another tool is taken
 * @property {(event: KeyboardEvent) => boolean} [key] whether the tool has taken the key
 * @property {import("./canvas.js").Painter} [draw] marks, in stage pixels
 */

// Below this width the page is for looking: one finger moves the picture.
const FOR_LOOKING = 640;

/** Takes the events of a canvas. */
export class Pointer {
  /**
   * @param {PictureCanvas} picture
   * @param {() => Tool} tool the tool in hand
   */
  constructor(picture, tool) {
    this.picture = picture;
    this.tool = tool;
    /** @type {Map<number, Point>} */
    this.fingers = new Map();
    /** @type {"pan"|"tool"|"pinch"|null} */
    this.doing = null;
    /** @type {Tool|null} the tool that a drag began with */
    this.held = null;
    this.isSpace = false;
    /** Whether the pointer is over the canvas. */
    this.isOver = false;
    const { canvas } = picture;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#up(event, true));
    canvas.addEventListener("pointerenter", () => (this.isOver = true));
    canvas.addEventListener("pointerleave", () => {
      this.isOver = false;
      this.tool().leave?.();
    });
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** @param {boolean} now */
  space(now) {
    this.isSpace = now;
    this.cursor();
  }

  /** Show what the pointer would do. */
  cursor() {
    const hand = this.isSpace || this.doing === "pan";
    this.picture.canvas.style.cursor = hand ? (this.doing === "pan" ? "grabbing" : "grab") : (this.tool().cursor ?? "default");
  }

  /** End what is being dragged, and take nothing of it. */
  cancel() {
    (this.held ?? this.tool()).cancel?.();
    this.held = null;
    if (this.doing === "tool") this.doing = null;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (!this.picture.photo) return;
    const at = this.picture.at(event);
    this.fingers.set(event.pointerId, at);
    try {
      this.picture.canvas.setPointerCapture(event.pointerId);
    } catch {
      // A pointer that is gone already cannot be captured, and need not be.
    }
    const looking = event.pointerType === "touch" && innerWidth < FOR_LOOKING;
    if (this.fingers.size === 2) {
      this.cancel();
      this.doing = "pinch";
    } else if (event.button === 1 || this.isSpace || looking) {
      event.preventDefault();
      this.doing = "pan";
    } else if (event.button === 0) {
      this.doing = "tool";
      this.held = this.tool();
      this.held.down?.(this.picture.toPhoto(at), event);
    }
    this.cursor();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const at = this.picture.at(event);
    const before = this.fingers.get(event.pointerId);
    if (this.doing === "pinch" && before) {
      const two = /** @type {[Point, Point]} */ ([...this.fingers.values()].slice(0, 2));
      this.fingers.set(event.pointerId, at);
      this.picture.pinch(two, /** @type {[Point, Point]} */ ([...this.fingers.values()].slice(0, 2)));
    } else if (this.doing === "pan" && before) {
      this.picture.pan(at.x - before.x, at.y - before.y);
      this.fingers.set(event.pointerId, at);
    } else if (this.doing === "tool" && before) {
      for (const one of event.getCoalescedEvents?.() ?? []) this.held?.drag?.(this.picture.toPhoto(this.picture.at(one)), event);
      this.held?.drag?.(this.picture.toPhoto(at), event);
    } else if (!this.doing && this.picture.photo) {
      this.tool().hover?.(this.picture.toPhoto(at), event);
    }
  }

  /** @param {PointerEvent} event @param {boolean} [isCanceled] */
  #up(event, isCanceled = false) {
    if (!this.fingers.delete(event.pointerId)) return;
    if (this.doing === "tool") {
      if (isCanceled) this.held?.cancel?.();
      else this.held?.up?.(this.picture.toPhoto(this.picture.at(event)), event);
    }
    this.held = null;
    if (!this.fingers.size) this.doing = null;
    this.cursor();
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (!event.ctrlKey && (event.deltaX || event.shiftKey)) {
      const [dx, dy] = event.deltaX ? [event.deltaX, event.deltaY] : [event.deltaY, 0];
      this.picture.pan(-dx * unit, -dy * unit);
    } else {
      // A pinch on a touchpad comes as small turns of the wheel with Ctrl.
      this.picture.zoom(Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0018)), this.picture.at(event));
    }
  }
}
