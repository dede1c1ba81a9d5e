/** Elements made by code. The page allows no style attributes, so that styles are set through `style`. */

/**
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [props] attributes; `class`, `text`, and `on` with its listeners; false and null are left out
 * @param {...(Node|string|null|false|undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "on") for (const [kind, hear] of Object.entries(value)) made.addEventListener(kind, /** @type {any} */ (hear));
    else if (name === "text") made.textContent = value;
    else if (name === "value" || name === "checked") /** @type {any} */ (made)[name] = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(.../** @type {(Node|string)[]} */ (children.filter((child) => child !== null && child !== false && child !== undefined)));
  return made;
}

/** Fetch the sprite of icons, once, into the page. */
export async function loadIcons() {
  const text = await (await fetch("/static/icons.svg")).text();
  const sprite = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  sprite.setAttribute("class", "unseen");
  sprite.setAttribute("aria-hidden", "true");
  document.body.append(document.importNode(sprite, true));
}

/**
 * An icon of the sprite, hidden from screen readers: what it stands on has a name.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/**
 * A button with an icon and a name.
 * @param {string} shape name of the icon
 * @param {string} name what it does; shown as a tooltip
 * @param {(event: MouseEvent) => void} act
 * @param {Record<string, any>} [more] further attributes
 */
export function iconButton(shape, name, act, more = {}) {
  const { class: kind = "", ...rest } = more;
  return el("button", { type: "button", class: `icon-button ${kind}`, "aria-label": name, title: name, on: { click: act }, ...rest }, icon(shape));
}

/**
 * Replace what an element holds, and keep the focus on what has the same `data-key`.
 * @param {Element} root
 * @param {(Node|null|false)[]} nodes
 */
export function renew(root, nodes) {
  const focused = document.activeElement;
  const key = focused && root.contains(focused) ? focused.getAttribute("data-key") : null;
  root.replaceChildren(.../** @type {Node[]} */ (nodes.filter(Boolean)));
  if (key) /** @type {HTMLElement|null} */ (root.querySelector(`[data-key="${CSS.escape(key)}"]`))?.focus();
}

/**
 * A function that does something only when what it depends on has changed.
 * @template T
 * @param {(value: T) => void} act
 * @returns {(value: T) => void}
 */
export function onChange(act) {
  /** @type {string|undefined} */
  let last;
  return (value) => {
    const now = JSON.stringify(value);
    if (now === last) return;
    last = now;
    act(value);
  };
}

/**
 * Find an element of the page that has to be there.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return /** @type {T} */ (found);
}

/** @param {string|null|undefined} line @returns {string} the line with a capital at its beginning */
export function sentence(line) {
  return line ? line[0].toUpperCase() + line.slice(1) : "";
}

/** @param {EventTarget|null} target whether keys typed there are text */
export function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input:not([type=range], [type=radio], [type=checkbox], [type=color])"));
}
