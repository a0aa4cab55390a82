// Policies: nothing learnt acts before a named person approves it.
import { call, doing, editor } from "./api.js";
import { ask } from "./dialog.js";
import { day, el, table, tag } from "./dom.js";

export function policies(main) {
  const place = el("div");
  main.append(place);
  draw(place);
  return () => {};
}

async function draw(place) {
  const got = await doing(() => call("GET", "/api/policies", {}, false));
  if (!got) return;
  document.getElementById("safe").hidden = !got.safe_mode;
  const again = () => draw(place);
  place.replaceChildren(safeMode(got.safe_mode, again),
    el("section", { class: "card" }, el("h2", {}, "Proposals"), ...(got.proposals.length
      ? got.proposals.toReversed().map((one) => proposal(one, again))
      : [el("p", { class: "soft" }, "None is waiting. Sessions that explore gather what ", el("code", {}, "resmem policy propose"), " needs.")])),
    versions(got.versions, again));
}

function safeMode(on, again) {
  const act = () => doing(() => call("POST", "/api/safe-mode", { on: !on }, false), on ? "Safe mode is off." : "Safe mode is on.").then(again);
  return el("section", { class: "card" }, el("h2", {}, "Safe mode"),
    el("p", {}, "The kill switch: no writes, allow-listed tools, capped tokens, for every worker on this memory. It is ",
      el("strong", {}, on ? "on" : "off"), "."),
    editor() ? el("button", { type: "button", class: on ? "main" : "danger", onclick: act }, on ? "Switch safe mode off" : "Switch safe mode on") : null);
}

function proposal(one, again) {
  const evidence = Object.entries(one.evidence).filter(([, value]) => value !== "").map(([name, value]) => [name.replaceAll("_", " "), number(value)]);
  const path = `/api/proposals/${encodeURIComponent(one.id)}`;
  const decide = (verb, done) => named(`${verb === "approve" ? "Approve" : "Reject"} proposal ${one.id}`, verb === "reject").then((given) =>
    given && doing(() => call("POST", `${path}/${verb}`, given, false), done).then(again));
  return el("article", { class: "card" },
    el("p", { class: "row" }, el("strong", {}, one.id), tag(one.status), el("span", { class: "soft" }, `by ${one.proposer}, ${day(one.at)}, on version ${one.base}`),
      one.decided_by ? el("span", { class: "soft" }, `decided by ${one.decided_by}`) : null),
    el("h3", {}, "Evidence"), table("Evidence", ["what", "value"], evidence),
    el("h3", {}, `What would change (${one.changes.length})`),
    table("Changes", ["parameter", "from", "to"], one.changes.slice(0, 200).map((c) => [c.path, number(c.old), number(c.new)])),
    one.status === "waiting" && editor() ? el("div", { class: "row" },
      el("button", { type: "button", class: "main", onclick: () => decide("approve", "Approved: it acts from each session's next call.") }, "Approve"),
      el("button", { type: "button", class: "danger", onclick: () => decide("reject", "Rejected.") }, "Reject")) : null);
}

function versions(list, again) {
  const active = list.at(-1).version;
  const rows = list.toReversed().map((one) => [
    String(one.version), one.version === active ? tag("active") : "", one.approved_by || "shipped", day(one.at), one.checksum.slice(0, 12),
    one.version !== active && editor() ? el("button", { type: "button", onclick: () =>
      named(`Roll back to version ${one.version}`).then((given) => given &&
        doing(() => call("POST", "/api/policies/rollback", { ...given, version: one.version }, false), "Rolled back.").then(again)) }, "Roll back to this") : ""]);
  return el("section", { class: "card" }, el("h2", {}, "Versions"),
    table("Versions", ["version", "", "approved by", "when (UTC)", "checksum", ""], rows));
}

async function named(title, reason = false) {
  const by = el("input", { "aria-label": "Your name", placeholder: "Your name", maxlength: 200 });
  const why = el("input", { "aria-label": "Why", placeholder: "Why", maxlength: 2000 });
  const answer = await ask(title, [el("p", {}, "The log keeps who decided. Nobody approves their own proposal."), by, " ", reason ? why : ""],
    [["Cancel", "no", ""], ["Decide", "yes", "main"]]);
  if (answer !== "yes") return null;
  return reason ? { by: by.value.trim(), reason: why.value } : { by: by.value.trim() };
}

const number = (value) => typeof value === "number" ? String(Number(value.toPrecision(5))) : JSON.stringify(value) ?? "";
