/**
 * The session's state, as the server has it. It comes whole, each time: the first load, a change, a reload and a lost
 * connection are one path.
 */

/** @import {State} from "./types.js" */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 5000;

// Codes that the server closes a socket with.
const UNKNOWN = 4404;
const FOREIGN = 4403;

/**
 * Dispatches "state" for each new state, "connection" when the connection comes or goes, and "gone" when the server
 * does not know the session.
 */
export class Session extends EventTarget {
  constructor(base = new URL("./", location.href)) {
    super();
    this.base = base;
    /** @type {State|null} */
    this.state = null;
    this.connected = false;
    this.wait = FIRST_WAIT;
    /** @type {WebSocket|null} */
    this.socket = null;
  }

  /** Connect, and stay connected. */
  connect() {
    const address = new URL("events", this.base);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.socket = socket;
    let first = true;
    socket.onmessage = (event) => {
      this.wait = FIRST_WAIT;
      this.#connection(true);
      // The first one counts whatever its number is: the server may have been started anew.
      this.accept(JSON.parse(event.data), first);
      first = false;
    };
    socket.onclose = (event) => {
      if (event.code === UNKNOWN || event.code === FOREIGN) return void this.dispatchEvent(new Event("gone"));
      this.#connection(false);
      setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(LONGEST_WAIT, this.wait * 1.6);
    };
  }

  /**
   * Take over a state, unless it is older than the one that is known.
   * @param {State} state
   * @param {boolean} [anyway]
   */
  accept(state, anyway = false) {
    if (!anyway && this.state && state.revision < this.state.revision) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  /** @param {boolean} now */
  #connection(now) {
    if (now === this.connected) return;
    this.connected = now;
    this.dispatchEvent(new Event("connection"));
  }
}
