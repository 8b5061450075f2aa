// The row of filters: order, dates, shape, how to rank, and the tags of what was found, with counts.

import { $, el, icon, once } from "../dom.js";
import { byPicture, compares, filtered, NO_FILTERS, ORDERS, ranks, SHAPES } from "../search.js";

const TYPED = 800; // milliseconds without a change of a date that is being typed
const SHAPE_NAMES = { landscape: "Wide", portrait: "Tall", square: "Square" };

/** @param {object} app see app.js */
export function startFilters(app) {
  const order = el(
    "select",
    { className: "order", "aria-label": "Order", on: { change: () => app.go({ sort: order.value }) } },
    ...Object.entries(ORDERS).map(([value, textContent]) => el("option", { value, textContent })),
  );
  const shapes = el("span", { className: "chips", role: "group", "aria-label": "Shape" });
  const tags = el("div", { className: "chips tags", role: "group", "aria-label": "Tags" });
  const all = el(
    "button",
    { type: "button", className: "chip quiet all", "aria-expanded": false, on: { click: () => unfold(all.ariaExpanded !== "true") } },
    "More tags",
    icon("down"),
  );
  const dates = datesMenu(app);
  const ranking = rankingMenu(app);
  const clear = el("button", {
    type: "button", className: "chip quiet", textContent: "Clear filters",
    on: { click: () => app.go(NO_FILTERS) },
  });
  const controls = el("div", { className: "controls" }, order, ...dates.parts, shapes, ...ranking.parts, clear);
  $("filters").replaceChildren(controls, el("div", { className: "tag-row" }, tags, all));
  const watching = new ResizeObserver(foldable);
  watching.observe(tags);

  function unfold(open) {
    all.ariaExpanded = open;
    $("filters").classList.toggle("unfolded", open);
    foldable();
  }

  function foldable() {
    all.hidden = all.ariaExpanded !== "true" && tags.scrollWidth <= tags.clientWidth + 1;
  }

  return {
    /** @param {object} search */
    show(search) {
      order.options[0].textContent = compares(search) ? ORDERS.relevance : ORDERS.newest;
      order.options[1].hidden = !compares(search);
      order.value = !compares(search) && search.sort === "newest" ? "relevance" : search.sort;
      clear.hidden = !filtered(search);
      dates.show(search);
      ranking.show(search);
    },
    /** @param {object} search @param {Object<string, {value: string, count: number}[]>} facets */
    count(search, facets) {
      refill(shapes, SHAPES.map((shape) => shapeChip(shape, facets.orientation ?? [], search, app)));
      const counted = facets.tags ?? [];
      const here = new Map(counted.map(({ value, count }) => [value, count]));
      const others = counted.filter(({ value }) => !search.tags.includes(value));
      const chosen = search.tags.map((value) => ({ value, count: here.get(value) ?? 0 }));
      refill(tags, [...chosen, ...others].map((tag) => tagChip(tag, search, app)));
      foldable();
    },
    /** Somebody is signed out: nothing is counted. */
    forget() {
      refill(shapes, []);
      refill(tags, []);
      foldable();
    },
  };
}

function shapeChip(shape, counted, search, app) {
  const count = counted.find(({ value }) => value === shape)?.count ?? 0;
  const chosen = search.shape.includes(shape);
  return chip(SHAPE_NAMES[shape], count, chosen, () => {
    const next = toggled(app.search().shape, shape);
    app.go({ shape: SHAPES.filter((one) => next.includes(one)) });
  });
}

function tagChip({ value, count }, search, app) {
  const chosen = search.tags.includes(value);
  return chip(value, count, chosen, () => app.go({ tags: toggled(app.search().tags, value) }));
}

// As the search is when the chip is pressed, which may be before the counts of the last press are there.
const toggled = (all, one) => (all.includes(one) ? all.filter((other) => other !== one) : [...all, one]);

function chip(label, count, chosen, listener) {
  return el(
    "button",
    { type: "button", className: "chip", "aria-pressed": chosen, data: { key: label }, on: { click: once(listener) } },
    chosen && icon("check"),
    el("span", { textContent: label, dir: "auto" }),
    el("span", { className: "number", textContent: count.toLocaleString() }),
  );
}

