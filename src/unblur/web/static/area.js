// Where the effect is wanted: the tools, and what the viewer shows of it.

import { releaseUrl } from "./picture.js";
import { Region, isEmpty } from "./region.js";

const BOX = ["box-left", "box-top", "box-width", "box-height"];

export class Area {
  constructor(find, viewer) {
    this.find = find;
    this.viewer = viewer;
    this.region = new Region(find("region"));
    this.wanted = null;
    this.maskUrl = "";
    for (const id of BOX) find(id).onchange = () => this.readBox();
    find("brush").addEventListener("input", (event) => {
      this.region.brush = viewer.brush = event.target.value / 100;
    });
    find("erase").onchange = (event) => (this.region.erase = event.target.checked);
    find("region-clear").onclick = () => {
      this.region.clear();
      this.cover();
    };
  }

  /** Take over a picture that has just been loaded into the viewer. */
  async show(picture) {
    this.keep(picture); // it may have been restored anew
    this.wanted = picture.wanted;
    this.region.load(...this.viewer.size, picture.mask);
    this.fillBox();
    if (this.wanted.tool === "box") this.setBox();
    this.viewer.place();
    await this.cover();
  }

  /** Leave a picture: it keeps its own region. */
  keep(picture) {
    if (this.wanted === picture.wanted) picture.mask = this.region.keep();
  }

  /** Another tool was chosen. */
  choose(picture) {
    if (this.wanted !== picture.wanted) return; // not loaded yet: a TIFF that has not come back
    if (this.wanted.tool === "box") this.setBox();
    this.cover();
  }

  fillBox() {
    BOX.forEach((id, index) => (this.find(id).value = this.wanted.box[index]));
  }

  readBox() {
    if (!this.wanted) return;
    this.wanted.box = BOX.map((id) => Number(this.find(id).value));
    this.setBox();
    this.cover();
  }

  setBox() {
    this.region.setBox(...this.wanted.box.map((percent) => percent / 100));
  }

  /** A stroke on the picture, from 0 to 1. */
  draw(kind, x, y) {
    if (!this.wanted) return;
    if (kind === "end") {
      this.cover();
    } else if (this.wanted.tool === "brush") {
      this.region.stroke(kind, x, y);
    } else {
      const point = [x, y].map((value) => Math.min(1, Math.max(0, value)));
      if (kind === "start") this.corner = point;
      const sides = [0, 1].map((axis) => Math.min(this.corner[axis], point[axis]));
      const lengths = [0, 1].map((axis) => Math.abs(this.corner[axis] - point[axis]));
      this.wanted.box = [...sides, ...lengths].map((part) => Math.round(1000 * part) / 10);
      this.fillBox();
      this.setBox();
    }
  }

  /** Let the viewer show it. */
  async cover() {
    this.region.canvas.hidden = this.wanted.tool === "whole";
    releaseUrl(this.maskUrl);
    const restricts = this.wanted.tool !== "whole" && !isEmpty(this.region.keep());
    this.maskUrl = restricts ? URL.createObjectURL(await this.region.toBlob()) : "";
    this.viewer.setMask(this.maskUrl);
  }
}
