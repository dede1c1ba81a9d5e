/** The results of the session, newest first, and what can be done with each. */

import { copy, menu } from "./dialogs.js";
import { byId, el, icon, iconButton, onChange, renew } from "./dom.js";
import { time } from "./job.js";

/** @import {Studio} from "./studio.js" */
/** @import {Result} from "./types.js" */

const METHODS = /** @type {Record<string, string>} */ ({ optimized: "Painted", localized: "Painted", fast: "Fast", photo: "Photo", harmonize: "Harmonized", paste: "Pasted" });

/** @param {Studio} studio */
export function makeResults(studio) {
  const { api, prefs } = studio;
  const list = el("div", { class: "strip", role: "group", "aria-label": "Results, newest first" });
  const title = el("strong");
  const facts = el("span", { class: "result-facts" });
  const download = el("a", { class: "button small primary", download: "", "aria-label": "Download the picture", title: "Download the picture" }, icon("download"), el("span", { text: "Download" }));
  const command = el("button", { type: "button", class: "button small", "aria-label": "Copy as command", title: "Copy the sfumato line that makes the same bytes", on: { click: () => void copyCommand() } }, icon("command"), el("span", { text: "Copy as command" }));
  const more = iconButton("more", "More for this result", () => {});
  menu(more, () => {
    const own = current();
    if (!own) return [];
    return [
      { text: "Restore these settings", act: () => void restore(own) },
      { text: "Download recipe", href: api.url(`results/${own.id}/recipe.toml`), file: `${own.name}.toml` },
      { text: "Download photo, styles, masks and recipe", href: api.url(`results/${own.id}/bundle.zip`), file: `${own.name}.zip` },
      null,
      { text: "Delete this result", act: () => void api.send("DELETE", `results/${own.id}`) },
    ];
  });
  const root = byId("results");
  root.append(list, el("div", { class: "result-info" }, el("div", { class: "result-text" }, title, facts), download, command, more));

  /** @returns {Result|null} the result that is chosen, or the latest */
  function current() {
    const results = studio.state?.results ?? [];
    return results.find(({ id }) => id === prefs.get("result")) ?? results[0] ?? null;
  }

  async function copyCommand() {
    const own = current();
    if (!own) return;
    try {
      if (await copy((await api.text(`results/${own.id}/command`)).trim())) studio.say("Copied. The files it names are in the download of photo, styles, masks and recipe.");
    } catch (error) {
      studio.say(error instanceof Error ? error.message : String(error), true);
    }
  }

  /** @param {Result} result */
  async function restore(result) {
    if (await api.send("POST", `results/${result.id}/restore`)) studio.say(`The settings of ${result.name} are back.`);
  }

  /** @param {Result} result @param {string|undefined} chosen */
  function thumb(result, chosen) {
    const button = el(
      "button",
      { type: "button", class: "result", "aria-pressed": String(result.id === chosen), "aria-label": `${result.name}, ${factsOf(result)}`, title: `${result.name}\n${factsOf(result)}`, "data-key": `result-${result.id}` },
      el("img", { src: api.url(`results/${result.id}/screen.jpg`), alt: "", loading: "lazy" }),
    );
    button.addEventListener("click", () => prefs.set({ result: result.id, looking: prefs.get("looking") === "photo" ? "result" : prefs.get("looking") }));
    return button;
  }

  const draw = onChange((/** @type {[Result[], string|undefined]} */ [results, chosen]) => renew(list, results.map((result) => thumb(result, chosen))));
  const update = () => {
    const results = studio.state?.results ?? [];
    const own = current();
    root.hidden = !results.length || !studio.state?.photo;
    document.body.classList.toggle("has-results", !root.hidden);
    draw([results, own?.id]);
    if (!own) return;
    title.textContent = own.name;
    facts.textContent = factsOf(own);
    download.href = api.url(`results/${own.id}/picture`);
  };
  studio.addEventListener("state", update);
  prefs.watch(["result"], update);
}

/** @param {Result} result */
function factsOf(result) {
  return `${METHODS[result.method] ?? result.method} · ${time(result.seconds)} · ${result.width} × ${result.height}`;
}
