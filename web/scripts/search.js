// What is searched for: as a record, as the API's request, and as the page's address. Pure functions.

/**
 * @typedef {object} Search
 * @property {string} text
 * @property {string|null} picture name of a kept picture (query/kept_pictures.js)
 * @property {string|null} similar id of an image to find the like of
 * @property {number[]|null} crop part of that picture: left, top, right, bottom, as shares of its sides
 * @property {string[]} more ids of images that results should be like, too
 * @property {string[]} less ids of images that they should not be like
 * @property {number} balance 0 (words alone count) to 100 (pictures alone)
 * @property {string[]} tags all of them
 * @property {string[]} shape orientations, any of them
 * @property {"uploaded"|"taken"} dated which date `from` and `to` (first and last day, YYYY-MM-DD) speak of
 * @property {string} from
 * @property {string} to
 * @property {string} sort one of ORDERS
 * @property {boolean} stacked near-duplicates are shown once
 * @property {boolean} alike what looks like the hits by words follows them
 * @property {number} variety 0 to 100
 * @property {string|null} open id of the image that is looked at
 */

/** Each order's name. */
export const ORDERS = Object.freeze({
  relevance: "Best first", newest: "Newest first", oldest: "Oldest first",
  taken_newest: "Newest taken first", taken_oldest: "Oldest taken first",
});
export const SHAPES = ["landscape", "portrait", "square"];
const PAGE = 40;
const STEERING = 10; // what the API takes of `like`, and of `unlike`
const ID = /^[a-z2-7]{26}$/;
const KEPT = /^[\da-f]{16}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** @type {Search} */
export const EMPTY = Object.freeze({
  text: "", picture: null, similar: null, crop: null, more: [], less: [], balance: 50,
  tags: [], shape: [], dated: "uploaded", from: "", to: "", sort: "relevance",
  stacked: true, alike: false, variety: 0, open: null,
});

/** What takes all filters back. */
export const NO_FILTERS = Object.freeze({ tags: [], shape: [], from: "", to: "" });

/** What takes all pictures to search by back. */
export const NO_PICTURES = Object.freeze({ picture: null, similar: null, crop: null, more: [], less: [] });

/** The record without what makes no sense in it. @param {Search} search @returns {Search} */
export function settled(search) {
  const similar = search.picture ? null : search.similar;
  const crop = search.picture || similar ? search.crop : null;
  const sort = !compares(search) && search.sort === "newest" ? EMPTY.sort : search.sort;
  // As facets tell them: case does not matter.
  const tags = [...new Set(search.tags.map((tag) => tag.toLowerCase()))];
  // The wrong way round is meant the right way round.
  const days = [search.from, search.to];
  const [from, to] = days.every(Boolean) ? days.toSorted() : days;
  return { ...search, similar, crop, sort, tags, from, to };
}

/** Whether there is a picture to search by, marked ones included. @param {Search} search */
export const byPicture = ({ picture, similar, more, less }) => Boolean(picture || similar || more.length || less.length);

/** Whether results have scores. @param {Search} search */
export const compares = (search) => Boolean(search.text || byPicture(search));

/** @param {Search} search */
export const filtered = ({ tags, shape, from, to }) => Boolean(tags.length || shape.length || from || to);

/** Whether hits are ranked by score, so that stacks, variety and look-alikes mean something. @param {Search} search */
export const ranks = (search) => compares(search) && search.sort === "relevance";

/**
 * The body of `POST /search`.
 * @param {Search} search
 * @param {string|null} image the kept picture in base64
 */
export function toRequest(search, image) {
  const body = { limit: PAGE, facets: ["tags", "orientation"] };
  if (search.text) body.text = search.text;
  if (image) body.image = image;
  else if (search.similar) body.image_id = search.similar;
  if (search.crop && (image || search.similar)) {
    const [left, top, right, bottom] = search.crop;
    body.crop = { left, top, right, bottom };
  }
  if (search.more.length) body.like = search.more.map((id) => ({ image_id: id }));
  if (search.less.length) body.unlike = search.less.map((id) => ({ image_id: id }));
  if (search.text && byPicture(search)) body.weights = { text: 100 - search.balance, semantic: search.balance };
  if (filtered(search)) body.filters = filters(search);
  if (search.sort !== "relevance") body.sort = search.sort;
  if (compares(search)) body.explain = true;
  if (ranks(search)) {
    body.collapse_duplicates = search.stacked;
    body.diversity = search.variety / 100;
    body.expand_visually = search.alike && !byPicture(search);
  }
  return body;
}

