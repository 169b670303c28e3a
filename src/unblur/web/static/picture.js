// One photograph: its file, what is wanted of it, and what came back.

import { restore } from "./service.js";

const SUFFIXES = {
  "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif", "image/webp": "webp",
  "image/bmp": "bmp",
};

/** Give an object URL back, later: the page may be loading it just now. */
export function releaseUrl(url) {
  if (url) setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export class Picture {
  constructor(file) {
    this.file = file;
    this.state = "waiting"; // "working", "done", "failed", "stopped"
    this.part = null;
    this.text = "In line";
    this.error = "";
    this.result = null; // { report, blob } at full strength, everywhere
    this.beforeUrl = "";
    this.afterUrl = "";
    this.mask = null; // ImageData of the region
    this.wanted = {
      strength: 100, kind: "auto", sigma: 2, radius: 3, length: 12, angle: 0,
      drawn: null, psfFile: null, tool: "whole", format: "", metadata: true,
    };
  }

  /** The blur as the service takes it: null, text or a file. */
  get psf() {
    const { kind, sigma, radius, length, angle, drawn, psfFile } = this.wanted;
    const ways = {
      auto: null, gaussian: `gaussian:${sigma}`, disk: `disk:${radius}`,
      motion: `motion:${length},${angle}`, draw: drawn, file: psfFile,
    };
    return ways[kind];
  }

  /** Restore it fully; strength and region are shown by the page and put in when it is saved. */
  async work(tell) {
    const full = { strength: 1, psf: this.psf, mask: null, strip: false, format: "" };
    const result = await this.ask(full, tell);
    this.shownAs = "";
    if (!(await canShow(result.blob))) {
      // a TIFF: browsers show none, so both sides come as PNG
      this.shownAs = "png";
      const after = await this.ask({ ...full, format: "png" }, tell);
      const before = await this.ask({ ...full, strength: 0, format: "png" }, tell);
      this.setUrls(before.blob, after.blob);
    } else {
      this.setUrls(this.file, result.blob);
    }
    this.result = result;
  }

  ask(settings, tell) {
    this.stopper = new AbortController();
    return restore(this.file, settings, tell, this.stopper.signal);
  }

  stop() {
    this.stopper?.abort();
  }

  setUrls(before, after) {
    releaseUrl(this.beforeUrl);
    releaseUrl(this.afterUrl);
    this.beforeUrl = URL.createObjectURL(before);
    this.afterUrl = URL.createObjectURL(after);
  }

  /** The file as it is wanted; the server makes it where it is not at hand. */
  async toFile(mask, tell) {
    const { strength, format, metadata } = this.wanted;
    const plain = strength === 100 && !mask && !format && metadata;
    const settings = { strength: strength / 100, psf: this.psf, mask, strip: !metadata, format };
    const blob = plain ? this.result.blob : (await this.ask(settings, tell)).blob;
    const name = this.file.name.replace(/\.[^.]*$/, "") || "photo";
    return { blob, name: `${name}.sharp.${SUFFIXES[blob.type] || "img"}` };
  }
}

async function canShow(blob) {
  try {
    (await createImageBitmap(blob)).close();
    return true;
  } catch {
    return false;
  }
}
