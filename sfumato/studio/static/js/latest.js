/** One picture that is fetched anew when its address changes; of several changes the latest counts. */
export class Latest {
  /**
   * @param {(path: string) => Promise<ImageBitmap|null>} fetch
   * @param {(picture: ImageBitmap|null, path: string) => void} show
   */
  constructor(fetch, show) {
    this.fetch = fetch;
    this.show = show;
    this.wanted = "";
    this.isBusy = false;
  }

  /** @param {string} path "" for none */
  async want(path) {
    if (path === this.wanted) return;
    this.wanted = path;
    if (!path) this.show(null, path);
    if (this.isBusy) return;
    this.isBusy = true;
    for (let got = ""; this.wanted && got !== this.wanted; ) {
      got = this.wanted;
      /** @type {ImageBitmap|null} */
      let picture = null;
      try {
        picture = await this.fetch(got);
      } catch {
        // The connection is lost: it is fetched when it is wanted again.
        if (this.wanted === got) this.wanted = "";
      }
      // A picture that is late is better than none, unless another thing is wanted by now.
      if (this.wanted && picture) this.show(picture, got);
    }
    this.isBusy = false;
  }
}
