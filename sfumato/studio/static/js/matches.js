/** The labels that the photo and its reference share, each in a color, on both pictures. */

/** @import {Api} from "./api.js" */

/**
 * @typedef {{name: string, color: string, share: number, referenceShare: number}} Label
 * @typedef {{found: string, labels: Label[], photo: OffscreenCanvas, reference: OffscreenCanvas}} Matches
 */

/** Colors of labels, told apart by hue and lightness. */
export const PALETTE = ["#4e9bff", "#ffb02e", "#3ecf8e", "#ff5d73", "#b57bff", "#ffe45c", "#2fd4e0", "#ff8bd1", "#9ad14b", "#c98a5b"];

/** @param {number} id from 1 */
export const colorOf = (id) => PALETTE[(id - 1) % PALETTE.length];

/**
 * Ask the server, which takes some seconds.
 * @param {Api} api
 * @returns {Promise<Matches|null>} null if there are none; why is shown
 */
export async function findMatches(api) {
  const found = /** @type {any} */ (await api.send("POST", "match"));
  if (!found) return null;
  const [own, other] = await Promise.all([api.picture("match/photo.png"), api.picture("match/reference.png")]).catch(() => [null, null]);
  if (!own || !other) return null;
  const [photo, reference] = [colored(own), colored(other)];
  const labels = found.labels.map((/** @type {{id: number, name: string}} */ { id, name }) => ({
    name, color: colorOf(id), share: photo.shares[id] ?? 0, referenceShare: reference.shares[id] ?? 0,
  }));
  return { found: found.found, labels, photo: photo.canvas, reference: reference.canvas };
}

/** @param {ImageBitmap} picture a label in each pixel, from 1; 0 is none */
function colored(picture) {
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.drawImage(picture, 0, 0);
  const image = context.getImageData(0, 0, width, height);
  const counts = paint(image.data);
  context.putImageData(image, 0, 0);
  return { canvas, shares: counts.map((count) => count / (width * height)) };
}

/**
 * Replace labels by their colors.
 * @param {Uint8ClampedArray} pixels four values each; the first one is the label
 * @returns {number[]} how many pixels each label has
 */
export function paint(pixels) {
  const counts = Array(256).fill(0);
  for (let i = 0; i < pixels.length; i += 4) {
    const id = pixels[i];
    counts[id]++;
    const color = id ? parseInt(colorOf(id).slice(1), 16) : 0;
    pixels[i] = color >> 16;
    pixels[i + 1] = (color >> 8) & 255;
    pixels[i + 2] = color & 255;
    pixels[i + 3] = id ? 255 : 0;
  }
  return counts;
}
