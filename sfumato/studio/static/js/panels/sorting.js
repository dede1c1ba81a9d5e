/** Rows of a list, put in another order by dragging. */

// A press that moves less, in pixels, is a click.
const STEADY = 5;

/**
 * @param {HTMLElement} list whose children are the rows
 * @param {(from: number, to: number) => void} moved a row is to go to the place of another
 * @returns {() => boolean} whether a row is being dragged
 */
export function sortable(list, moved) {
  /** @type {{row: HTMLElement, from: number, y: number, to: number|null}|null} */
  let drag = null;

  function end() {
    for (const row of list.children) row.classList.remove("dragged", "drop-before", "drop-after");
    drag = null;
  }

  list.addEventListener("pointerdown", (event) => {
    const row = /** @type {HTMLElement|null} */ (/** @type {HTMLElement} */ (event.target).closest("li"));
    const isOther = /** @type {HTMLElement} */ (event.target).closest("input, .icon-button");
    if (row && event.button === 0 && !isOther) drag = { row, from: [...list.children].indexOf(row), y: event.clientY, to: null };
  });
  list.addEventListener("pointermove", (event) => {
    if (!drag || (drag.to === null && Math.abs(event.clientY - drag.y) < STEADY)) return;
    if (drag.to === null) {
      drag.row.setPointerCapture(event.pointerId);
      drag.row.classList.add("dragged");
    }
    const rows = [...list.children];
    const under = rows.findIndex((row) => event.clientY < row.getBoundingClientRect().bottom);
    drag.to = under < 0 ? rows.length - 1 : under;
    rows.forEach((row, i) => {
      row.classList.toggle("drop-before", i === drag?.to && i < drag.from);
      row.classList.toggle("drop-after", i === drag?.to && i > drag.from);
    });
  });
  list.addEventListener("pointerup", () => {
    if (drag && drag.to !== null && drag.to !== drag.from) moved(drag.from, drag.to);
    end();
  });
  list.addEventListener("pointercancel", end);
  return () => drag !== null;
}
