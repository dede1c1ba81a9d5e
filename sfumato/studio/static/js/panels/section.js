/** A part of the panel that can be folded. */

import { el, icon } from "../dom.js";

/**
 * @param {string} title
 * @param {(Node|null|false)[]} content
 * @param {{action?: Node|null, open?: boolean}} [more]
 */
export function section(title, content, { action = null, open = true } = {}) {
  const aside = el("span", { class: "section-aside" });
  const body = el("div", { class: "section-body" }, ...content);
  const root = el(
    "details",
    { class: "section", open },
    el("summary", {}, icon("chevron"), el("h2", { text: title }), aside),
    body,
  );
  const whole = el("div", { class: "section-frame" }, root, action && el("div", { class: "section-action" }, action));
  return { root: whole, aside, body };
}

/**
 * Settings that few need, folded.
 * @param {string} title @param {Node[]} content
 */
export function folded(title, content) {
  return el("details", { class: "more" }, el("summary", {}, icon("chevron"), title), el("div", { class: "stack" }, ...content));
}
