/** Commands to the server: one after another, so that what was done first also happens first. */

/** @import {Session} from "./session.js" */
/** @import {State} from "./types.js" */

/** What the server says when it refuses: one line. */
export class Refusal extends Error {}

/** Sends commands, and hands the states that come back to the session. */
export class Api {
  /**
   * @param {Session} session
   * @param {(line: string) => void} refused shows what went wrong
   */
  constructor(session, refused) {
    this.session = session;
    this.refused = refused;
    /** @type {Promise<unknown>} */
    this.last = Promise.resolve();
    this.pending = 0;
    /** Called when the last command has been answered. */
    this.onidle = () => {};
  }

  /** @param {string} path the full address of something in this session */
  url(path) {
    return new URL(path, this.session.base).href;
  }

  /**
   * Send a command after those before it. A refusal is shown, and null comes back.
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body] a Blob is sent as it is, everything else as JSON; a promise is waited for, in its turn
   * @param {Record<string, string>} [headers]
   * @returns {Promise<State|null>}
   */
  send(method, path, body, headers = {}) {
    const sent = this.last.then(async () => this.#now(method, path, await body, headers));
    this.pending++;
    this.last = sent.catch(() => null).finally(() => {
      if (--this.pending === 0) this.onidle();
    });
    return sent.catch((error) => {
      this.refused(error instanceof Refusal ? error.message : "The studio does not answer. Is it still running?");
      return null;
    });
  }

  /**
   * Send a file.
   * @param {string} method @param {string} path @param {File} file
   */
  file(method, path, file) {
    return this.send(method, path, file, { "X-Name": encodeURIComponent(file.name) });
  }

  /** @param {string} path @returns {Promise<string>} */
  async text(path) {
    const answer = await fetch(this.url(path));
    if (!answer.ok) throw new Refusal(await lineOf(answer));
    return answer.text();
  }

  /**
   * Fetch a picture; null if the studio refuses it. Where the studio does not answer, the promise is rejected.
   * @param {string} path
   * @param {(line: string) => void} [refused] hears why there is none; "" where there is one
   * @returns {Promise<ImageBitmap|null>}
   */
  async picture(path, refused) {
    const answer = await fetch(this.url(path));
    refused?.(answer.ok ? "" : await lineOf(answer));
    return answer.ok ? createImageBitmap(await answer.blob()) : null;
  }

  /**
   * @param {string} method @param {string} path @param {unknown} body @param {Record<string, string>} headers
   * @returns {Promise<State|null>}
   */
  async #now(method, path, body, headers) {
    const plain = body === undefined || body instanceof Blob;
    const answer = await fetch(this.url(path), {
      method,
      headers: plain ? headers : { ...headers, "Content-Type": "application/json" },
      body: plain ? /** @type {Blob|undefined} */ (body) : JSON.stringify(body),
    });
    if (!answer.ok) throw new Refusal(await lineOf(answer));
    const state = answer.status === 204 ? null : await answer.json().catch(() => null);
    if (state?.revision !== undefined) this.session.accept(state);
    return state;
  }
}

/** @param {Response} answer */
async function lineOf(answer) {
  const found = await answer.json().catch(() => null);
  return typeof found?.error === "string" ? found.error : `The studio refused this (${answer.status}).`;
}
