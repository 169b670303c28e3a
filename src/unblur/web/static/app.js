// The page: a list of photographs, one of them shown, and the settings of that one.

import { Picture, releaseUrl } from "./picture.js";
import { Pad, describe, paintPsf } from "./psf.js";
import { Region } from "./region.js";
import { useToken } from "./service.js";
import { Viewer } from "./viewer.js";

const find = (id) => document.getElementById(id);
const SLIDERS = { sigma: " px", radius: " px", length: " px", angle: "°", brush: " %" };

const pictures = [];
let shown = null; // the Picture that is looked at
let working = null; // the one that is restored
let boxStart = null;
let maskUrl = "";

const region = new Region(find("region"));
const viewer = new Viewer(find, drawRegion);
const pad = new Pad(find("pad"), async () => {
  shown.wanted.drawn = await pad.toBlob();
  again(shown);
});

// --- adding -----------------------------------------------------------------------------------

function add(files) {
  for (const file of files) pictures.push(new Picture(file));
  if (!shown && pictures.length) select(pictures[0]);
  list();
  pump();
}

find("files").onchange = (event) => {
  add(event.target.files);
  event.target.value = "";
};
addEventListener("paste", (event) => add(event.clipboardData.files));
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", () => document.body.classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  add(event.dataTransfer.files);
});

// --- working: one at a time, so that one person does not fill the server's line ----------------

async function pump() {
  if (working) return;
  working = pictures.find((picture) => picture.state === "waiting") ?? null;
  if (!working) return;
  const picture = working;
  picture.state = "working";
  await attempt(picture, () => picture.work((part, text) => tell(picture, part, text)));
  if (picture.state === "working") picture.state = "done";
  working = null;
  list();
  if (picture === shown) await show();
  pump();
}

async function attempt(picture, work) {
  picture.error = "";
  list();
  try {
    return await work();
  } catch (error) {
    if (error.name === "AbortError") {
      if (picture.state === "working") picture.state = "stopped";
    } else {
      picture.state = "failed";
      picture.error = `${picture.file.name}: ${error.message}`;
      if (error.status === 401) find("token").hidden = false;
    }
    return null;
  }
}

function tell(picture, part, text) {
  picture.part = part;
  picture.text = text;
  if (picture === shown) showProgress();
}

function isOver(picture) {
  return ["failed", "stopped"].includes(picture.state);
}

/** Restore once more, perhaps with other settings. */
function again(picture) {
  const ready = picture.wanted.kind === "auto" || picture.psf;
  if (!ready) return;
  picture.state = "waiting";
  picture.stop();
  showProgress();
  pump();
}

find("stop").onclick = () => {
  if (isOver(shown)) {
    again(shown);
    return;
  }
  if (shown.state === "waiting") shown.state = "stopped";
  shown.stop();
  showProgress();
};
find("token").onsubmit = (event) => {
  event.preventDefault();
  useToken(find("token-text").value);
  find("token").hidden = true;
  for (const picture of pictures) if (picture.state === "failed") picture.state = "waiting";
  pump();
};

// --- showing ----------------------------------------------------------------------------------

const STATES = { waiting: "in line", working: "…", done: "done", failed: "failed", stopped: "stopped" };

function list() {
  find("drop").classList.toggle("empty", !pictures.length);
  find("pictures").hidden = pictures.length < 2;
  find("work").hidden = !shown;
  find("save-all").hidden = pictures.filter((picture) => picture.result).length < 2;
  find("pictures").replaceChildren(
    ...pictures.map((picture) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-current", picture === shown);
      const name = document.createElement("span");
      name.textContent = picture.file.name;
      const state = document.createElement("small");
      state.textContent = STATES[picture.state];
      const image = new Image();
      image.alt = "";
      if (picture.beforeUrl) image.src = picture.beforeUrl;
      button.append(image, name, state);
      button.onclick = () => select(picture);
      const item = document.createElement("li");
      item.append(button);
      return item;
    }),
  );
}

function select(picture) {
  if (shown) shown.mask = region.keep();
  shown = picture;
  fillForm();
  list();
  show();
}

async function show() {
  const picture = shown;
  showProgress();
  if (!picture.beforeUrl) picture.beforeUrl = URL.createObjectURL(picture.file);
  const blur = picture.result?.report.blur;
  find("found").textContent = blur ? describe(picture.result.report) : "Not looked at yet.";
  if (blur) paintPsf(find("psf"), blur.psf);
  find("save").disabled = !picture.result;
  try {
    await viewer.show(picture.beforeUrl, picture.afterUrl);
  } catch {
    return; // a TIFF that has not come back yet
  }
  if (picture !== shown) return;
  region.load(...viewer.size, picture.mask);
  viewer.place();
  await showRegion();
}

