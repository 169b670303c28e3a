// Two pictures of one size, one above the other: a divider between them, one zoom for both.

const LARGEST = 16; // device pixels a picture's pixel
const NEAR = 24; // CSS pixels from the divider that count as on it

export class Viewer {
  /**
   * draw(kind, x, y): told of "start", "move" and "end" of a stroke, in picture coordinates from
   * 0 to 1, where a tool is chosen.
   */
  constructor(find, draw) {
    this.stage = find("stage");
    this.before = find("before");
    this.after = find("after");
    this.region = find("region");
    this.afterLayer = find("after-layer");
    this.divider = find("divider");
    this.tags = [find("tag-before"), find("tag-after")];
    this.split = find("split");
    this.zoomText = find("zoom");
    this.ring = find("ring");
    this.brush = 0.1; // of the picture's longer side
    this.tool = "whole";
    this.draw = draw;
    this.size = [1, 1];
    this.scale = 0; // CSS pixels a picture's pixel; 0 fits
    this.offset = [0, 0];
    this.pointers = new Map();
    this.gesture = null;
    find("zoom-in").onclick = () => this.zoomBy(1.5);
    find("zoom-out").onclick = () => this.zoomBy(1 / 1.5);
    find("zoom-fit").onclick = () => this.fit();
    find("zoom-one").onclick = () => this.zoomTo(1 / devicePixelRatio);
    this.split.oninput = () => this.place();
    this.listen();
    this.listenToPeek(find("peek"));
    new ResizeObserver(() => this.place()).observe(this.stage);
  }

  async show(beforeUrl, afterUrl) {
    this.before.src = beforeUrl;
    this.after.src = afterUrl || beforeUrl;
    await Promise.all([this.before.decode(), this.after.decode()]);
    const size = [this.before.naturalWidth, this.before.naturalHeight];
    if (String(size) !== String(this.size)) this.scale = 0;
    this.size = size;
    this.stage.style.aspectRatio = size.join(" / ");
    const both = Boolean(afterUrl);
    for (const part of [this.divider, ...this.tags]) part.hidden = !both;
    this.split.disabled = !both;
    this.place();
  }

  setStrength(strength) {
    this.after.style.opacity = strength; // the service mixes the same way
  }

  setMask(url) {
    this.after.style.maskImage = url ? `url("${url}")` : "none";
  }

  /** "whole", "box" or "brush". */
  setTool(tool) {
    this.tool = tool;
    this.stage.classList.toggle("draws", tool !== "whole");
    this.ring.hidden = true;
  }

  /** Show the picture as it was, for as long as somebody asks. */
  peek(on) {
    this.stage.classList.toggle("peeks", on);
  }

  get fitting() {
    const { clientWidth, clientHeight } = this.stage;
    return Math.min(clientWidth / this.size[0], clientHeight / this.size[1], 2);
  }

  fit() {
    this.scale = 0;
    this.place();
  }

  zoomBy(factor, x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2) {
    this.zoomTo((this.scale || this.fitting) * factor, x, y);
  }

  zoomTo(wanted, x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2) {
    const old = this.scale || this.fitting;
    const scale = Math.min(Math.max(wanted, this.fitting / 2), LARGEST / devicePixelRatio);
    const part = scale / old;
    this.offset = [x - (x - this.offset[0]) * part, y - (y - this.offset[1]) * part];
    this.scale = scale;
    this.place();
  }

  move(dx, dy) {
    this.offset = [this.offset[0] + dx, this.offset[1] + dy];
    this.place();
  }

  place() {
    const { clientWidth, clientHeight } = this.stage;
    const scale = this.scale || this.fitting;
    const room = [clientWidth, clientHeight];
    this.offset = this.size.map((length, axis) => {
      const free = room[axis] - length * scale;
      return free >= 0 || !this.scale ? free / 2 : Math.min(0, Math.max(free, this.offset[axis]));
    });
    const transform = `translate(${this.offset[0]}px, ${this.offset[1]}px) scale(${scale})`;
    for (const picture of [this.before, this.after]) {
      picture.style.transform = transform;
      picture.classList.toggle("pixels", scale * devicePixelRatio >= 3);
    }
    const shrink = this.size[0] / (this.region.width || 1);
    this.region.style.transform = `${transform} scale(${shrink})`;
    const percent = Number(this.split.value);
    this.divider.style.left = `${percent}%`;
    this.afterLayer.style.clipPath = `inset(0 0 0 ${percent}%)`;
    this.zoomText.value = `${Math.round(100 * scale * devicePixelRatio)} %`;
  }

