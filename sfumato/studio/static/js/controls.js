/** Controls with names: sliders, choices, switches. Each has `set`, which does not disturb who is using it. */

import { el, icon } from "./dom.js";

let count = 0;
const fresh = () => `control-${++count}`;

/**
 * A slider with its name and value. `change` comes when it is let go, `input` while it moves.
 * @param {Object} options
 * @param {string} options.label
 * @param {number} [options.min]
 * @param {number} [options.max]
 * @param {number} [options.step]
 * @param {(value: number) => string} [options.format]
 * @param {(value: number) => void} [options.input]
 * @param {(value: number) => void} [options.change]
 * @param {string} [options.title]
 * @param {string} [options.key]
 */
export function slider({ label, min = 0, max = 1, step = 0.01, format = String, input, change, title, key }) {
  const id = fresh();
  const range = el("input", { type: "range", id, min, max, step, title, "data-key": key });
  const shown = el("output", { for: id, class: "value", "aria-live": "off" });
  const show = () => {
    shown.textContent = format(range.valueAsNumber);
    range.setAttribute("aria-valuetext", format(range.valueAsNumber));
    range.style.setProperty("--filled", `${(100 * (range.valueAsNumber - min)) / (max - min)}%`);
  };
  range.addEventListener("input", () => (show(), input?.(range.valueAsNumber)));
  range.addEventListener("change", () => change?.(range.valueAsNumber));
  const root = el("div", { class: "slider" }, el("label", { for: id, text: label }), shown, range);
  /** @param {number} value */
  const set = (value) => {
    if (!range.matches(":active")) range.value = String(value);
    show();
  };
  return { root, set, range };
}

/**
 * A choice among a few, side by side.
 * @param {Object} options
 * @param {string} options.label
 * @param {{value: string, text: string, title?: string, icon?: string}[]} options.choices
 * @param {(value: string) => void} options.change
 * @param {boolean} [options.named] whether the label is shown above
 */
export function segmented({ label, choices, change, named = false }) {
  const name = fresh();
  const inputs = new Map(
    choices.map(({ value }) => [value, el("input", { type: "radio", name, value, class: "unseen", on: { change: () => change(value) } })]),
  );
  const group = el(
    "div",
    { class: "segmented", role: "radiogroup", "aria-label": label },
    ...choices.map(({ value, text, title, icon: shape }) => {
      const input = /** @type {HTMLInputElement} */ (inputs.get(value));
      if (shape) input.setAttribute("aria-label", text);
      return el("label", { title: title ?? (shape ? text : null) }, input, el("span", {}, shape ? icon(shape) : text));
    }),
  );
  const root = named ? el("div", { class: "field" }, el("span", { class: "label", text: label }), group) : group;
  /** @param {string} value */
  const set = (value) => inputs.forEach((input, own) => (input.checked = own === value));
  /** @param {string} value @param {boolean} may */
  const allow = (value, may) => {
    const input = inputs.get(value);
    if (input) input.disabled = !may;
  };
  return { root, set, allow };
}

/**
 * A list to choose from.
 * @param {Object} options
 * @param {string} options.label
 * @param {{value: string, text: string}[]} options.choices
 * @param {(value: string) => void} options.change
 */
export function choice({ label, choices, change }) {
  const id = fresh();
  const select = el(
    "select",
    { id, on: { change: () => change(select.value) } },
    ...choices.map(({ value, text }) => el("option", { value, text })),
  );
  const root = el("div", { class: "field row" }, el("label", { for: id, text: label }), select);
  /** @param {string} value */
  const set = (value) => (select.value = value);
  return { root, set };
}

/**
 * A number, or nothing for what is chosen by itself.
 * @param {Object} options
 * @param {string} options.label
 * @param {number} [options.min]
 * @param {number} [options.max]
 * @param {number} [options.step]
 * @param {string} [options.unit]
 * @param {string} [options.empty] shown where there is no number
 * @param {(value: number|null) => void} options.change
 */
export function number({ label, min, max, step = 1, unit, empty, change }) {
  const id = fresh();
  const input = el("input", { type: "number", id, min, max, step, placeholder: empty, inputmode: "decimal" });
  input.addEventListener("change", () => {
    if (input.value !== "" && !input.checkValidity()) return void input.reportValidity();
    if (input.value !== "" || empty) change(input.value === "" ? null : input.valueAsNumber);
  });
  const root = el("div", { class: "field row" }, el("label", { for: id, text: label }), el("span", { class: "with-unit" }, input, unit ? el("span", { class: "unit", text: unit }) : null));
  /** @param {number|null} value */
  const set = (value) => {
    if (document.activeElement !== input) input.value = value === null ? "" : String(value);
  };
  return { root, set, input };
}

/**
 * A switch.
 * @param {Object} options
 * @param {string} options.label
 * @param {(on: boolean) => void} options.change
 * @param {string} [options.title]
 */
export function toggle({ label, change, title }) {
  const input = el("input", { type: "checkbox", role: "switch", on: { change: () => change(input.checked) } });
  const root = el("label", { class: "switch", title }, input, el("span", { class: "track" }), el("span", { text: label }));
  /** @param {boolean} on */
  const set = (on) => (input.checked = on);
  return { root, set, input };
}

/**
 * Ask for a file, or several.
 * @param {string} accept
 * @param {(files: File[]) => void} chosen
 * @param {boolean} [many]
 */
export function askForFiles(accept, chosen, many = false) {
  const input = el("input", { type: "file", accept, multiple: many, class: "unseen", "aria-hidden": "true", tabindex: "-1" });
  const done = () => input.remove();
  input.addEventListener("change", () => (chosen([...(input.files ?? [])]), done()));
  input.addEventListener("cancel", done);
  document.body.append(input);
  input.click();
}
