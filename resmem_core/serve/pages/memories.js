// Memories: search as an agent would, the list, the map, and what was let go.
import { call, doing, editor } from "./api.js";
import { map } from "./chart.js";
import { ask } from "./dialog.js";
import { day, el, table } from "./dom.js";
import { List } from "./list.js";
import { Detail } from "./memory.js";

export function memories(main) {
  const detail = new Detail(() => { stored.load(); gone.load(); }, (id) => detail.show(id));
  const stored = new List("/api/rows", "Memories", (row) => detail.show(row.id));
  const gone = new List("/api/dropped", "Let go by gate and sleep", (row) => detail.show(row.id, true));
  const views = { All: stored.element, Found: el("div"), Map: el("div"), "Let go": gone.element };
  const place = el("div", { id: "view" });
  const tabs = Object.keys(views).map((name) =>
    el("button", { type: "button", class: "quiet", "aria-pressed": "false", onclick: () => show(name) }, name));

  function show(name) {
    place.replaceChildren(views[name]);
    tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.textContent === name)));
    if (name === "Let go") gone.load();
    if (name === "All") stored.load();
    if (name === "Map") drawMap(views.Map);
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
    ? `${got.memories.length} memories answer best, the best first` : "No memory answers this."),
  ...got.memories.map((hit) => el("button", { type: "button", class: "hit", onclick: () => onopen(hit.id) },
    el("span", { class: "text" }, hit.text),
    el("span", { class: "shares soft small" }, el("strong", {}, `relevance ${hit.score.toFixed(3)}`),
      ...shares(hit.why), el("span", {}, day(hit.at))))));
  return true;
}

function shares(why) {
  const best = Object.entries(why).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, 4);
  return best.map(([name, share]) => el("span", {}, `${name.replaceAll("_", " ")} ${share > 0 ? "+" : ""}${share.toFixed(2)}`));
}

async function drawMap(place) {
  const got = await doing(() => call("GET", "/api/map"));
  if (!got) return;
  place.replaceChildren(el("div", { class: "card" }, el("h2", {}, "Map of memories"), map(got.points),
    el("h3", {}, "Quadrants"), table("Quadrants", ["quadrant", "memories"], rows(got.quadrants)),
    el("h3", {}, "Tiers"), table("Tiers", ["tier", "memories"], rows(got.tiers))));
}

const rows = (counts) => Object.entries(counts).map(([name, count]) => [name.replaceAll("_", " "), String(count)]);

async function remember() {
  const box = el("textarea", { "aria-label": "What to remember", maxlength: 16000 });
  const answer = await ask("Remember", [box, el("p", { class: "soft small" }, "The gate judges it like a message of yours.")],
    [["Cancel", "no", ""], ["Remember", "yes", "main"]]);
  if (answer !== "yes") return false;
  const got = await doing(() => call("POST", "/api/memories", { text: box.value }));
  if (got) await ask(got.verdict === "drop" ? "Not kept" : "Taken in", [el("p", {}, `${got.verdict}: ${got.reason}`)], [["Close", "no", "main"]]);
  return got !== null;
}
