/** Photo and result at their own size, fetched when the view comes closer than the screen's copies can show. */

import { Latest } from "./latest.js";

/** @import {Studio} from "./studio.js" */

// Longer side of the screen's copies, in pixels; the server makes no larger ones.
const COPY = 2048;

// Larger photos are too much for many browsers.
const MOST_PIXELS = 80_000_000;

/** @param {Studio} studio */
export function makeSharp(studio) {
  const { picture, api, pictures } = studio;
  const get = (/** @type {string} */ path) => api.picture(path);
  const before = new Latest(get, (found) => {
    picture.sharpBefore = found;
    picture.redraw();
  });
  const after = new Latest(get, (found, path) => {
    picture.sharpAfter = path === after.wanted ? found : null;
    picture.redraw();
  });
  const update = () => {
    const { photo } = studio.state ?? {};
    const longer = photo ? Math.max(photo.width, photo.height) : 0;
    const isClose = photo && longer > COPY && picture.view.scale * devicePixelRatio > (1.05 * COPY) / longer && photo.width * photo.height <= MOST_PIXELS;
    const shown = /^results\/[^/]+\//.exec(pictures.after.wanted)?.[0];
    // What was fetched stays until another photo or result is shown.
    if (isClose) void before.want(`photo/original?v=${photo.version}`);
    else if (!before.wanted.endsWith(`=${photo?.version}`)) void before.want("");
    if (isClose && shown) void after.want(`${shown}picture`);
    else if (after.wanted !== `${shown}picture`) void after.want("");
  };
  picture.addEventListener("view", update);
  studio.addEventListener("state", update);
  studio.prefs.watch(["result"], update);
}
