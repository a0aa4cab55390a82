// A list of any length: only the rows in view exist, and only their pages are asked for.
import { call, doing } from "./api.js";
import { day, el } from "./dom.js";

const HEIGHT = 56, PAGE = 100, TALLEST = 8_000_000;

export class List {
  constructor(path, label, onopen) {
    Object.assign(this, { path, onopen, pages: new Map(), total: 0, chosen: null, active: 0 });
    this.space = el("div", { role: "presentation" });
    this.box = el("div", { class: "list", role: "group", "aria-label": label, tabindex: "0" }, this.space);
    this.box.addEventListener("scroll", () => this.draw());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.count = el("p", { class: "soft small" }, "Reading the memories; a large namespace takes a moment the first time …");
    this.element = el("div", {}, this.count, this.box);
  }

  async load() {
    this.pages.clear();
    await this.page(0);
    this.draw();
  }

  async page(number) {
    if (this.pages.has(number)) return;
    this.pages.set(number, null);
    const got = await doing(() => call("GET", this.path, { offset: number * PAGE, limit: PAGE }));
    if (!got) { this.pages.delete(number); return; }
    this.pages.set(number, got.rows);
    this.total = got.total;
    this.count.textContent = `${got.total.toLocaleString("en")} in all, the newest first`;
    this.space.style.height = `${Math.min(this.total * HEIGHT, TALLEST)}px`;
    this.draw();
  }

  // Browsers bound an element's height, so a very long list scrolls in proportion.
  first() {
    const view = this.box.clientHeight, full = Math.min(this.total * HEIGHT, TALLEST);
    const share = full > view ? this.box.scrollTop / (full - view) : 0;
    return share * Math.max(this.total - view / HEIGHT, 0);
  }

  draw() {
    const first = this.first(), count = Math.ceil(this.box.clientHeight / HEIGHT) + 1;
    const focused = this.space.contains(document.activeElement);
    const items = [];
    for (let at = Math.floor(first); at < Math.min(first + count, this.total); at++) {
      const rows = this.pages.get(Math.floor(at / PAGE));
      if (rows === undefined) this.page(Math.floor(at / PAGE));
      const row = rows ? rows[at % PAGE] : null;
      items.push(this.item(at, row, this.box.scrollTop + (at - first) * HEIGHT));
    }
    this.space.replaceChildren(...items);
    if (focused) this.space.querySelector(`[data-at="${this.active}"]`)?.focus({ preventScroll: true });
  }

  item(at, row, top) {
    if (!row) return this.placed(el("div", { class: "item soft" }, "…"), top);
    const gone = row.gone_at ? `let go ${day(row.gone_at)}` : row.tier;
    const about = [day(row.at), row.author || row.role, gone, row.reason].filter(Boolean).join(" · ");
    const made = el("button", {
      class: "item", type: "button", "data-at": at, tabindex: at === this.active ? 0 : -1,
      "aria-current": row.id === this.chosen, onclick: () => this.open(at, row),
    }, el("span", { class: "one" }, (row.pinned ? "📌 " : "") + row.text),
    el("span", { class: "one soft small" }, about));
    return this.placed(made, top);
  }

  placed(element, top) {
    element.style.top = `${top}px`;
    return element;
  }

  open(at, row) {
    this.active = at;
    this.chosen = row.id;
    this.draw();
    this.onopen(row);
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || !this.total) return;
    event.preventDefault();
    this.active = Math.min(Math.max(this.active + steps[event.key], 0), this.total - 1);
    this.reveal(this.active);
    this.space.querySelector(`[data-at="${this.active}"]`)?.focus({ preventScroll: true });
  }

  reveal(at) {
    const view = this.box.clientHeight / HEIGHT, first = this.first();
    if (at >= first && at + 1 <= first + view) { this.draw(); return; }
    const top = at < first ? at : at + 1 - view;
    const full = Math.min(this.total * HEIGHT, TALLEST) - this.box.clientHeight;
    this.box.scrollTop = Math.ceil((top / Math.max(this.total - view, 1)) * full);
    this.draw();
  }
}
