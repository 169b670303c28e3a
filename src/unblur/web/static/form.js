// The settings of the photograph that is looked at.

import { Pad } from "./psf.js";

const UNITS = { strength: " %", sigma: " px", radius: " px", length: " px", angle: "°", brush: " %" };

export class Form {
  /**
   * tell: restore() when the server has to work again, look() when only the page has, area() when
   * another tool is chosen, same() when the others shall be like this one.
   */
  constructor(find, tell) {
    this.find = find;
    this.tell = tell;
    this.pad = new Pad(find("pad"), find("pen"), async () => {
      this.wanted.drawn = this.pad.empty ? null : await this.pad.toBlob();
      tell.restore();
    });
    this.listen();
  }

  /** Show what is wanted of a picture. */
  fill(picture) {
    const { find, wanted } = Object.assign(this, { wanted: picture.wanted });
    for (const id of ["strength", "quality", "sigma", "radius", "length", "angle"]) {
      find(id).value = wanted[id];
    }
    this.radio("kind", wanted.kind).checked = true;
    this.radio("tool", wanted.tool).checked = true;
    this.pad.load(wanted.drawn);
    find("psf-file").value = "";
    find("psf-name").textContent = wanted.psfFile?.name ?? "";
    for (const id of Object.keys(UNITS)) this.say(id);
    this.open();
  }

  radio(name, value) {
    return document.querySelector(`[name=${name}][value=${value}]`);
  }

  open() {
    for (const name of ["kind", "tool"]) {
      for (const part of document.querySelectorAll(`[data-${name}]`)) {
        part.hidden = part.dataset[name] !== this.wanted[name];
      }
    }
  }

  say(id) {
    document.querySelector(`output[for=${id}]`).value = `${this.find(id).value}${UNITS[id]}`;
  }

  listen() {
    const { find, tell } = this;
    find("panel").onsubmit = (event) => event.preventDefault();
    for (const id of Object.keys(UNITS)) find(id).addEventListener("input", () => this.say(id));
    find("strength").addEventListener("input", () => {
      this.wanted.strength = Number(find("strength").value);
      tell.look();
    });
    find("quality").onchange = () => {
      this.wanted.quality = find("quality").value;
      tell.restore();
    };
    for (const id of ["sigma", "radius", "length", "angle"]) {
      find(id).onchange = () => {
        this.wanted[id] = Number(find(id).value);
        tell.restore();
      };
    }
    this.listenToRadios("kind", tell.restore);
    this.listenToRadios("tool", tell.area);
    find("pad-clear").onclick = () => {
      this.pad.clear();
      this.wanted.drawn = null;
    };
    find("psf-file").onchange = () => {
      this.wanted.psfFile = find("psf-file").files[0] ?? null;
      find("psf-name").textContent = "";
      tell.restore();
    };
    find("same").onclick = () => tell.same();
  }

  listenToRadios(name, then) {
    for (const radio of document.querySelectorAll(`[name=${name}]`)) {
      radio.onchange = () => {
        this.wanted[name] = radio.value;
        this.open();
        this.tell.look();
        then();
      };
    }
  }
}
