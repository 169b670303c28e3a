// The list of photographs: one item each, kept as long as its photograph, so that no focus is lost.

const STATES = {
  waiting: "in line", working: "at work", done: "done", failed: "failed", stopped: "stopped",
};

export class Strip {
  /** select(picture) and remove(picture) are called when somebody asks for it. */
  constructor(list, select, remove) {
    this.list = list;
    this.select = select;
    this.remove = remove;
    this.items = new Map();
  }

  /** Show these, one of them as looked at. */
  update(pictures, shown) {
    for (const [picture, item] of this.items) {
      if (pictures.includes(picture)) continue;
      item.remove();
      this.items.delete(picture);
    }
    for (const picture of pictures) {
      if (!this.items.has(picture)) this.make(picture);
      this.tell(picture);
      const current = this.items.get(picture).querySelector(".pick");
      if (picture === shown) current.setAttribute("aria-current", "true");
      else current.removeAttribute("aria-current");
    }
  }

  make(picture) {
    const pick = document.createElement("button");
    pick.type = "button";
    pick.className = "pick";
    pick.onclick = () => this.select(picture);
    const words = document.createElement("span");
    words.append(document.createElement("b"), document.createElement("small"));
    words.firstChild.textContent = picture.file.name;
    pick.append(picture.thumb, words);
    const away = document.createElement("button");
    away.type = "button";
    away.className = "away";
    away.textContent = "×";
    away.setAttribute("aria-label", `Remove ${picture.file.name}`);
    away.onclick = () => this.remove(picture);
    const item = document.createElement("li");
    item.append(pick, away);
    this.items.set(picture, item);
    this.list.append(item);
  }

  /** Say how far it is. */
  tell(picture) {
    const part = picture.state === "working" && picture.part;
    const said = part ? `${Math.round(100 * part)} %` : STATES[picture.state];
    const item = this.items.get(picture);
    if (!item) return; // taken away meanwhile
    item.dataset.state = picture.state;
    const line = item.querySelector("small");
    if (line.textContent !== said) line.textContent = said;
  }
}
