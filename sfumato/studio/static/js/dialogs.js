/** Dialogs: the list of keys, a question before something is lost, a text to copy by hand. */

import { el, iconButton } from "./dom.js";
import { KEYS } from "./keys.js";

/**
 * Open a dialog; it is taken away when it closes.
 * @param {string} title
 * @param {(HTMLElement|string)[]} content
 * @param {HTMLElement[]} [actions]
 */
function open(title, content, actions = []) {
  const dialog = el(
    "dialog",
    { "aria-label": title, on: { close: () => dialog.remove(), click: (/** @type {Event} */ event) => event.target === dialog && dialog.close() } },
    el("div", { class: "dialog-head" }, el("h2", { text: title }), iconButton("close", "Close", () => dialog.close())),
    ...content,
    actions.length ? el("div", { class: "dialog-actions" }, ...actions) : null,
  );
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Show all keys. */
export function showKeys() {
  const groups = KEYS.map(({ title, keys }) =>
    el(
      "section",
      {},
      el("h3", { text: title }),
      el("dl", { class: "keys" }, ...keys.flatMap(([key, what]) => [el("dt", {}, ...key.split(" ").map((part) => el("kbd", { text: part }))), el("dd", { text: what })])),
    ),
  );
  open("Keys", [el("div", { class: "key-groups" }, ...groups)]).classList.add("wide");
}

/**
 * Ask before something is lost.
 * @param {string} title @param {string} text @param {string} action
 * @returns {Promise<boolean>}
 */
export function confirmed(title, text, action) {
  return new Promise((resolve) => {
    const yes = el("button", { type: "button", class: "button danger", text: action });
    const no = el("button", { type: "button", class: "button", text: "Keep it", autofocus: true });
    const dialog = open(title, [el("p", { text })], [no, yes]);
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => (resolve(true), dialog.close()));
    dialog.addEventListener("close", () => resolve(false));
  });
}

/**
 * Copy a text; where the browser does not allow it, show it to be copied by hand.
 * @param {string} text
 * @returns {Promise<boolean>} whether it was copied
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = el("textarea", { readonly: true, rows: 5, class: "code", "aria-label": "Command", value: text });
    open("Copy as command", [field]);
    field.select();
    return false;
  }
}

/**
 * A menu that opens below its button.
 * @param {HTMLButtonElement} button
 * @param {() => ({text: string, icon?: string, href?: string, file?: string, act?: () => void, off?: boolean}|null)[]} entries
 */
export function menu(button, entries) {
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-expanded") === "true") return;
    const list = el("div", { class: "menu", role: "menu", popover: "auto" }, ...entries().map(entry));
    document.body.append(list);
    list.showPopover();
    const [box, own] = [button.getBoundingClientRect(), list.getBoundingClientRect()];
    list.style.left = `${Math.max(8, Math.min(box.right - own.width, innerWidth - own.width - 8))}px`;
    list.style.top = `${box.bottom + own.height + 12 > innerHeight ? box.top - own.height - 4 : box.bottom + 4}px`;
    button.setAttribute("aria-expanded", "true");
    list.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState !== "closed") return;
      list.remove();
      button.setAttribute("aria-expanded", "false");
      if (!document.activeElement || document.activeElement === document.body) button.focus();
    });
    list.addEventListener("click", () => list.hidePopover());
    list.addEventListener("keydown", (event) => walk(list, event));
    /** @type {HTMLElement|null} */ (list.querySelector("[role=menuitem]"))?.focus();
  });
}

/** @param {ReturnType<Parameters<typeof menu>[1]>[number]} given */
function entry(given) {
  if (!given) return el("hr");
  const { text, href, file, act, off } = given;
  if (href) return el("a", { role: "menuitem", href, download: file ?? "", text });
  return el("button", { type: "button", role: "menuitem", text, disabled: off, on: { click: () => act?.() } });
}

/** @param {HTMLElement} list @param {KeyboardEvent} event */
function walk(list, event) {
  const items = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=menuitem]:not(:disabled)")]);
  const now = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  items[(next + items.length) % items.length]?.focus();
}
