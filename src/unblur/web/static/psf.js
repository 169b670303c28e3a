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

const HEADLINES = {
  none: () => "No blur to speak of",
  gaussian: (blur) => `Soft, ${blur.extent.toFixed(1)} px wide`,
  defocus: (blur) => `Out of focus, disks of ${blur.extent.toFixed(1)} px`,
  motion: (blur) => `Motion, ${blur.extent.toFixed(1)} px at ${blur.angle.toFixed(0)}°`,
  shake: (blur) => `Camera shake, ${blur.extent.toFixed(1)} px`,
};

/** Say in lines what a report holds. */
export function describe(report) {
  const { blur, blind, tiles, tiles_kept: kept, seconds } = report;
  const lines = [HEADLINES[blur.kind](blur)];
  if (blind) lines.push(`${Math.round(100 * blur.confidence)} % sure of the kind`);
  else lines.push("as you gave it");
  lines.push(`noise ${(100 * blur.noise).toFixed(1)} %`);
  if (kept) lines.push(`${kept} of ${tiles} parts left as they were`);
  lines.push(`${seconds.toFixed(1)} s`, ...report.notes);
  return lines.join("\n");
}

/** A small black square to draw the path of a blur into. */
export class Pad {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.last = null;
    this.clear();
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.last = this.at(event);
      this.line(this.last);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.last) this.line(this.at(event));
    });
    canvas.addEventListener("pointerup", () => {
      this.last = null;
      changed();
    });
  }

  clear() {
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.empty = true;
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
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
  }

  toBlob() {
    return new Promise((resolve) => this.canvas.toBlob(resolve));
  }
}
