// Conflicts: pairs that may contradict each other, for a person to settle. Nothing is deleted.
import { call, doing, editor } from "./api.js";
import { day, el } from "./dom.js";

export async function conflicts(place, onopen) {
  place.replaceChildren(el("p", { class: "soft" }, "Reading the memories …"));
  const got = await doing(() => call("GET", "/api/conflicts"));
  if (!got) return;
  const again = () => conflicts(place, onopen);
  place.replaceChildren(el("p", { class: "soft small" }, got.pairs.length
    ? `${got.pairs.length} to settle, the newest first; what does not hold is closed and stays in the history`
    : "No two memories seem to contradict each other."),
  ...got.pairs.map((pair) => card(pair, onopen, again)));
}

function card({ older, newer }, onopen, again) {
  const settle = (holds, other, both, done) => doing(() => call("POST", "/api/conflicts/settle", { holds, other, both }), done).then(again);
  return el("article", { class: "card", "aria-label": "Conflict" },
    side("Earlier", older, onopen), side("Later", newer, onopen),
    editor() ? el("div", { class: "row" },
      el("button", { type: "button", onclick: () => settle(older.id, newer.id, false, "The earlier one holds.") }, "The earlier holds"),
      el("button", { type: "button", class: "main", onclick: () => settle(newer.id, older.id, false, "The later one holds.") }, "The later holds"),
      el("button", { type: "button", onclick: () => settle(newer.id, older.id, true, "Both stand.") }, "Both hold")) : null);
}

function side(words, memory, onopen) {
  return el("button", { type: "button", class: "hit", onclick: () => onopen(memory.id) },
    el("span", { class: "soft small" }, `${words} · ${day(memory.at)} · ${memory.author || memory.role}`), el("br"),
    el("span", { class: "text" }, memory.text));
}