/** The next page of a search. @param {string} cursor */
export const toNextRequest = (cursor) => ({ cursor, limit: PAGE });

function filters({ tags, shape, dated, from, to }) {
  const kept = {};
  if (tags.length) kept.tags = { all: tags };
  if (shape.length) kept.orientation = shape;
  const days = {};
  if (from) days.from = midnight(from, 0, dated);
  if (to) days.to = midnight(to, 1, dated);
  if (from || to) kept[dated] = days;
  return kept;
}

// Days begin where the reader lives, and those of a capture where it was: a camera's clock is kept as if it were UTC
// (docs/indexing.md). The last day belongs to the range.
function midnight(day, later, dated) {
  const [year, month, date] = day.split("-").map(Number);
  const moment = dated === "taken" ? new Date(0) : new Date(2000, 0, 1);
  const put = dated === "taken" ? moment.setUTCFullYear : moment.setFullYear;
  put.call(moment, Math.min(year, 9998), month - 1, date + later);
  return moment.toISOString();
}

/** @param {Search} search @returns {string} the query of the page's address, "" or with its question mark */
export function toAddress(search) {
  const address = new URLSearchParams();
  const put = (name, value) => value && address.append(name, value);
  put("q", search.text);
  put("picture", search.picture);
  put("similar", search.similar);
  put("crop", search.crop?.map((share) => share.toFixed(3)).join(","));
  for (const id of search.more) put("more", id);
  for (const id of search.less) put("less", id);
  if (search.balance !== 50) address.append("balance", search.balance);
  for (const tag of search.tags) put("tag", tag);
  for (const shape of search.shape) put("shape", shape);
  if (search.from || search.to) put(search.dated, `${search.from}..${search.to}`);
  if (search.sort !== "relevance") put("sort", search.sort);
  if (!search.stacked) put("stacked", "no");
  if (search.alike) put("alike", "yes");
  if (search.variety) put("variety", search.variety);
  put("open", search.open);
  return address.size ? `?${address}` : "";
}

/** What an address says; what makes no sense in it is left out. @param {string} query @returns {Search} */
export function fromAddress(query) {
  const address = new URLSearchParams(query);
  const one = (name, pattern) => (pattern.test(address.get(name) ?? "") ? address.get(name) : null);
  const ids = (name) => [...new Set(address.getAll(name))].filter((id) => ID.test(id)).slice(0, STEERING);
  const share = (name, usual) => (/^\d+$/.test(address.get(name) ?? "") ? Math.min(100, Number(address.get(name))) : usual);
  const dated = address.has("taken") ? "taken" : "uploaded";
  const [from = "", to = ""] = (address.get(dated) ?? "").split("..").map((day) => (isDay(day) ? day : ""));
  return settled({
    text: (address.get("q") ?? "").trim().slice(0, 1000),
    picture: one("picture", KEPT),
    similar: one("similar", ID),
    crop: toCrop(address.get("crop")),
    more: ids("more"),
    less: ids("less"),
    balance: share("balance", EMPTY.balance),
    tags: [...new Set(address.getAll("tag"))].filter(Boolean).slice(0, 50),
    shape: SHAPES.filter((shape) => address.getAll("shape").includes(shape)),
    dated,
    from,
    to,
    sort: Object.hasOwn(ORDERS, address.get("sort")) ? address.get("sort") : EMPTY.sort,
    stacked: address.get("stacked") !== "no",
    alike: address.get("alike") === "yes",
    variety: share("variety", EMPTY.variety),
    open: one("open", ID),
  });
}

// Not the 30th of February, which some browsers take for the 1st or 2nd of March.
function isDay(text) {
  const time = DAY.test(text) ? Date.parse(text) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function toCrop(text) {
  const crop = (text ?? "").split(",").map(Number);
  const [left, top, right, bottom] = crop;
  const within = crop.length === 4 && left >= 0 && top >= 0 && right <= 1 && bottom <= 1;
  return within && left < right && top < bottom ? crop : null;
}

/** The search after somebody has said more, or less, like this; said again, it is taken back. */
export function steered(search, direction, id) {
  const other = direction === "more" ? "less" : "more";
  const chosen = search[direction].includes(id);
  const marked = chosen ? search[direction].filter((one) => one !== id) : [...search[direction], id].slice(-STEERING);
  return { [direction]: marked, [other]: search[other].filter((one) => one !== id) };
}
