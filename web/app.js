// The search page. Whatever comes from pictures is untrusted: it goes in as text, never as HTML.

const LIMIT = 24;
const QUERY_SIDE = 1024; // pixels; more than the model looks at
const MAX_QUERY_BYTES = 4 * 1024 * 1024;
const $ = (id) => document.getElementById(id);

// What is searched for. `image`: {base64, preview} of a file, or {id, preview} of an indexed one.
const state = { text: "", image: null, tags: [], cursor: null };
let api = "/api";
let running = new AbortController();

function query() {
  if (state.cursor) return { cursor: state.cursor, limit: LIMIT };
  const body = { limit: LIMIT };
  if (state.text) body.text = state.text;
  if (state.image?.base64) body.image = state.image.base64;
  if (state.image?.id) body.image_id = state.image.id;
  if (state.text && state.image) {
    const semantic = Number($("weight").value) / 100;
    body.weights = { text: 1 - semantic, semantic };
  }
  if (state.tags.length) body.filters = { tags: { all: state.tags } };
  return body;
}

async function call(body, signal) {
  let response;
  try {
    response = await fetch(`${api}/search`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Is it running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail || answer.title || `The search failed (${response.status}).`);
  return answer;
}

// Runs what `state` says: a new search, or with a cursor the next page of the same.
async function run() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const further = Boolean(state.cursor);
  if (!further) showQuery();
  $("error").hidden = true;
  $("more").disabled = true;
  $("hits").setAttribute("aria-busy", "true");
  if (!further) $("status").textContent = "Searching…";
  try {
    const page = await call(query(), signal);
    if (signal.aborted) return;
    if (!further) $("hits").replaceChildren();
    $("hits").append(...page.hits.map(card));
    state.cursor = page.cursor;
    $("more").hidden = !page.cursor;
    $("status").textContent = summary(page);
  } catch (error) {
    if (signal.aborted) return;
    if (!further) {
      $("hits").replaceChildren();
      $("more").hidden = true;
      $("status").textContent = "";
    }
    $("reason").textContent = error.message;
    $("error").hidden = false;
  } finally {
    if (!signal.aborted) {
      $("more").disabled = false;
      $("hits").removeAttribute("aria-busy");
    }
  }
}

function summary(page) {
  const shown = $("hits").childElementCount;
  if (!shown && !asked()) return "There are no pictures yet. Put some into the bucket, or use `imagesearch add`.";
  if (!shown) return "Nothing found. Try other words, fewer tags, or a picture.";
  const all = `${page.total.toLocaleString()} ${page.total === 1 ? "picture" : "pictures"}`;
  if (!asked()) return `${all}, newest first`;
  if (state.image) return `${shown} shown, best first`;
  if (page.total_of === "text") return `${all} with these words; ${shown} shown`;
  return `${all} with these tags; ${shown} shown`;
}

const asked = () => Boolean(state.text || state.image || state.tags.length);

function card(hit) {
  const item = $("hit").content.firstElementChild.cloneNode(true);
  const part = (selector) => item.querySelector(selector);
  const name = hit.caption || hit.key;
  part("a").href = hit.url;
  part("img").src = hit.thumbnail_url || hit.url;
  part("img").alt = name;
  if (hit.score === null) part(".score").remove();
  else {
    part("meter").value = hit.score;
    part(".score span").textContent = hit.score.toFixed(2);
    part(".score").title = Object.entries(hit.scores || {}).map(([leg, score]) => `${leg} ${score.toFixed(2)}`).join(", ");
  }
  part(".caption").append(...highlighted(hit.highlights?.caption, name));
  part(".caption").title = hit.key;
  part(".tags").append(...(hit.tags || []).map((tag) => tagButton(tag, `Only pictures with the tag ${tag}`)));
  part(".like").addEventListener("click", () => {
    state.image = { id: hit.id, preview: hit.thumbnail_url || hit.url };
    state.text = "";
    search();
    scrollTo({ top: 0 });
  });
  return item;
}

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'", "&#39;": "'", "&#34;": '"', "&amp;": "&" };

