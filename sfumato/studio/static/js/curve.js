/** The loss as a small curve. */

const WIDTH = 240;
const HEIGHT = 40;

/**
 * The points of a curve, with a logarithmic height, for an SVG polyline.
 * @param {number[]} values
 * @param {number} width @param {number} height
 */
export function points(values, width = WIDTH, height = HEIGHT) {
  const logs = values.map((value) => Math.log(Math.max(value, 1e-12)));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  return logs
    .map((value, i) => {
      const x = values.length > 1 ? (i / (values.length - 1)) * width : 0;
      const y = high > low ? 2 + ((high - value) / (high - low)) * (height - 4) : height / 2;
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
}

/** @returns {{root: SVGSVGElement, set: (values: number[]) => void}} */
export function curve() {
  const make = (/** @type {string} */ tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const root = /** @type {SVGSVGElement} */ (make("svg"));
  const line = make("polyline");
  root.setAttribute("class", "curve");
  root.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  root.setAttribute("preserveAspectRatio", "none");
  root.setAttribute("role", "img");
  root.append(line);
  return {
    root,
    set: (values) => {
      line.setAttribute("points", points(values));
      root.setAttribute("aria-label", values.length ? `Loss, from ${values[0].toPrecision(3)} to ${values[values.length - 1].toPrecision(3)}` : "Loss");
    },
  };
}
