// The page: what is searched for is in the address, and everything shown follows from it.

import { connect } from "./api.js";
import { readConfig } from "./config.js";
import { $ } from "./dom.js";
import { startAccount } from "./page/account.js";
import { createSteps } from "./page/steps.js";
import { startDropping } from "./query/dropping.js";
import { startBox } from "./searching/box.js";
import { startFilters } from "./searching/filters.js";
import { startKeyboard } from "./page/keyboard.js";
import { startLightbox } from "./lightbox/lightbox.js";
import { createPages } from "./searching/remembered.js";
import { startQueryPanel } from "./query/panel.js";
import { forgetKept, recall, toBase64 } from "./query/kept_pictures.js";
import { followed } from "./results/card.js";
import { startResults } from "./results/grid.js";
import { compares, EMPTY, fromAddress, settled, toAddress, toRequest } from "./search.js";
import { received, startSharing } from "./query/sharing.js";
import { openSession } from "./session/sign_in.js";
import { startStatus } from "./page/status.js";
import { startSuggestions } from "./searching/suggestions.js";
import { startToasts } from "./page/toasts.js";
import { startUploads } from "./uploads/uploads.js";

const TITLE = document.title;

const config = await readConfig();
const session = await openSession(config, forgetKept);
const api = connect(config.api, session);
const pages = createPages(api);
const steps = createSteps(() => {
  if (found) found.scroll = scrollY;
  const next = fromAddress(location.search);
  if (question(next) !== question(search)) box.fill(next.text);
  take(next);
});

let search = fromAddress(location.search);
let found = null; // what is shown
let loading = null; // the next page, under way
let asking = null; // signal of the search that is under way

const app = {
  api,
  session,
  search: () => search,
  go,
  close: () => steps.close() || go({ open: null }, { replace: true }),
  say: startToasts(),
  hits: () => found?.hits ?? [],
  further: goOn,
  edited,
  removed,
  upload: (files) => uploads.add(files),
  pick: (file) => queryPanel.pick(file),
  question: () => question(search),
  refresh,
  renew,
  forget: () => pages.forget(),
};

const showAccount = startAccount(session, signIn);
const status = startStatus(app);
const results = startResults(app);
// Before the lightbox hears of it: nothing of the library is left to look at then.
session.watch(() => {
  showAccount();
  if (!session.signedIn) signedOut();
  else if (!found) run();
});
const filters = startFilters(app);
const queryPanel = startQueryPanel(app);
const suggestions = startSuggestions(app);
const box = startBox(app);
const lightbox = startLightbox(app);
const uploads = startUploads(app);
startDropping(app);
startSharing(app);
startKeyboard();

/** Search for something else: what is said of it changes, the rest stays, and so do words that are typed already. */
function go(changes, { replace = false } = {}) {
  const looking = Object.keys(changes).every((name) => name === "open");
  if ("text" in changes) box.fill(changes.text);
  const typed = looking ? {} : { text: box.words() };
  const next = settled({ ...search, ...typed, ...changes });
  // Whoever begins to compare wants the best first.
  if (!compares(search) && compares(next) && !changes.sort) next.sort = EMPTY.sort;
  if (found) found.scroll = scrollY;
  steps.enter(toAddress(next), { replace, opened: looking && Boolean(next.open) && !search.open });
  take(next, replace);
}

// Shows what the address says, and asks the API only if that is another question.
function take(next, still = false) {
  const before = search;
  search = next;
  if (question(next) !== question(before)) run({ still });
  lightbox.show(next.open);
}

const question = (one) => toAddress({ ...one, open: null });

/** The same search anew, as the library is now. Who reads or types is not disturbed. */
function refresh() {
  pages.forget();
  run({ still: true });
}

/** The same unasked: what is shown stays where that fails, or is not welcome by then. @param {() => boolean} welcome */
async function renew(welcome) {
  pages.forget();
  const shown = found;
  const signal = pages.signal();
  const answer = await pages.first(toRequest(search, null), signal, question(search)).catch(() => null);
  if (answer && shown && shown === found && !asking && welcome()) show(answer, null, scrollY);
}

