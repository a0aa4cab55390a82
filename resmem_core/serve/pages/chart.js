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
  chart.append(svg("line", { class: "now", x1: x(at, n), x2: x(at, n), y1: TOP, y2: H - BOTTOM }));
  return el("div", {}, chart, legend(names));
}

function legend(names) {
  return el("div", { class: "legend" }, ...names.map((name, i) => {
    const mark = el("i", { "aria-hidden": "true" });
    mark.style.background = colour(i);
    return el("span", {}, mark, name.replaceAll("_", " "));
  }));
}

export function map(points) {
  const chart = frame(`${points.length} memories by value and stress`);
  for (const point of points) {
    chart.append(svg("circle", {
      class: `point ${point.tier}`, r: 3.4, cx: LEFT + point.value * (W - LEFT - 8), cy: y(point.stress),
    }));
  }
  chart.append(svg("text", { x: W - 90, y: H - 4 }, "value →"), svg("text", { x: LEFT + 4, y: TOP + 10 }, "stress ↑"));
  return chart;
}
