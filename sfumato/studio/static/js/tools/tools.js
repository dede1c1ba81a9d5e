/** The tools, in the order of the rail. */

import { brushTool } from "./brush.js";
import { cornersTool } from "./corners.js";
import { handTool, zoomTool } from "./moving.js";
import { objectTool } from "./object.js";
import { polygonTool } from "./polygon.js";
import { selectTool } from "./select.js";
import { shapeTool } from "./shapes.js";

/** @import {Studio} from "../studio.js" */
/** @import {Tool} from "../pointer.js" */

/** @typedef {{id: string, name: string, key: string, hint: string, group: number, make: (studio: Studio) => Tool}} Entry */

/** @type {Entry[]} */
export const TOOLS = [
  { id: "select", name: "Select things", key: "V", group: 0, make: selectTool, hint: "Click adds the thing under the pointer; Shift+click adds to it, Alt+click takes away" },
  { id: "brush", name: "Brush", key: "B", group: 1, make: (studio) => brushTool(studio, false), hint: "Paint the region; Alt erases, Shift draws a line" },
  { id: "eraser", name: "Eraser", key: "E", group: 1, make: (studio) => brushTool(studio, true), hint: "Erase from the region; Alt paints, Shift draws a line" },
  { id: "rect", name: "Rectangle", key: "R", group: 2, make: (studio) => shapeTool(studio, "rect"), hint: "Drag; Shift for a square, Alt takes away" },
  { id: "ellipse", name: "Ellipse", key: "O", group: 2, make: (studio) => shapeTool(studio, "ellipse"), hint: "Drag; Shift for a circle, Alt takes away" },
  { id: "polygon", name: "Polygon", key: "P", group: 2, make: polygonTool, hint: "Click the corners; Enter closes, Backspace takes one back" },
  { id: "linear", name: "Linear gradient", key: "G", group: 3, make: (studio) => shapeTool(studio, "linear"), hint: "Drag from nothing to full" },
  { id: "radial", name: "Radial gradient", key: "Shift+G", group: 3, make: (studio) => shapeTool(studio, "radial"), hint: "Drag from the middle outward" },
  { id: "grabcut", name: "Cut out by color", key: "C", group: 3, make: (studio) => shapeTool(studio, "grabcut"), hint: "Drag a box around an object" },
  { id: "hand", name: "Move the view", key: "H", group: 4, make: handTool, hint: "Or hold the space bar" },
  { id: "zoom", name: "Zoom", key: "Z", group: 4, make: zoomTool, hint: "Click zooms in, Alt+click out; or turn the wheel" },
];

/** Tools that only look; the others change the region. */
export const LOOKING = ["hand", "zoom"];

/** @param {Studio} studio @returns {Map<string, Tool>} all tools, and those of the panels */
export function makeTools(studio) {
  const made = new Map(TOOLS.map(({ id, make }) => [id, make(studio)]));
  return made.set("object", objectTool(studio)).set("corners", cornersTool(studio));
}
