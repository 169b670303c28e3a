// Files out: one, or all as one ZIP.

import { downloadZip } from "./client-zip.js";
import { releaseUrl } from "./picture.js";
import { isEmpty, toMask } from "./region.js";

export class Saver {
  /** page: shown() and all() the pictures, and what it offers to work on them. */
  constructor(find, page) {
    this.find = find;
    this.page = page;
    find("save").onclick = async () => {
      const file = await this.make(page.shown());
      if (file) download(file, file.name);
    };
    find("save-all").onclick = () => this.saveAll();
  }

  /** The file of a picture as it is wanted, or null. */
  async make(picture) {
    const { area, attempt, tell, update } = this.page;
    const wanted = { format: this.find("format").value, metadata: this.find("metadata").checked };
    area.keep(picture);
    const restricted = picture.wanted.tool !== "whole" && picture.mask && !isEmpty(picture.mask);
    const mask = restricted ? await toMask(picture.mask) : null;
    picture.saving = true;
    [picture.part, picture.text] = [null, "Making the file"];
    update();
    const file = await attempt(picture, () =>
      picture.toFile(mask, wanted, (part, text) => tell(picture, part, text)),
    );
    picture.saving = false;
    update();
    return file;
  }

  async saveAll() {
    const files = [];
    const names = new Map();
    for (const picture of this.page.all().filter((one) => one.settled)) {
      const file = await this.make(picture);
      if (!file) continue;
      const seen = names.get(file.name) ?? 0;
      names.set(file.name, seen + 1);
      const name = seen ? file.name.replace(/(\.sharp\.[^.]*)$/, ` (${seen + 1})$1`) : file.name;
      files.push({ name, input: file, lastModified: new Date() });
    }
    if (files.length) download(await downloadZip(files).blob(), "unblur.zip");
  }
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  releaseUrl(link.href);
}