// A chip stays the same element while it says the same: a press that has begun would be lost with it, and the focus.
function refill(container, chips) {
  const key = container.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const before = new Map([...container.children].map((one) => [one.dataset.key, one]));
  const after = chips.map((one) => {
    const earlier = before.get(one.dataset.key);
    return earlier?.isEqualNode(one) ? earlier : one;
  });
  if (after.every((one, place) => one === container.children[place]) && after.length === before.size) return;
  container.replaceChildren(...after);
  if (key !== null) after.find((one) => one.dataset.key === key)?.focus();
}

function datesMenu(app) {
  let timer = 0;
  function apply() {
    clearTimeout(timer);
    const { dated, from: before, to: after } = app.search();
    if (dated !== which.value || before !== from.value || after !== to.value) app.go({ dated: which.value, from: from.value, to: to.value });
  }
  // Somebody who types the year 2024 means neither 2 nor 20 nor 202.
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(apply, TYPED);
  };
  const day = () =>
    el("input", {
      type: "date", min: "0001-01-01", max: "9998-12-31",
      on: { change: soon, blur: apply, keydown: ({ key }) => key === "Enter" && apply() },
    });
  const which = el(
    "select",
    { on: { change: () => (from.value || to.value) && apply() } },
    el("option", { value: "uploaded", textContent: "Added" }),
    el("option", { value: "taken", textContent: "Taken" }),
  );
  const [from, to] = [day(), day()];
  const clear = el("button", { type: "button", textContent: "Any date", on: { click: () => app.go({ from: "", to: "" }) } });
  const field = (label, input) => el("label", { className: "field" }, el("span", { textContent: label }), input);
  const { parts, name } = menu("dates", "Dates", field("Date", which), field("From", from), field("To", to), clear);
  return {
    parts,
    show({ dated, from: first, to: last }) {
      which.value = dated;
      clearTimeout(timer);
      from.value = first;
      to.value = last;
      clear.disabled = !first && !last;
      const range = first && last ? `${first} to ${last}` : first ? `from ${first}` : `until ${last}`;
      name(first || last ? `${dated === "taken" ? "Taken" : "Added"} ${range}` : "Any date", Boolean(first || last));
    },
  };
}

function rankingMenu(app) {
  const toggle = (name, label, note) => {
    const box = el("input", { type: "checkbox", on: { change: () => app.go({ [name]: box.checked }) } });
    return { box, row: el("label", { className: "check" }, box, el("span", {}, label, el("small", { textContent: note }))) };
  };
  const stacked = toggle("stacked", "Stack near-duplicates", "Pictures that are nearly the same are shown once.");
  const alike = toggle("alike", "Look-alikes, too", "After the matches by words, show pictures that look like them.");
  const variety = el("input", {
    type: "range", min: 0, max: 100, step: 10,
    on: { change: () => app.go({ variety: Number(variety.value) }) },
  });
  const slider = el("label", { className: "field" }, el("span", { textContent: "Variety" }), variety);
  const { parts, name, button } = menu("ranking", "Options", stacked.row, alike.row, slider);
  return {
    parts,
    show(search) {
      stacked.box.checked = search.stacked;
      alike.box.checked = search.alike;
      alike.box.disabled = !search.text || byPicture(search);
      variety.value = search.variety;
      button.hidden = !ranks(search);
      name("Options", !search.stacked || search.alike || search.variety > 0, "sliders");
    },
  };
}

// A button and what it opens: below it on a desktop, at the foot of the screen on a phone.
function menu(id, label, ...content) {
  const panel = el("div", { id: `menu-${id}`, className: "menu", popover: "auto", role: "group", "aria-label": label }, ...content);
  const button = el("button", { type: "button", className: "chip", "aria-expanded": false });
  button.popoverTargetElement = panel;
  panel.addEventListener("beforetoggle", ({ newState }) => {
    const { left, bottom } = button.getBoundingClientRect();
    panel.style.setProperty("--left", `${Math.max(8, Math.min(left, innerWidth - 340))}px`);
    panel.style.setProperty("--top", `${bottom + 6}px`);
    button.ariaExpanded = newState === "open";
  });
  return {
    button,
    parts: [button, panel],
    /** @param {string} text @param {boolean} set whether it changes what is found @param {string} [symbol] */
    name(text, set, symbol) {
      button.replaceChildren(...(symbol ? [icon(symbol)] : []), text, icon("down"));
      button.classList.toggle("set", set);
    },
  };
}
