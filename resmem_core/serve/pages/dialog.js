// Modal questions by the browser's own dialog: Escape closes, the focus comes back.
import { el } from "./dom.js";

let last = 0;

export function ask(title, content, buttons) {
  const id = `dialog-${++last}`;
  return new Promise((resolve) => {
    const actions = buttons.map(([words, value, kind]) =>
      el("button", { type: "button", class: kind, onclick: () => box.close(value) }, words));
    const box = el("dialog", { "aria-labelledby": id },
      el("h2", { id }, title), ...content, el("div", { class: "row" }, ...actions));
    box.addEventListener("close", () => { resolve(box.returnValue || "no"); box.remove(); });
    document.body.append(box);
    box.showModal();
  });
}