function showProgress() {
  const busy = ["waiting", "working"].includes(shown.state);
  const over = isOver(shown);
  find("progress").hidden = !busy && !over;
  find("progress-bar").hidden = !busy;
  find("progress-text").hidden = !busy;
  find("stop").textContent = over ? "Try again" : "Stop";
  if (shown.part === null) find("progress-bar").removeAttribute("value");
  else find("progress-bar").value = shown.part;
  if (find("progress-text").textContent !== shown.text) find("progress-text").textContent = shown.text;
  find("alert").hidden = !shown.error;
  find("alert").textContent = shown.error;
}

// --- settings ---------------------------------------------------------------------------------

function fillForm() {
  const { wanted } = shown;
  for (const id of ["strength", "sigma", "radius", "length", "angle", "format"]) find(id).value = wanted[id];
  find("metadata").checked = wanted.metadata;
  document.querySelector(`[name=kind][value=${wanted.kind}]`).checked = true;
  document.querySelector(`[name=tool][value=${wanted.tool}]`).checked = true;
  pad.clear();
  find("psf-file").value = "";
  for (const id of Object.keys(SLIDERS)) tellSlider(id);
  openParts();
}

function openParts() {
  const { wanted } = shown;
  for (const part of document.querySelectorAll("[data-kind]")) part.hidden = part.dataset.kind !== wanted.kind;
  for (const part of document.querySelectorAll("[data-tool]")) part.hidden = part.dataset.tool !== wanted.tool;
  find("strength-text").value = `${wanted.strength} %`;
  viewer.setStrength(wanted.strength / 100);
  viewer.drawing = wanted.tool !== "whole";
  find("stage").classList.toggle("draws", viewer.drawing);
}

function tellSlider(id) {
  document.querySelector(`output[for=${id}]`).value = `${find(id).value}${SLIDERS[id]}`;
}

find("strength").oninput = (event) => {
  shown.wanted.strength = Number(event.target.value);
  openParts();
};
for (const radio of document.querySelectorAll("[name=kind]")) {
  radio.onchange = () => {
    shown.wanted.kind = radio.value;
    openParts();
    again(shown);
  };
}
for (const id of ["sigma", "radius", "length", "angle"]) {
  find(id).oninput = () => tellSlider(id);
  find(id).onchange = () => {
    shown.wanted[id] = Number(find(id).value);
    again(shown);
  };
}
find("pad-clear").onclick = () => {
  pad.clear();
  shown.wanted.drawn = null;
};
find("psf-file").onchange = (event) => {
  shown.wanted.psfFile = event.target.files[0] ?? null;
  again(shown);
};
find("format").onchange = (event) => (shown.wanted.format = event.target.value);
find("metadata").onchange = (event) => (shown.wanted.metadata = event.target.checked);
find("panel").onsubmit = (event) => event.preventDefault();

// --- region -----------------------------------------------------------------------------------

const BOX = ["box-left", "box-top", "box-width", "box-height"];

for (const radio of document.querySelectorAll("[name=tool]")) {
  radio.onchange = () => {
    shown.wanted.tool = radio.value;
    if (radio.value === "box") setBox();
    openParts();
    showRegion();
  };
}
for (const id of BOX) {
  find(id).onchange = () => {
    setBox();
    showRegion();
  };
}
find("brush").oninput = (event) => {
  region.brush = event.target.value / 100;
  tellSlider("brush");
};
find("erase").onchange = (event) => (region.erase = event.target.checked);
find("region-clear").onclick = () => {
  region.clear();
  showRegion();
};

function setBox() {
  region.setBox(...BOX.map((id) => find(id).value / 100));
}

function drawRegion(kind, x, y) {
  if (kind === "end") {
    showRegion();
  } else if (shown.wanted.tool === "brush") {
    region.stroke(kind, x, y);
  } else {
    const point = [x, y].map((value) => Math.min(1, Math.max(0, value)));
    if (kind === "start") boxStart = point;
    const sides = [0, 1].map((axis) => Math.min(boxStart[axis], point[axis]));
    const lengths = [0, 1].map((axis) => Math.abs(boxStart[axis] - point[axis]));
    [...sides, ...lengths].forEach((value, index) => {
      find(BOX[index]).value = Math.round(100 * value);
    });
    setBox();
  }
}

function regionWanted() {
  return shown.wanted.tool !== "whole" && !region.empty;
}

async function showRegion() {
  region.canvas.hidden = shown.wanted.tool === "whole";
  releaseUrl(maskUrl);
  maskUrl = regionWanted() ? URL.createObjectURL(await region.toBlob()) : "";
  viewer.setMask(maskUrl);
}

// --- saving -----------------------------------------------------------------------------------

async function save(picture) {
  if (picture !== shown) select(picture);
  const before = picture.state;
  const mask = regionWanted() ? await region.toMask() : null;
  picture.state = "working";
  showProgress();
  const file = await attempt(picture, () =>
    picture.toFile(mask, (part, text) => tell(picture, part, text)),
  );
  picture.state = before;
  showProgress();
  list();
  if (!file) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file.blob);
  link.download = file.name;
  link.click();
  releaseUrl(link.href);
}

find("save").onclick = () => save(shown);
find("save-all").onclick = async () => {
  for (const picture of pictures) if (picture.result) await save(picture);
};

list();
