/** What belongs to this browser alone: tool, brush, overlay, view. Most of it is remembered for the next visit. */

/**
 * @typedef {"photo"|"result"|"split"|"side"|"blink"} Looking
 * @typedef {Object} Values
 * @property {string} tool
 * @property {number} brush diameter, in photo pixels
 * @property {number} softness
 * @property {boolean} remove whether shapes are taken away
 * @property {number} amount of grow, shrink and feather, in photo pixels
 * @property {"tint"|"mask"|"edge"|"off"} overlay
 * @property {string} color of the overlay
 * @property {number} opacity
 * @property {"auto"|"dark"|"light"} theme
 * @property {boolean} live whether a first look is painted while settings change
 * @property {Looking} looking
 * @property {number} split where the two halves meet, as a share of the stage
 * @property {string} layer id of the selected one
 * @property {string} result id of the one that is shown; "" for the latest
 * @property {boolean} matches whether matched labels are laid over the photo
 */

/** @type {Values} */
const DEFAULTS = {
  tool: "select", brush: 60, softness: 0.3, remove: false, amount: 8,
  overlay: "tint", color: "#ff3d68", opacity: 0.5, theme: "auto", live: true,
  looking: "photo", split: 0.5, layer: "", result: "", matches: true,
};

/** @type {(keyof Values)[]} */
const REMEMBERED = ["softness", "amount", "overlay", "color", "opacity", "theme", "live"];

const PLACE = "sfumato-studio";

/** Values that tell when they change, by an event "change" whose detail lists their names. */
export class Prefs extends EventTarget {
  constructor() {
    super();
    /** @type {Values} */
    this.values = { ...DEFAULTS, ...this.#remembered() };
  }

  /**
   * @template {keyof Values} K
   * @param {K} name
   * @returns {Values[K]}
   */
  get(name) {
    return this.values[name];
  }

  /** @param {Partial<Values>} given */
  set(given) {
    const names = /** @type {(keyof Values)[]} */ (Object.keys(given)).filter((name) => given[name] !== this.values[name]);
    if (!names.length) return;
    Object.assign(this.values, given);
    if (names.some((name) => REMEMBERED.includes(name))) {
      try {
        localStorage.setItem(PLACE, JSON.stringify(Object.fromEntries(REMEMBERED.map((name) => [name, this.values[name]]))));
      } catch {
        // Where nothing can be stored, nothing is remembered.
      }
    }
    this.dispatchEvent(new CustomEvent("change", { detail: names }));
  }

  /**
   * Call a function now, and whenever one of these values changes.
   * @param {(keyof Values)[]} names
   * @param {() => void} act
   */
  watch(names, act) {
    this.addEventListener("change", (event) => {
      if (/** @type {CustomEvent} */ (event).detail.some((/** @type {keyof Values} */ name) => names.includes(name))) act();
    });
    act();
  }

  /** @returns {Partial<Values>} only names that are known, with values of the right type */
  #remembered() {
    try {
      const stored = JSON.parse(localStorage.getItem(PLACE) ?? "{}");
      return Object.fromEntries(REMEMBERED.filter((name) => typeof stored[name] === typeof DEFAULTS[name]).map((name) => [name, stored[name]]));
    } catch {
      return {};
    }
  }
}
