// Where the effect is wanted: strokes and boxes on a canvas over the picture.

const LONGEST = 1024; // the service scales a mask to the picture
const COLOUR = "#00a2ff";

export class Region {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.brush = 0.1; // of the longer side
    this.erase = false;
    this.last = null;
  }

  /** Take a picture's size, and its own mask where it has one. */
  load(width, height, image) {
    const shrink = Math.min(1, LONGEST / Math.max(width, height));
    this.canvas.width = Math.max(1, Math.round(width * shrink));
    this.canvas.height = Math.max(1, Math.round(height * shrink));
    if (image) this.context.putImageData(image, 0, 0);
  }

  keep() {
    return this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }

  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Replace everything by a box, in parts of the picture. */
  setBox(left, top, width, height) {
    this.clear();
    this.context.fillStyle = COLOUR;
    const { width: w, height: h } = this.canvas;
    this.context.fillRect(left * w, top * h, width * w, height * h);
  }

  stroke(kind, x, y) {
    const { context, canvas } = this;
    const point = [x * canvas.width, y * canvas.height];
    const from = kind === "start" ? point : this.last;
    const width = this.brush * Math.max(canvas.width, canvas.height);
    context.save();
    context.globalCompositeOperation = this.erase ? "destination-out" : "source-over";
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = width;
    context.strokeStyle = context.shadowColor = COLOUR;
    context.shadowBlur = width / 4; // a soft edge
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(point[0] + 0.01, point[1]);
    context.stroke();
    context.restore();
    this.last = point;
  }

  /** As a picture with alpha, for the page. */
  toBlob() {
    return new Promise((resolve) => this.canvas.toBlob(resolve));
  }
}

/** Whether nothing of it is covered. */
export function isEmpty(image) {
  return !image.data.some((value, index) => index % 4 === 3 && value);
}

/** A region as the service takes it: white on black. */
export function toMask(image) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d");
  context.putImageData(image, 0, 0);
  for (const [way, colour] of [["source-in", "#fff"], ["destination-over", "#000"]]) {
    context.globalCompositeOperation = way;
    context.fillStyle = colour;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  return new Promise((resolve) => canvas.toBlob(resolve));
}
