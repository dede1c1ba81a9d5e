/**
 * Shapes of the values that the server sends; nothing here runs.
 *
 * @typedef {{x: number, y: number}} Point
 * @typedef {{x: number, y: number, w: number, h: number}} Rect
 * @typedef {{w: number, h: number}} Size
 *
 * @typedef {Object} Photo
 * @property {string} name
 * @property {number} width
 * @property {number} height
 * @property {number} bits
 * @property {boolean} alpha
 * @property {number} version
 *
 * @typedef {{id: number, name: string, word: string, share: number}} Thing
 *
 * @typedef {Object} Labels
 * @property {"none"|"working"|"ready"|"failed"} state
 * @property {string|null} error
 * @property {number} version
 * @property {Thing[]} things
 *
 * @typedef {{style: string, weight: number, scale: number}} StyleUse
 * @typedef {{id: string, name: string, builtin: boolean, width: number, height: number}} Style
 *
 * @typedef {Object} Layer
 * @property {string} id
 * @property {string} name
 * @property {boolean} on
 * @property {string} region
 * @property {string|null} region_error
 * @property {number} mask_version
 * @property {number} coverage
 * @property {StyleUse[]} styles
 * @property {"optimized"|"fast"|"photo"} method
 * @property {number} strength
 * @property {number} content_weight
 * @property {string} color
 * @property {string} blend
 * @property {number|null} feather
 * @property {string} edge
 * @property {boolean} [can_undo]
 * @property {boolean} [can_redo]
 *
 * @typedef {Object} PastedObject
 * @property {string} style
 * @property {string} region
 * @property {number} x
 * @property {number} y
 * @property {number} scale
 * @property {number} angle
 * @property {boolean} harmonize
 *
 * @typedef {{style: string}} Reference
 *
 * @typedef {"restyle"|"paste"|"photo"|"surface"} Mode
 *
 * @typedef {Object} Panel
 * @property {Mode} mode
 * @property {number[]|null} corners
 * @property {PastedObject|null} object
 * @property {Reference|null} reference
 *
 * @typedef {Object} Job
 * @property {string} id
 * @property {"queued"|"running"|"done"|"cancelled"|"failed"} state
 * @property {number} place
 * @property {"paint"|"look"} kind
 * @property {number} fraction
 * @property {number} step
 * @property {number} steps
 * @property {number} seconds
 * @property {number|null} left
 * @property {number[]} loss
 * @property {number} preview
 * @property {string} note
 * @property {string|null} error
 *
 * @typedef {{id: string, name: string, when: string|number, seconds: number, method: string, width: number, height: number}} Result
 *
 * @typedef {{preset: string, size: number|null, seed: number}} Settings
 *
 * @typedef {Object} State
 * @property {string} id
 * @property {number} revision
 * @property {Photo|null} photo
 * @property {Labels} labels
 * @property {Layer[]} layers
 * @property {Style[]} styles
 * @property {Settings} settings
 * @property {Panel} panel
 * @property {Job|null} job
 * @property {Result[]} results
 * @property {string[]} notes
 */

export {};
