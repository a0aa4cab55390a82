// Live: what the controller does, as it happens.
import { call, doing } from "./api.js";
import { lines } from "./chart.js";
import { day, el, table, tag } from "./dom.js";

const SENT = new Set(["temperature", "top_p", "max_tokens"]); // what a provider ever sees

export function live(main) {
  const view = new Live(main);
  const source = new EventSource("/api/stream");
  source.onmessage = (event) => view.take(JSON.parse(event.data));
  source.onerror = () => view.away();
  doing(() => call("GET", "/api/live", {}, false)).then((now) => now && view.take(now));
  return () => source.close();
}

class Live {
  constructor(main) {
    this.key = null;
    this.at = null;
    this.link = el("p", { class: "soft small", role: "status" }, "Waiting for the first look …");
    this.pick = el("select", { "aria-label": "Conversation", onchange: () => this.choose(this.pick.value) });
    this.slider = el("input", { type: "range", min: 0, value: 0, "aria-label": "Moment", oninput: () => this.point() });
    this.moment = el("div");
    this.charts = el("div");
    this.health = el("div");
    this.acts = el("div", { class: "log" });
    this.gate = el("input", { type: "checkbox", id: "gate", onchange: () => this.drawActs() });
    const session = el("section", { class: "card", "aria-label": "Conversation" },
      el("div", { class: "row" }, el("h2", {}, "Conversation"), this.pick), this.charts, this.slider, this.moment);
    main.append(this.link, el("div", { class: "columns" }, session, el("div", {},
      el("section", { class: "card" }, el("h2", {}, "Providers and tools"), this.health),
      el("section", { class: "card" }, el("div", { class: "row" }, el("h2", {}, "Acts"),
        el("label", { for: "gate", class: "soft small" }, this.gate, " what the gate decided")), this.acts))));
  }

  away() { this.link.textContent = "The console does not answer; trying again …"; }

  take(now) {
    if (now.message) { this.link.textContent = now.message; return; }
    this.link.textContent = "Live: looked at once a second.";
    document.getElementById("safe").hidden = !now.safe_mode;
    this.now = now;
    this.drawHealth();
    this.drawActs();
    this.drawPick();
    this.draw();
  }

  session() { return this.now.sessions.find((one) => one.key === this.key); }

  choose(key) { this.key = key; this.at = null; this.draw(); }

  drawPick() {
    const keys = this.now.sessions.map((one) => one.key);
    // a conversation of one moment has no course to show, so it comes first only if all are such
    const longer = this.now.sessions.find((one) => one.moments.length > 1)?.key;
    if (!keys.includes(this.key)) this.key = longer ?? keys[0] ?? null;
    if ([...this.pick.options].map((o) => o.value).join("\n") !== keys.join("\n")) {
      this.pick.replaceChildren(...this.now.sessions.map((one) =>
        el("option", { value: one.key }, `${one.namespace} · ${one.session}`)));
    }
    this.pick.value = this.key ?? "";
    this.pick.hidden = !keys.length;
  }

  draw() {
    const session = this.session();
    this.slider.hidden = !session;
    if (!session) {
      this.charts.replaceChildren(el("p", { class: "soft" }, "No conversation has been held yet."));
      this.moment.replaceChildren();
      return;
    }
    const moments = session.moments, last = moments.length - 1;
    this.slider.hidden = last === 0;
    const at = this.at === null ? last : Math.min(this.at, last);
    this.slider.max = last;
    this.slider.value = at;
    this.slider.setAttribute("aria-valuetext", `moment ${at + 1} of ${last + 1}`);
    const hormones = Object.keys(moments[at].levels), knobs = Object.keys(moments[at].units);
    this.charts.replaceChildren(
      el("h3", {}, "Hormones"), lines("Hormones over time", hormones, moments, "levels", at),
      el("h3", {}, "Knobs, as shares of their ranges"), lines("Knobs over time", knobs, moments, "units", at));
    this.drawMoment(moments[at], at, last);
  }

  point() {
    const last = Number(this.slider.max), at = Number(this.slider.value);
    this.at = at === last ? null : at;
    this.draw();
  }

  drawMoment(moment, at, last) {
    const rows = Object.entries(moment.knobs).map(([name, value]) => {
      const why = moment.why[name].map(([by, share]) => `${by} ${share > 0 ? "+" : ""}${share.toFixed(2)}`);
      const sent = moment.sent[name];
      const yours = sent ? `${sent[0] ?? "none"} → ${Number(sent[1].toPrecision(4))}` : moment.steered === false && SENT.has(name) ? "as you set it" : "";
      return [name.replaceAll("_", " "), yours, String(value), String(this.now.calm[name]), why.join(", ") || "nothing moves it"];
    });
    this.moment.replaceChildren(
      el("p", { class: "row" }, el("strong", {}, `Moment ${at + 1} of ${last + 1}`), el("span", { class: "soft" }, day(moment.at)),
        tag(`mode ${moment.mode}`, moment.mode === "normal" ? "" : "bad"), tag(`stress ${moment.stress.toFixed(2)}`), steered(moment)),
      table("Knobs at this moment", ["knob", "yours → sent", "controller", "its calm", "moved by"], rows),
      el("p", { class: "soft small" }, "These are the controller's own numbers, none of which is sent in calm: then every request goes out as you set it. After something went wrong it is the difference from the controller's calm that moves your setting."));
  }

  drawHealth() {
    const rows = this.now.health.map((one) => [
      one.name, one.down ? tag("down", "bad") : tag("up"), one.kind ?? "",
      one.down ? `next try in ${one.wait} s` : ""]);
    this.health.replaceChildren(rows.length
      ? table("Providers and tools", ["name", "state", "last error", ""], rows)
      : el("p", { class: "soft" }, "No provider and no tool has been called yet."));
  }

  drawActs() {
    const shown = this.now.acts.filter((one) => (one.event === "gate") === this.gate.checked);
    const rows = shown.map((one) => [day(one.at), one.event, el("span", { class: "text" }, one.words)]);
    this.acts.replaceChildren(rows.length
      ? table("Acts, the newest first", ["when (UTC)", "what", "numbers and reasons"], rows)
      : el("p", { class: "soft" }, "Nothing has happened yet."));
  }
}

function steered(moment) {
  if (moment.steered === null) return null;
  return moment.steered ? tag("requests are steered", "bad") : tag("calm: sent as you set it");
}