// The API's escaped text with <em> around what matched, as nodes; without one, the plain text.
function highlighted(html, text) {
  if (!html) return [document.createTextNode(text)];
  return html.split(/<\/?em>/).map((piece, index) => {
    const plain = piece.replace(/&(?:lt|gt|quot|amp|#x27|#39|#34);/g, (entity) => ENTITIES[entity]);
    if (index % 2 === 0) return document.createTextNode(plain);
    const match = document.createElement("em");
    match.textContent = plain;
    return match;
  });
}

function tagButton(tag, label, suffix = "") {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = tag + suffix;
  button.setAttribute("aria-label", label);
  button.addEventListener("click", () => {
    state.tags = suffix ? state.tags.filter((other) => other !== tag) : [...new Set([...state.tags, tag])];
    search();
  });
  return button;
}

function showQuery() {
  $("text").value = state.text;
  $("picture").hidden = !state.image;
  if (state.image) $("preview").src = state.image.preview;
  else $("preview").removeAttribute("src");
  $("balance").hidden = !(state.text && state.image);
  $("filters").replaceChildren(...state.tags.map((tag) => tagButton(tag, `Without the tag ${tag}`, " ×")));
  $("query").hidden = !(state.image || state.tags.length);
}

// A new search, kept in the address so that it can be linked, reloaded and gone back to (a file's content can't be).
function search() {
  state.cursor = null;
  const address = new URLSearchParams();
  if (state.text) address.set("q", state.text);
  if (state.image?.id) address.set("like", state.image.id);
  for (const tag of state.tags) address.append("tag", tag);
  const next = address.size ? `?${address}` : location.pathname;
  if (next !== (location.search || location.pathname)) history.pushState(null, "", next);
  return run();
}

async function restore() {
  const address = new URLSearchParams(location.search);
  const id = address.get("like");
  Object.assign(state, { text: address.get("q") || "", tags: address.getAll("tag"), image: null, cursor: null });
  if (id) {
    const image = await fetch(`${api}/images/${encodeURIComponent(id)}`).then((r) => (r.ok ? r.json() : {})).catch(() => ({}));
    state.image = { id, preview: image.thumbnail_url || "icon.svg" };
  }
  return run();
}

// Photographs are shrunk here: the API takes 4 MiB. What the browser can't decode is sent as it is.
async function shrunk(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return file;
  const scale = Math.min(1, QUERY_SIDE / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && file.size < MAX_QUERY_BYTES / 4) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // as when indexing: transparency is white
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob || file), "image/jpeg", 0.92));
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error("The file can't be read."));
    reader.readAsDataURL(blob);
  });
}

async function pick(file) {
  if (!file) return;
  try {
    if (!file.type.startsWith("image/")) throw new Error(`${file.name} is not a picture.`);
    const small = await shrunk(file);
    if (small.size > MAX_QUERY_BYTES) throw new Error("The picture is over 4 MiB and can't be shrunk here.");
    if (state.image?.base64) URL.revokeObjectURL(state.image.preview);
    state.image = { base64: await base64(small), preview: URL.createObjectURL(small) };
    state.text = $("text").value.trim();
    await search();
  } catch (error) {
    $("reason").textContent = error.message;
    $("error").hidden = false;
  }
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  state.text = $("text").value.trim();
  search();
});
$("file").addEventListener("change", () => {
  pick($("file").files[0]);
  $("file").value = ""; // so that the same file can be picked again
});
$("unpick").addEventListener("click", () => {
  state.image = null;
  search();
});
$("weight").addEventListener("change", () => search());
$("more").addEventListener("click", () => run());
$("retry").addEventListener("click", () => run());
document.addEventListener("paste", (event) => pick([...event.clipboardData.files].find((f) => f.type.startsWith("image/"))));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => event.relatedTarget || document.body.classList.remove("dropping"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  pick(event.dataTransfer.files[0]);
});
// Formats that the API reads and the browser does not.
$("preview").addEventListener("error", () => ($("preview").src = "icon.svg"));
addEventListener("popstate", restore);

api = (await fetch("config.json").then((r) => r.json()).catch(() => ({ api }))).api;
await restore();