/** @param {{still?: boolean}} how leave the page scrolled as it is */
async function run({ still = false } = {}) {
  const asked = search;
  const signal = (asking = pages.begin());
  const within = document.activeElement !== document.body;
  loading = null;
  suggestions.close();
  results.pause();
  showQuestion();
  if (session.needed && !session.signedIn) return signedOut();
  try {
    const known = pages.recall(question(asked));
    if (!known) status.busy();
    const picture = asked.picture ? await recall(asked.picture) : null;
    if (signal.aborted) return;
    if (!known) queryPanel.show(asked, picture);
    if (!known && asked.picture && !picture) {
      nothing();
      return status.missing();
    }
    const image = !known && picture ? await toBase64(picture) : null;
    const answer = known ?? (await pages.first(toRequest(asked, image), signal, question(asked)));
    asking = null;
    show(answer, picture, known ? known.scroll : still ? scrollY : 0);
  } catch (error) {
    if (!signal.aborted) failed(error);
  } finally {
    if (asking === signal) asking = null;
  }
  // What had the focus may be gone.
  if (within && document.activeElement === document.body) $("status").focus({ preventScroll: true });
}

function showQuestion() {
  box.show(search.text);
  $("share").hidden = !toAddress(search);
  document.title = search.text ? `${search.text} · ${TITLE}` : TITLE;
  results.mark(search);
  filters.show(search);
}

function show(answer, picture, scroll) {
  found = answer;
  queryPanel.show(search, picture);
  filters.count(search, found.facets);
  status.found(search, found);
  results.show(found);
  scrollTo(0, scroll);
  lightbox.show(search.open); // which knows now what lies before and behind
}

function failed(error) {
  if (error.status === 401) return signedOut();
  nothing();
  status.failed(error, () => run(), false);
}

function nothing() {
  found = null;
  results.show({ hits: [], cursor: null });
}

// One page at a time; whatever becomes of it, the next one can be asked for.
function goOn() {
  const mine = (loading ??= further().finally(() => loading === mine && (loading = null)));
  return mine;
}

/** @returns {Promise<boolean|null>} whether there is more; null where something else is searched for meanwhile */
async function further() {
  if (asking) return null;
  if (!found?.cursor) return false;
  const shown = found;
  const signal = pages.signal();
  try {
    const hits = await pages.next(shown, signal);
    if (asking || shown !== found) return null;
    results.append(hits, shown.cursor);
    status.found(search, shown);
    return Boolean(shown.cursor);
  } catch (error) {
    if (signal.aborted || shown !== found) return null;
    if (search.open) app.say(`The next pictures did not come: ${error.message}`);
    status.failed(error, error.code === "invalid-cursor" ? () => refresh() : () => results.further(), true);
    return false;
  }
}

function signedOut() {
  pages.begin(); // an answer that is still to come is nobody's any more
  nothing();
  filters.forget();
  queryPanel.hide();
  status.signedOut(signIn);
}

// Comes back to this address: what was typed goes with it.
function signIn() {
  go({ text: box.words() }, { replace: true });
  session.begin();
}

function edited(id, words) {
  const hit = found?.hits.find((one) => one.id === id);
  pages.forget(found);
  if (!hit) return;
  Object.assign(hit, words, { highlights: {} });
  results.renew(hit);
}

function removed(id) {
  pages.forget(found);
  const hit = app.hits().find((one) => one.id === id);
  // Of a stack: another takes its place, or the stack is one smaller.
  if (hit?.duplicates.length || app.hits().some(({ duplicates }) => duplicates.includes(id))) return refresh();
  if (!hit) return;
  found.hits = found.hits.filter((one) => one !== hit);
  found.total -= 1;
  results.remove(id);
  status.found(search, found);
}

// To all pictures, without the page being loaded anew: uploads go on.
document.querySelector("h1 a").addEventListener("click", (event) => followed(event, () => go(EMPTY)));

showAccount();
const shared = await received(location.hash).catch((error) => app.say(error.message));
if (shared) search = settled({ ...search, picture: shared });
steps.enter(toAddress(search), { replace: true });
run();
lightbox.show(search.open);
