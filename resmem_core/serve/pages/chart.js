// Lines over moments, and points of value and stress, as plain SVG.
import { el, svg } from "./dom.js";

const W = 640, H = 190, LEFT = 28, TOP = 8, BOTTOM = 20;
const HUES = [172, 12, 262, 42, 215, 330, 95, 190, 300, 60, 140, 0];

export const colour = (i) => `hsl(${HUES[i % HUES.length]} 62% 48%)`;

const x = (i, n) => LEFT + (n > 1 ? (i / (n - 1)) * (W - LEFT - 8) : 0);
const y = (v) => TOP + (1 - Math.min(Math.max(v, 0), 1)) * (H - TOP - BOTTOM);

function frame(label) {
  const lines = [0, 0.5, 1].flatMap((v) => [
    svg("line", { class: "axis", x1: LEFT, x2: W - 8, y1: y(v), y2: y(v) }),
    svg("text", { x: 2, y: y(v) + 4 }, String(v)),
  ]);
  return svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": label }, ...lines);
}

export function lines(label, names, moments, part, at) {
  const chart = frame(label), n = moments.length;
  names.forEach((name, i) => {
    const points = moments.map((m, k) => `${x(k, n).toFixed(1)},${y(m[part][name] ?? 0).toFixed(1)}`);
    if (n === 1) points.push(`${W - 8},${points[0].split(",")[1]}`);
    chart.append(svg("polyline", { class: "line", points: points.join(" "), stroke: colour(i) }));
  });
  chart.append(
    svg("line", { class: "now", x1: x(at, n), x2: x(at, n), y1: TOP, y2: H - BOTTOM }),
    svg("text", { x: LEFT, y: H - 5 }, n > 1 ? `first of ${n} moments` : "one moment"),
    svg("text", { x: W - 8, y: H - 5, "text-anchor": "end" }, n > 1 ? "last" : ""));
  return el("div", {}, chart, legend(names, names.map((name) => (moments[at][part][name] ?? 0).toFixed(2))));
}

function legend(names, values = []) {
  return el("div", { class: "legend" }, ...names.map((name, i) => {
    const mark = el("i", { "aria-hidden": "true" });
    mark.style.background = colour(i);
    return el("span", {}, mark, `${name.replaceAll("_", " ")} ${values[i] ?? ""}`);
  }));
}

// Bars of equal spans of time, each cut into the shares of what is counted.
const ORDER = ["buffer", "short", "mid", "long"]; // other names by the alphabet

export function bars(label, spans, from, until) {
  const names = [...new Set(spans.flatMap((span) => Object.keys(span)))].sort(
    (a, b) => ORDER.indexOf(a) - ORDER.indexOf(b) || a.localeCompare(b));
  const sum = (span) => Object.values(span).reduce((a, b) => a + b, 0);
  const most = Math.max(...spans.map(sum), 1), wide = (W - LEFT - 8) / spans.length, tall = H - TOP - BOTTOM;
  const chart = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": label },
    svg("line", { class: "axis", x1: LEFT, x2: W - 8, y1: H - BOTTOM, y2: H - BOTTOM }),
    svg("text", { x: 2, y: TOP + 8 }, String(most)), svg("text", { x: LEFT, y: H - 5 }, from),
    svg("text", { x: W - 8, y: H - 5, "text-anchor": "end" }, until));
  spans.forEach((span, k) => {
    let top = H - BOTTOM;
    for (const name of names) {
      const high = (tall * (span[name] ?? 0)) / most;
      top -= high;
      if (high) chart.append(svg("rect", {
        x: LEFT + k * wide + 1, y: top, width: Math.max(wide - 2, 1), height: high, fill: colour(names.indexOf(name)) }));
    }
  });
  const total = (name) => spans.reduce((all, span) => all + (span[name] ?? 0), 0);
  return el("div", {}, chart, legend(names, names.map(total)));
}

export function map(points, onopen) {
  const chart = frame(`${points.length} memories by value and stress`);
  for (const point of points) {
    chart.append(svg("circle", {
      class: `point ${point.tier}`, r: 4, cx: LEFT + point.value * (W - LEFT - 8), cy: y(point.stress),
      onclick: () => onopen(point.id),
    }));
  }
  chart.append(svg("text", { x: W - 8, y: H - 5, "text-anchor": "end" }, "value →"), svg("text", { x: LEFT + 4, y: TOP + 10 }, "stress ↑"));
  return chart;
}
