// Which page is shown, for which namespace.
import { call, doing, state } from "./api.js";
import { el } from "./dom.js";
import { live } from "./live.js";
import { memories } from "./memories.js";
import { namespaces } from "./namespaces.js";
import { policies } from "./policies.js";

const PAGES = { live, memories, policies, namespaces };
const main = document.getElementById("main");
const pick = document.getElementById("namespace");
let leave = () => {};

function go() {
  const name = location.hash.slice(1);
  if (name === "main") return;
  const page = name in PAGES ? name : "memories";
  leave();
  main.replaceChildren();
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${page}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${page[0].toUpperCase()}${page.slice(1)} · Resilient Memory`;
  leave = PAGES[page](main, open);
}

function open(key) {
  state.namespace = key;
  pick.value = key;
  if (location.hash === "#memories") go();
  else location.hash = "#memories";
}

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
}

async function start() {
  const got = await doing(() => call("GET", "/api/role", {}, false));
  if (!got) { main.replaceChildren(el("p", {}, document.getElementById("said").textContent)); return; }
  state.role = got.role;
  document.getElementById("role").textContent = got.role;
  pick.replaceChildren(...got.namespaces.map((one) => el("option", { value: one.key }, one.name.join(" / "))));
  state.namespace = pick.value;
  pick.addEventListener("change", () => { state.namespace = pick.value; go(); });
  document.getElementById("theme").addEventListener("click", theme);
  addEventListener("hashchange", go);
  go();
}

start();
