// One memory: what it says, where it came from, its history, and what an editor may do with it.
import { call, doing, editor, memoryPath } from "./api.js";
import { ask } from "./dialog.js";
import { day, el, say, table, tag } from "./dom.js";

export class Detail {
  constructor(onchange, onopen) {
    Object.assign(this, { onchange, onopen });
    this.element = el("section", { class: "card", "aria-label": "Memory", tabindex: "-1" },
      el("p", { class: "soft" }, "Choose a memory to see where it came from and what became of it."));
  }

  async show(id, gone = false) {
    const history = await doing(() => call("GET", memoryPath(id, "/history")));
    if (!history) return;
    const found = gone ? null : await doing(() => call("GET", memoryPath(id)));
    if (!gone && !found) return;
    this.element.replaceChildren(...(gone ? this.dropped(id, history) : this.stored(found, history)));
  }

  dropped(id, history) {
    return [el("h2", {}, "Let go"), el("p", { class: "text" }, history.versions.at(-1).text),
      this.buttons([["Keep it after all", "main", () => this.restore(id)]])];
  }

  stored(memory, history) {
    const numbers = { value: memory.value, stress: memory.stress, recency: memory.recency, credit: memory.credit };
    return [
      el("h2", {}, "Memory"),
      el("p", { class: "text", id: "text" }, memory.text),
      el("p", { class: "row" }, tag(memory.tier), memory.quadrant && tag(memory.quadrant.replaceAll("_", " ")),
        tag(memory.trust, memory.trust === "trusted" ? "" : "bad"), memory.pinned && tag("pinned"),
        memory.semantic && tag("written by sleep"), memory.valid_to && tag("replaced", "bad")),
      this.buttons([
        ["Edit", "", () => this.edit(memory)],
        [memory.pinned ? "Unpin" : "Pin", "", () => this.pin(memory)],
        ["Restore", "", () => this.restore(memory.id), history.versions.length < 2 && !memory.valid_to],
        ["Forget", "danger", () => this.forget(memory)],
      ]),
      el("h3", {}, "Where it came from"),
      table("Where it came from", ["what", ""], [
        ["said", `${day(memory.at)} by ${memory.author || memory.role}`], ["conversation", memory.session],
        ["messages", memory.sources.join(", ")], ["id", memory.id], ["used", `${memory.uses} times`]]),
      el("h3", {}, "Worth"),
      table("Worth", Object.keys(numbers), [Object.values(numbers).map((v) => v.toFixed(2))]),
      el("h3", {}, "History"),
      table("History", ["version", "how", "from", "until", "text"], history.versions.map((v) =>
        [String(v.number), v.how, day(v.at), day(v.until), el("span", { class: "text" }, v.text)])),
      ...this.links(memory),
    ].filter(Boolean);
  }

  links(memory) {
    if (!memory.links.length) return [];
    return [el("h3", {}, "Links"), ...memory.links.slice(0, 50).map((link) => el("button", {
      type: "button", class: "hit", onclick: () => this.onopen(link.target),
    }, el("span", { class: "soft small" }, `${link.kind} ${link.weight.toFixed(2)} `), memory.linked[link.target] ?? link.target))];
  }

  buttons(actions) {
    if (!editor()) return el("p", { class: "soft small" }, "This token lets you look and not change.");
    return el("div", { class: "row" }, ...actions.map(([words, kind, onclick, disabled]) =>
      el("button", { type: "button", class: kind, onclick, disabled }, words)));
  }

  async changed(work, done, id) {
    const result = await doing(work, done);
    if (result) { this.onchange(); await this.show(id); }
    return result;
  }

  pin(memory) {
    return this.changed(() => call("POST", memoryPath(memory.id, "/pin"), { on: !memory.pinned }),
      memory.pinned ? "Unpinned." : "Pinned: neither gate nor sleep lets it go.", memory.id);
  }

  restore(id) {
    return this.changed(() => call("POST", memoryPath(id, "/restore"), {}), "Restored.", id);
  }

  async edit(memory) {
    const box = el("textarea", { "aria-label": "What it should say", maxlength: 16000 });
    box.value = memory.text;
    const answer = await ask("Correct this memory", [box, el("p", { class: "soft small" }, "The wording that it had stays in its history.")],
      [["Cancel", "no", ""], ["Save", "yes", "main"]]);
    if (answer !== "yes" || box.value === memory.text) return;
    try {
      await call("PATCH", memoryPath(memory.id), { text: box.value, version: memory.version });
      say("Saved.");
    } catch (error) {
      if (error.kind === "Conflict") await this.conflict(box.value);
      else say(error.message);
    }
    this.onchange();
    await this.show(memory.id);
  }

  conflict(mine) {
    return ask("Somebody else was first", [
      el("p", {}, "This memory was changed after you opened it. Nothing of theirs was overwritten. Your wording was:"),
      el("p", { class: "text card" }, mine)], [["Look again", "no", "main"]]);
  }

  async forget(memory) {
    const meant = await doing(() => call("POST", "/api/forget", { ids: [memory.id], preview: true }));
    if (!meant) return;
    const answer = await ask("Forget for good", [
      el("p", {}, "No byte of this is left, what says the same goes too, and it does not come back by itself:"),
      ...meant.meant.map((one) => el("p", { class: "text card" }, one.text))],
    [["Cancel", "no", ""], ["Forget", "yes", "danger"]]);
    if (answer !== "yes") return;
    const receipt = await doing(() => call("POST", "/api/forget", { ids: [memory.id] }));
    if (!receipt) return;
    this.element.replaceChildren(el("h2", {}, "Forgotten"), el("p", { id: "receipt" },
      `Erased ${receipt.erased} ${receipt.erased === 1 ? "memory" : "memories"} at ${day(Date.now() / 1000)} UTC. The log has a record of it, without its text.`));
    this.onchange();
  }
}
