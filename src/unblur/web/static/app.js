// The page: a list of photographs, one of them shown, each restored in turn.

import { Area } from "./area.js";
import { Form } from "./form.js";
import { listenForFiles } from "./files.js";
import { Picture } from "./picture.js";
import { describe, paintPsf } from "./psf.js";
import { Saver } from "./saver.js";
import { askLimits, useToken } from "./service.js";
import { Strip } from "./strip.js";
import { Viewer } from "./viewer.js";

const find = (id) => document.getElementById(id);

const pictures = [];
let shown = null; // the Picture that is looked at
let working = null; // the one that is restored

const viewer = new Viewer(find, (...stroke) => area.draw(...stroke));
const area = new Area(find, viewer);
const form = new Form(find, { restore: () => again(), look, area: () => area.choose(shown), same });
const strip = new Strip(find("pictures"), select, remove);
new Saver(find, { shown: () => shown, all: () => pictures, area, attempt, tell, update });

// --- the list -----------------------------------------------------------------------------------

listenForFiles(find, (files) => {
  pictures.push(...files.map((file) => new Picture(file)));
  if (!shown && pictures.length) select(pictures[0]);
  update();
  pump();
});

function select(picture) {
  if (shown) area.keep(shown);
  shown = picture;
  form.fill(picture);
  look();
  update();
  show();
}

function remove(picture) {
  const place = pictures.indexOf(picture);
  pictures.splice(place, 1);
  picture.release();
  const next = pictures[Math.min(place, pictures.length - 1)] ?? null;
  if (picture !== shown) update();
  else if (next) select(next);
  else {
    shown = null;
    update();
  }
  (next ? strip.items.get(next).querySelector(".pick") : find("choose")).focus();
}

// --- working: one at a time, so that one person does not fill the server's line ------------------

async function pump() {
  if (working) return;
  working = pictures.find((picture) => picture.state === "waiting") ?? null;
  if (!working) return;
  const picture = working;
  picture.state = "working";
  update();
  const done = await attempt(picture, () => picture.work((part, text) => tell(picture, part, text)));
  // "waiting" where other settings were chosen meanwhile
  if (picture.state === "working") picture.state = done ? "done" : picture.error ? "failed" : "stopped";
  working = null;
  update();
  if (picture === shown) await show();
  pump();
}

/** Do something that may fail; the picture says so, and null comes back. */
async function attempt(picture, work) {
  picture.error = "";
  try {
    return await work();
  } catch (error) {
    if (error.name === "AbortError") return null;
    picture.error = `${picture.file.name}: ${error.message}`;
    if (error.status === 401) find("token").hidden = false;
    return null;
  }
}

function tell(picture, part, text) {
  [picture.part, picture.text] = [part, text];
  strip.tell(picture);
  if (picture === shown) showProgress();
}

/** Restore once more, perhaps with other settings. */
function again(picture = shown) {
  if (picture.wanted.kind !== "auto" && !picture.psf) return; // nothing drawn or chosen yet
  picture.state = "waiting";
  [picture.part, picture.text] = [null, "In line"];
  picture.stop();
  update();
  pump();
}

function same() {
  const { tool, box, ...wanted } = shown.wanted;
  for (const picture of pictures) {
    if (picture === shown) continue;
    Object.assign(picture.wanted, wanted);
    again(picture);
  }
}

find("stop").onclick = () => {
  if (isOver(shown)) {
    again();
    return;
  }
  if (shown.state === "waiting") shown.state = "stopped";
  shown.stop();
  update();
};

// --- showing ------------------------------------------------------------------------------------

function isOver(picture) {
  return ["failed", "stopped"].includes(picture.state);
}

function update() {
  const done = pictures.filter((picture) => picture.state === "done").length;
  find("drop").hidden = pictures.length > 0;
  find("strip").hidden = !pictures.length;
  find("work").hidden = !shown;
  find("same").hidden = find("save-all").hidden = pictures.length < 2;
  document.title = done < pictures.length ? `(${done}/${pictures.length}) unblur` : "unblur";
  strip.update(pictures, shown);
  find("alert").hidden = !shown?.error;
  find("alert").textContent = shown?.error ?? "";
  if (shown) showProgress();
}

function showProgress() {
  const busy = ["waiting", "working"].includes(shown.state) || shown.saving;
  const over = isOver(shown) && !busy;
  find("progress").hidden = !busy && !over;
  find("progress-bar").hidden = !busy;
  find("stop").textContent = over ? "Try again" : "Stop";
  if (shown.part === null) find("progress-bar").removeAttribute("value");
  else find("progress-bar").value = shown.part;
  const text = busy ? shown.text : shown.state === "failed" ? "Not restored" : "Stopped";
  if (find("progress-text").textContent !== text) find("progress-text").textContent = text;
  find("save").disabled = !shown.settled;
  find("save-all").disabled = pictures.filter((picture) => picture.settled).length < 2;
}

/** Strength and tool as they are wanted; neither needs the server. */
function look() {
  viewer.setStrength(shown.wanted.strength / 100);
  viewer.setTool(shown.wanted.tool);
}

async function show() {
  const picture = shown;
  const report = picture.result?.report;
  find("found").replaceChildren(...describe(report));
  find("psf-figure").hidden = !report?.blur;
  if (report?.blur) {
    paintPsf(find("psf"), report.blur.psf);
    find("psf-size").textContent = `PSF, ${report.blur.psf.length} px`;
  }
  try {
    await viewer.show(picture.beforeUrl, picture.afterUrl);
  } catch {
    return; // a TIFF that has not come back yet
  }
  if (picture === shown) await area.show(picture);
}

// --- the server ---------------------------------------------------------------------------------

find("token").onsubmit = (event) => {
  event.preventDefault();
  useToken(find("token-text").value);
  find("token").hidden = true;
  for (const picture of pictures) if (picture.state === "failed") again(picture);
};
askLimits().then((limits) => {
  if (!limits) return;
  find("limits").textContent = `, up to ${limits.bytes / 1e6} MB and ${limits.pixels / 1e6} megapixels`;
  find("token").hidden = !limits.token;
});
update();
