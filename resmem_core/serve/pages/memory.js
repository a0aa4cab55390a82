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

  async show(id, gone = null) {
    this.wanted = id;
    const found = gone ? null : await doing(() => call("GET", memoryPath(id)));
    if (found && this.wanted === id) this.draw(this.stored(found)); // the history may take longer
    const history = (found || gone) && await doing(() => call("GET", memoryPath(id, "/history")));
    if (!history || this.wanted !== id) return;
    if (gone) this.draw(this.dropped(gone, history));
    else this.drawPast(found, history.versions);
    if (matchMedia("(max-width: 760px)").matches) this.element.scrollIntoView({ block: "start" });
  }

  drawPast(memory, versions) {
    this.past.replaceChildren(...versions.map(wording));
    const restore = this.element.querySelector("[data-restore]");
    if (restore) restore.disabled = versions.length < 2 && !memory.valid_to;
  }

  draw(parts) { this.element.replaceChildren(...parts); }

  dropped(row, history) {
    return [el("h2", {}, "Let go"), el("p", { class: "text" }, history.versions.at(-1).text),
      el("p", { class: "soft" }, `Said ${day(row.at)} by ${row.author || row.role}, let go ${day(row.gone_at)}: ${row.reason || "sleep let it fade"}`),
      this.buttons([["Keep it after all", "main", () => this.restore(row.id)]])];
  }

  stored(memory) {
    this.past = el("div", {}, el("p", { class: "soft" }, "Reading what it said before …"));
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
        ["Restore", "", () => this.restore(memory.id), true],
        ["Forget", "danger", () => this.forget(memory)],
      ]),
      el("h3", {}, "Where it came from"),
      facts([["said", `${day(memory.at)} by ${memory.author || memory.role}`], ["conversation", memory.session],
        ["used", memory.uses === 1 ? "once" : `${memory.uses} times`], ["id", memory.id],
        ["of messages", memory.sources.filter((source) => source !== memory.id).join(", ")]]),
      el("h3", {}, "Worth"),
      table("Worth", Object.keys(numbers), [Object.values(numbers).map((v) => v.toFixed(2))]),
      el("h3", {}, "History"),
      this.past,
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
      el("button", { type: "button", class: kind, onclick, disabled, "data-restore": words === "Restore" }, words)));
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

function wording(version) {
  const about = [`${version.number}`, version.how, day(version.at) + (version.until ? ` until ${day(version.until)}` : "")];
  return el("div", { class: "version" }, el("span", { class: "soft small" }, about.join(" · ")), el("div", { class: "text" }, version.text));
}

function facts(pairs) {
  return el("dl", {}, ...pairs.filter(([, words]) => words).flatMap(([name, words]) => [el("dt", {}, name), el("dd", {}, words)]));
}
