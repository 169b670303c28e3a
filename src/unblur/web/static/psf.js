// Point spread functions: drawn as found, put into words, and drawn by hand.

/** Show rows of numbers, brighter where more light falls. */
export function paintPsf(canvas, rows) {
  canvas.width = canvas.height = rows.length;
  const context = canvas.getContext("2d");
  const image = context.createImageData(rows.length, rows.length);
  const largest = Math.max(...rows.flat());
  rows.flat().forEach((value, index) => {
    // square roots, so that faint tails can be seen
    image.data.fill(Math.round(255 * Math.sqrt(value / largest)), 4 * index, 4 * index + 3);
    image.data[4 * index + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}

const KINDS = {
  none: "Sharp", gaussian: "Soft", defocus: "Out of focus", motion: "Motion", shake: "Camera shake",
};
const UNSURE = 0.5; // below, other kinds are worth a try

/** What a report holds, as elements. */
export function describe(report) {
  if (!report) return ["Not looked at yet."];
  const { blur, blind, tiles, tiles_kept: kept, tiles_direct: direct, seconds, notes } = report;
  const angle = blur.angle === null ? "" : ` at ${blur.angle.toFixed(0)}°`;
  const rows = [["Blur", KINDS[blur.kind]]];
  if (blur.kind !== "none") rows.push(["Extent", `${blur.extent.toFixed(1)} px${angle}`]);
  rows.push(blind ? ["Confidence", `${Math.round(100 * blur.confidence)} %`] : ["Source", "given by you"]);
  rows.push(["Noise", `${(100 * blur.noise).toFixed(1)} %`], ["Took", `${seconds.toFixed(1)} s`]);
  const list = document.createElement("dl");
  for (const [name, value] of rows) {
    const row = document.createElement("div");
    row.append(document.createElement("dt"), document.createElement("dd"));
    [row.firstChild.textContent, row.lastChild.textContent] = [name, value];
    list.append(row);
  }
  const said = [...notes];
  if (blind && blur.kind === "none") said.push("If you know better, choose the blur below.");
  else if (blind && blur.confidence < UNSURE) said.push("Not sure of the kind: try others below.");
  if (direct) said.push(`No PSF explains ${direct} of ${tiles} parts; they were restored without one.`);
  if (kept) said.push(`${kept} of ${tiles} parts were left as they were.`);
  const lines = said.map((text) => Object.assign(document.createElement("p"), { textContent: text }));
  return [list, ...lines];
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A small black square to draw the path of a blur into, by mouse, finger or arrow keys. */
export class Pad {
  /** pen marks where the keys have got to; done() is called after each stroke. */
  constructor(canvas, pen, done) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.pen = pen;
    this.done = done;
    this.clear();
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.begin(this.at(event));
      this.drawing = true;
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.drawing) this.line(this.at(event));
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => this.finish());
    canvas.addEventListener("keydown", (event) => this.follow(event));
    canvas.addEventListener("blur", () => this.finish());
  }

  /** Show a drawing made before, or none. */
  async load(blob) {
    this.clear();
    if (!blob) return;
    const bitmap = await createImageBitmap(blob);
    this.context.drawImage(bitmap, 0, 0);
    this.empty = false;
  }

  clear() {
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.last = [this.canvas.width / 2, this.canvas.height / 2];
    this.empty = true;
    this.drawing = this.changed = false;
    this.pen.hidden = true;
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  follow(event) {
    const step = STEPS[event.key];
    if (event.key === "Enter") this.finish();
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const { width } = this.canvas;
    const point = this.last.map((value, axis) => Math.min(width - 0.5, Math.max(0.5, value + step[axis])));
    if (event.shiftKey) this.last = point;
    else this.line(point);
    this.pen.hidden = false;
    this.pen.style.left = `${(100 * point[0]) / width}%`;
    this.pen.style.top = `${(100 * point[1]) / width}%`;
  }

  begin(point) {
    this.last = point;
    this.line(point);
  }

  line(point) {
    const { context } = this;
    context.strokeStyle = "#fff";
    context.lineCap = "round";
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(...this.last);
    context.lineTo(point[0] + 0.01, point[1]);
    context.stroke();
    this.last = point;
    this.empty = false;
    this.changed = true;
  }

  finish() {
    this.drawing = false;
    if (!this.changed) return;
    this.changed = false;
    this.done();
  }

  toBlob() {
    return new Promise((resolve) => this.canvas.toBlob(resolve));
  }
}
