// Namespaces: the walls between tenants and users, as this console may see them.
import { call, doing } from "./api.js";
import { el, table } from "./dom.js";

export function namespaces(main, choose) {
  doing(() => call("GET", "/api/namespaces", {}, false)).then((got) => got && main.append(
    el("section", { class: "card" }, el("h2", {}, "Namespaces"), got.namespaces.length
      ? table("Namespaces", ["name", "memories", "by tier", ""], got.namespaces.map((one) => row(one, choose)))
      : el("p", { class: "soft" }, "This memory holds nothing yet.")),
    el("p", { class: "soft small" }, "Which ones are shown is decided by ", el("code", {}, "resmem serve --namespace"), " when it starts.")));
  return () => {};
}

function row(one, choose) {
  const all = Object.values(one.count).reduce((a, b) => a + b, 0);
  const tiers = Object.entries(one.count).map(([tier, count]) => `${tier} ${count}`).join(", ");
  return [one.name.join(" / "), String(all), tiers,
    el("button", { type: "button", onclick: () => choose(one.key) }, "Open its memories")];
}
