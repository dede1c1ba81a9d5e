/** What a run still needs. */

/** @import {Job, State} from "./types.js" */

/** @param {Job|null|undefined} job whether it waits or runs */
export const isActive = (job) => job?.state === "queued" || job?.state === "running";

/**
 * What is missing before a run can begin, as a line for the user; "" where nothing is.
 * @param {State} state
 * @returns {string}
 */
export function wanted(state) {
  const { photo, layers, panel } = state;
  if (!photo) return "Open a photo first.";
  if (panel.mode === "paste") return panel.object ? "" : "Add a picture with an object.";
  if (panel.mode === "photo") return panel.reference ? "" : "Add a reference photo.";
  const on = layers.filter((layer) => layer.on);
  if (panel.mode === "surface") {
    if (!panel.corners) return "Place the four corners.";
    return on[0]?.styles.length ? "" : "Choose a style.";
  }
  if (!on.length) return "Switch a layer on.";
  const broken = on.find((layer) => layer.region_error);
  if (broken) return `The region of “${broken.name}” has an error.`;
  const bare = on.find((layer) => !layer.styles.length);
  if (bare) return on.length > 1 ? `Choose a style for “${bare.name}”.` : "Choose a style.";
  const empty = on.find((layer) => !(layer.coverage > 0));
  if (empty) return on.length > 1 ? `Select a region for “${empty.name}”.` : "Select a region: click, paint or draw on the photo.";
  return "";
}
