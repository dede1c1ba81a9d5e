/** One line for the user: what was done, what went wrong, whether the studio can be reached. */

import { byId, el, icon, iconButton, sentence } from "./dom.js";

/** @import {Studio} from "./studio.js" */

// Milliseconds that a line stays.
const LONG = 8000;
const SHORT = 4000;

/** @returns {{say: (line: string, isError?: boolean) => void, follow: (studio: Studio) => void}} */
export function makeStatus() {
  const root = byId("status");
  const line = el("div", { class: "toast", hidden: true });
  const lost = el("div", { class: "toast lost", hidden: true });
  root.append(line, lost);
  let timer = 0;
  const hide = () => (line.hidden = true);
  /** @param {string} text @param {boolean} [isError] */
  const say = (text, isError = false) => {
    clearTimeout(timer);
    line.hidden = !text;
    line.classList.toggle("error", isError);
    line.replaceChildren(isError ? icon("warning") : "", el("span", { text: sentence(text) }), iconButton("close", "Close", hide, { class: "small" }));
    if (text) timer = setTimeout(hide, isError ? LONG : SHORT);
  };
  const follow = (/** @type {Studio} */ studio) => {
    const { session } = studio;
    session.addEventListener("connection", () => {
      lost.hidden = session.connected;
      lost.replaceChildren(el("span", { class: "spinner" }), el("span", { text: "The connection is lost. What runs goes on; trying to reach the studio…" }));
    });
    session.addEventListener("gone", () => {
      lost.hidden = false;
      lost.replaceChildren(icon("warning"), el("span", { text: "The studio does not know this session any more." }), el("a", { class: "button small", href: "/", text: "Begin a new one" }));
    });
    let notes = "";
    session.addEventListener("state", () => {
      const now = session.state?.notes.at(-1) ?? "";
      if (now && now !== notes) say(now);
      notes = now;
    });
  };
  return { say, follow };
}
