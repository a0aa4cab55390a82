// Memories: search as an agent would, the list, the map, and what was let go.
import { call, doing, editor } from "./api.js";
import { bars, map } from "./chart.js";
import { conflicts } from "./conflicts.js";
import { ask } from "./dialog.js";
import { day, el } from "./dom.js";
import { List } from "./list.js";
import { Detail } from "./memory.js";

export function memories(main) {
  const detail = new Detail(() => { stored.load(); gone.load(); if (shown === "Conflicts") show(shown); }, (id) => detail.show(id));
  const stored = new List("/api/rows", "Memories", (row) => detail.show(row.id));
  const gone = new List("/api/dropped", "Let go by gate and sleep", (row) => detail.show(row.id, row));
  const views = {
    All: stored.element, Found: el("p", { class: "soft" }, "Ask something above: what an agent would recall stands here."),
    Map: el("div"), Conflicts: el("div"), "Let go": gone.element,
  };
  const place = el("div", { id: "view" });
  const tabs = Object.keys(views).map((name) =>
    el("button", { type: "button", class: "quiet", "aria-pressed": "false", onclick: () => show(name) }, name));

  let shown = "All";
  function show(name) {
    shown = name;
    place.replaceChildren(views[name]);
    tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.textContent === name)));
    if (name === "Let go") gone.load();
    if (name === "All") stored.load();
    if (name === "Map") drawMap(views.Map, (id) => detail.show(id));
    if (name === "Conflicts") conflicts(views.Conflicts, (id) => detail.show(id));
  }

  const question = el("input", { type: "search", "aria-label": "Question", placeholder: "Search as an agent would", maxlength: 16000 });
  const search = el("form", { class: "row", role: "search", onsubmit: (event) => {
    event.preventDefault();
    found(views.Found, question.value, (id) => detail.show(id)).then((ok) => ok && show("Found"));
  } }, question, el("button", { class: "main" }, "Search"));
  const add = el("button", { type: "button", hidden: !editor(), onclick: () => remember().then((ok) => ok && stored.load()) }, "Remember …");
  main.append(search, el("div", { class: "row", role: "group", "aria-label": "View" }, ...tabs, add),
    el("div", { class: "columns" }, place, detail.element));
  show("All");
  return () => {};
}

async function found(place, question, onopen) {
  const got = await doing(() => call("POST", "/api/recall", { question, k: 20 }));
  if (!got) return false;
  place.replaceChildren(el("p", { class: "soft small" }, got.memories.length
    ? `${got.memories.length === 1 ? "1 memory answers" : `${got.memories.length} memories answer`} best, the best first` : "No memory answers this."),
  ...got.memories.map((hit) => el("button", { type: "button", class: "hit", onclick: () => onopen(hit.id) },
    el("span", { class: "text" }, hit.text),
    el("span", { class: "shares soft small" }, el("strong", {}, `relevance ${hit.relevance.toFixed(2)} of 1`),
      ...shares(hit.why), el("span", {}, day(hit.at))))));
  return true;
}

function shares(why) {
  const best = Object.entries(why).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, 4);
  return best.map(([name, share]) => el("span", {}, `${name.replaceAll("_", " ")} ${share > 0 ? "+" : ""}${share.toFixed(2)}`));
}

async function drawMap(place, onopen) {
  place.replaceChildren(el("p", { class: "soft" }, "Reading the memories …"));
  const got = await doing(() => call("GET", "/api/map"));
  if (!got) return;
  place.replaceChildren(el("div", { class: "card" }, el("h2", {}, "Map of memories"), map(got.points, onopen),
    el("p", { class: "soft small" }, "Each point is a memory, the newest 2,000; a click opens it."),
    ...developed("Quadrants", got.over_time, got.over_time.quadrants),
    ...developed("Tiers", got.over_time, got.over_time.tiers)));
}

function developed(name, { from, until }, spans) {
  if (!spans.length) return [];
  return [el("h3", {}, `${name}, by when the memories were said`), bars(`${name} over time`, spans, day(from), day(until))];
}

async function remember() {
  const box = el("textarea", { "aria-label": "What to remember", maxlength: 16000 });
  const answer = await ask("Remember", [box, el("p", { class: "soft small" }, "The gate judges it like a message of yours.")],
    [["Cancel", "no", ""], ["Remember", "yes", "main"]]);
  if (answer !== "yes") return false;
  const got = await doing(() => call("POST", "/api/memories", { text: box.value }));
  if (got) await ask(got.verdict === "drop" ? "Not kept" : "Taken in", [el("p", {}, `${got.verdict}: ${got.reason}`)], [["Close", "no", "main"]]);
  return got !== null;
}
