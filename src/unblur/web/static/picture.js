// One photograph: its file, what is wanted of it, and what came back.

import { restore } from "./service.js";

const THUMB = 96; // px high, for sharp screens too
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
    this.saving = false;
    this.part = null;
    this.text = "In line";
    this.error = "";
    this.result = null; // { report, blob } at full strength, everywhere
    this.beforeUrl = URL.createObjectURL(file);
    this.afterUrl = "";
    this.mask = null; // ImageData of the region
    this.wanted = {
      strength: 100, quality: "balanced", kind: "auto", sigma: 2, radius: 3, length: 12, angle: 0,
      drawn: null, psfFile: null, tool: "whole", box: [25, 25, 50, 50],
    };
    this.thumb = document.createElement("canvas");
    this.shows = this.paintThumb(file); // a promise: whether this browser can show the file
  }

  get settled() {
    return this.state === "done" && !this.saving;
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
    const preview = !(await this.shows); // a TIFF: both sides come as PNG
    const full = { strength: 1, mask: null, strip: false, format: "", preview };
    const result = await this.ask(full, tell);
    releaseUrl(this.afterUrl);
    this.afterUrl = URL.createObjectURL(preview ? result.after : result.blob);
    if (preview) {
      releaseUrl(this.beforeUrl);
      this.beforeUrl = URL.createObjectURL(result.before);
      await this.paintThumb(result.before);
    }
    this.result = result;
    return true;
  }

  ask(settings, tell) {
    this.stopper = new AbortController();
    const all = { psf: this.psf, quality: this.wanted.quality, ...settings };
    return restore(this.file, all, tell, this.stopper.signal);
  }

  stop() {
    this.stopper?.abort();
  }

  async paintThumb(blob) {
    try {
      const bitmap = await createImageBitmap(blob, { resizeHeight: THUMB, resizeQuality: "medium" });
      [this.thumb.width, this.thumb.height] = [bitmap.width, bitmap.height];
      this.thumb.getContext("2d").drawImage(bitmap, 0, 0);
      bitmap.close();
      return true;
    } catch {
      return false;
    }
  }

  /** The file as it is wanted; the server makes it where it is not at hand. */
  async toFile(mask, { format, metadata }, tell) {
    const { strength } = this.wanted;
    const plain = strength === 100 && !mask && !format && metadata;
    const settings = { strength: strength / 100, mask, strip: !metadata, format, preview: false };
    const blob = plain ? this.result.blob : (await this.ask(settings, tell)).blob;
    const name = this.file.name.replace(/\.[^.]*$/, "") || "photo";
    return new File([blob], `${name}.sharp.${SUFFIXES[blob.type] || "img"}`, { type: blob.type });
  }

  /** Give everything back. */
  release() {
    this.stop();
    releaseUrl(this.beforeUrl);
    releaseUrl(this.afterUrl);
  }
}
