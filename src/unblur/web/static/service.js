// The one place that talks to the server.

const KEPT = "unblur-token"; // until the tab is closed

let token = sessionStorage.getItem(KEPT) ?? "";
let limits = null;

export function useToken(text) {
  token = text;
  sessionStorage.setItem(KEPT, text);
}

/** What the server takes: bytes, pixels, and whether it asks for a token that is not here yet. */
export async function askLimits() {
  try {
    limits = await (await fetch("/v1/limits")).json();
  } catch {
    return null; // the first request will tell
  }
  return { ...limits, token: limits.token && !token };
}

export class Problem extends Error {
  constructor(status, detail, retryAfter = 0) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/**
 * Restore one picture.
 *
 * settings: strength 0..1, psf (text, Blob or null), mask (Blob or null), format ("" as the
 * source), strip, quality, preview. tell(part, text) is called with 0..1, or null where nobody knows.
 * Resolves to { report, blob, before, after }, the last two for a preview alone; an AbortSignal ends
 * it and frees the server's worker.
 */
export async function restore(file, settings, tell, signal) {
  if (limits && file.size > limits.bytes) {
    throw new Problem(413, `the file is larger than the ${limits.bytes / 1e6} MB that this server takes`);
  }
  for (let tries = 0; ; tries++) {
    try {
      return await restoreOnce(file, settings, tell, signal);
    } catch (error) {
      if (error.status !== 429 || tries === 9) throw error;
      tell(null, `The server is busy; asking again in ${error.retryAfter} s`);
      await pause(1000 * error.retryAfter, signal);
    }
  }
}

async function restoreOnce(file, settings, tell, signal) {
  const id = newId();
  const form = new FormData();
  form.append("id", id);
  form.append("image", file, "image"); // the server need not know its name
  form.append("strength", settings.strength);
  for (const name of ["strip", "quality", "preview"]) form.append(name, settings[name]);
  if (settings.format) form.append("format", settings.format);
  if (settings.psf instanceof Blob) form.append("psf", settings.psf, "psf");
  else if (settings.psf) form.append("psf", settings.psf);
  if (settings.mask) form.append("mask", settings.mask, "mask");
  const sent = await send(form, id, tell, signal);
  const headers = { "content-type": sent.type };
  const answer = await new Response(sent.blob, { headers }).formData();
  const [blob, before, after] = ["image", "before", "after"].map((name) => answer.get(name));
  return { report: JSON.parse(answer.get("report")), blob, before, after };
}

function send(form, id, tell, signal) {
  // XMLHttpRequest, because fetch tells nothing of the upload's progress
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    let polling = 0;
    request.open("POST", "/v1/restore");
    request.responseType = "blob";
    request.setRequestHeader("Accept", "multipart/form-data");
    if (token) request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = (event) => tell(event.loaded / event.total, "Sending");
    request.upload.onload = () => {
      tell(null, "Looking for the blur");
      polling = setInterval(() => askProgress(id, tell), 700);
    };
    request.onloadend = () => {
      clearInterval(polling);
      signal.removeEventListener("abort", stop);
    };
    request.onabort = () => reject(new DOMException("stopped", "AbortError"));
    request.onerror = () => reject(new Problem(0, "The server cannot be reached."));
    request.onload = async () => {
      if (request.status === 200) {
        resolve({ blob: request.response, type: request.getResponseHeader("content-type") });
      } else {
        const retry = Number(request.getResponseHeader("retry-after")) || 5;
        reject(new Problem(request.status, await explain(request), retry));
      }
    };
    if (signal.aborted) {
      request.onabort();
      return;
    }
    signal.addEventListener("abort", stop);
    request.send(form);
  });
}

async function askProgress(id, tell) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  try {
    const answer = await fetch(`/v1/progress/${id}`, { headers });
    const { state, done, tiles } = await answer.json();
    if (state === "waiting") tell(null, "Waiting for a free place");
    else if (state === "working" && tiles) tell(done / tiles, `Restoring: ${done} of ${tiles} parts`);
  } catch {
    // the request itself will tell
  }
}

function newId() {
  // not randomUUID: a page that came by plain http from another machine has none
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function explain(request) {
  try {
    return JSON.parse(await request.response.text()).detail;
  } catch {
    return `The server answered ${request.status}.`;
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("stopped", "AbortError"));
    });
  });
}