  listen() {
    const { stage } = this;
    stage.addEventListener("pointerdown", (event) => this.begin(event));
    stage.addEventListener("pointermove", (event) => this.follow(event));
    for (const end of ["pointerup", "pointercancel"]) {
      stage.addEventListener(end, (event) => this.finish(event));
    }
    stage.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
        event.preventDefault();
        this.zoomBy(Math.exp(-event.deltaY / 300), ...this.at(event));
      },
      { passive: false },
    );
    stage.addEventListener("dblclick", (event) => {
      if (this.tool !== "whole") return;
      if (this.scale) this.fit();
      else this.zoomTo(Math.max(1, this.fitting * 2), ...this.at(event));
    });
    stage.addEventListener("pointerleave", () => (this.ring.hidden = true));
    const step = 60;
    const arrow = (dx, dy) => () => (this.scale ? this.move(dx * step, dy * step) : this.divide(-2 * dx));
    const keys = {
      "+": () => this.zoomBy(1.5),
      "=": () => this.zoomBy(1.5),
      "-": () => this.zoomBy(1 / 1.5),
      0: () => this.fit(),
      1: () => this.zoomTo(1 / devicePixelRatio),
      ArrowLeft: arrow(1, 0),
      ArrowRight: arrow(-1, 0),
      ArrowUp: arrow(0, 1),
      ArrowDown: arrow(0, -1),
      b: () => this.peek(true),
    };
    stage.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
    stage.addEventListener("keyup", (event) => event.key === "b" && this.peek(false));
    stage.addEventListener("blur", () => this.peek(false));
  }

  listenToPeek(button) {
    const on = { pointerdown: true, pointerup: false, pointerleave: false, blur: false };
    for (const [name, value] of Object.entries(on)) button.addEventListener(name, () => this.peek(value));
    button.addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && this.peek(true));
    button.addEventListener("keyup", () => this.peek(false));
    button.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch
  }

  divide(percent) {
    this.split.value = Number(this.split.value) + percent;
    this.place();
  }

  at(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  inPicture(event) {
    const scale = this.scale || this.fitting;
    return this.at(event).map((value, axis) => (value - this.offset[axis]) / scale / this.size[axis]);
  }

  begin(event) {
    if (event.button > 1) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.at(event));
    if (this.pointers.size === 2) {
      if (this.gesture === "draw") this.draw("end");
      this.gesture = "pinch";
    } else if (event.button === 1) {
      event.preventDefault();
      this.gesture = "pan";
    } else if (this.tool !== "whole" && !this.onKnob(event)) {
      this.gesture = "draw";
      this.stage.classList.add("strokes");
      this.draw("start", ...this.inPicture(event));
    } else {
      const divider = (this.stage.clientWidth * this.split.value) / 100;
      const near = Math.abs(this.at(event)[0] - divider) < NEAR;
      this.gesture = (near || !this.scale) && !this.split.disabled ? "split" : "pan";
      this.follow(event);
    }
  }

  /** Whether the pointer is on the round handle, which moves the divider whatever the tool. */
  onKnob(event) {
    const { clientWidth, clientHeight } = this.stage;
    const [x, y] = this.at(event);
    const away = Math.hypot(x - (clientWidth * this.split.value) / 100, y - clientHeight / 2);
    return away < NEAR && !this.split.disabled;
  }

  showRing(event) {
    this.ring.hidden = this.tool !== "brush" || event.pointerType === "touch";
    if (this.ring.hidden) return;
    const [x, y] = this.at(event);
    const width = this.brush * Math.max(...this.size) * (this.scale || this.fitting);
    this.ring.style.width = this.ring.style.height = `${width}px`;
    this.ring.style.transform = `translate(${x - width / 2}px, ${y - width / 2}px)`;
  }

  follow(event) {
    this.showRing(event);
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    const now = this.at(event);
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId);
    this.pointers.set(event.pointerId, now);
    if (this.gesture === "pinch" && others.length) {
      const fixed = others[0][1];
      const gap = ([x, y]) => Math.hypot(x - fixed[0], y - fixed[1]) || 1;
      this.zoomBy(gap(now) / gap(last), (now[0] + fixed[0]) / 2, (now[1] + fixed[1]) / 2);
      this.move((now[0] - last[0]) / 2, (now[1] - last[1]) / 2);
    } else if (this.gesture === "draw") {
      this.draw("move", ...this.inPicture(event));
    } else if (this.gesture === "split") {
      this.split.value = (100 * now[0]) / this.stage.clientWidth;
      this.place();
    } else if (this.gesture === "pan") {
      this.move(now[0] - last[0], now[1] - last[1]);
    }
  }

  finish(event) {
    if (!this.pointers.delete(event.pointerId) || this.pointers.size) return;
    if (this.gesture === "draw") this.draw("end");
    this.gesture = null;
    this.stage.classList.remove("strokes");
  }
}
