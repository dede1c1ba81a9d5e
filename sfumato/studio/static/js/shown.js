/** Which picture is shown as painted. */

/** @import {State} from "./types.js" */

/**
 * What is shown as painted: the job's latest picture while it runs, then the chosen result, or the latest one.
 * @param {State} state @param {string} chosen
 */
export function shownPath(state, chosen) {
  const { job, results } = state;
  const isLive = job && job.preview && (job.state === "running" || (job.kind === "look" && job.state === "done"));
  if (isLive && !results.some(({ id }) => id === chosen)) return `preview/${job.preview}.jpg`;
  const result = results.find(({ id }) => id === chosen) ?? results[0];
  return result ? `results/${result.id}/screen.jpg` : "";
}
