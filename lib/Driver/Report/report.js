"use strict";
// Fills the page with the report in the element #data, see docs/report.md.
const report = JSON.parse(document.getElementById("data").textContent);
const compilation = report.compilation;
const network = report.details;
const layers = network.layers;
const byId = (id) => document.getElementById(id);

// ---- Elements and numbers

const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes = {}, ...children) {
  const element = name.startsWith("svg:") ? document.createElementNS(SVG, name.slice(4))
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const isNumber = (x) => typeof x === "number" && Number.isFinite(x);
const whole = (x) => isNumber(x) ? Math.round(x).toLocaleString("en-US") : "";
const fixed = (digits) => (x) => isNumber(x) ? x.toLocaleString("en-US",
  { minimumFractionDigits: digits, maximumFractionDigits: digits }) : "";
const percent = (x) => isNumber(x) ? (100 * x).toFixed(1) + " %" : "";
const small = (x) => !isNumber(x) ? "" : x === 0 ? "0" : x < 1e-3 ? x.toExponential(2) : x.toFixed(4);
const words = (list) => (list || []).join(", ");
const short = (text, length) => text.length > length ? text.slice(0, length - 1) + "\u2026" : text;
const sum = (list) => list.reduce((a, b) => a + b, 0);
const baseName = (path) => path.split("/").pop();

// ---- Tables

// A table whose headings sort it. Columns: {title, get, show, text, tip}; those
// that are empty for all rows are left out.
function fillTable(table, columns, rows, decorate = () => {}) {
  columns = columns.filter((column) =>
    rows.some((row) => column.get(row) !== undefined && column.get(row) !== null && column.get(row) !== ""));
  const head = make("tr");
  const body = make("tbody");
  const lines = rows.map((row) => {
    const line = make("tr");
    for (const column of columns) {
      const value = column.get(row);
      const shown = column.show ? column.show(value) : value ?? "";
      line.append(make("td", { class: column.text, title: column.text ? shown : undefined }, shown));
    }
    decorate(line, row);
    return { row, line };
  });
  const show = () => body.replaceChildren(...lines.map(({ line }) => line));
  columns.forEach((column) => {
    const button = make("button", { type: "button", title: column.tip }, column.title);
    const heading = make("th", { class: column.text ? "text" : undefined, scope: "col" }, button);
    button.addEventListener("click", () => {
      const down = column.text ? heading.getAttribute("aria-sort") === "ascending"
        : heading.getAttribute("aria-sort") !== "descending";
      for (const other of head.children) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      // Rows without a value come last in either order.
      lines.sort((a, b) => {
        const [x, y] = [column.get(a.row), column.get(b.row)];
        const [noX, noY] = [x, y].map((value) => value === undefined || value === null || value === "");
        if (noX || noY) return noX - noY;
        const order = isNumber(x) && isNumber(y) ? x - y : String(x).localeCompare(String(y), "en", { numeric: true });
        return down ? -order : order;
      });
      show();
    });
    head.append(heading);
  });
  show();
  table.replaceChildren(make("thead", {}, head), body);
}

const layerError = (layer) => layer.output_error ?? layer.rounding_error;

const layerColumns = [
  { title: "#", get: (l) => layers.indexOf(l) + 1, show: whole },
  { title: "layer", get: (l) => l.name, text: "text" },
  { title: "operation", get: (l) => words(l.after.operations), text: "text" },
  { title: "filter before", get: (l) => l.before?.filter, text: "text" },
  { title: "form", get: (l) => l.form ?? l.after.filter, text: "text",
    tip: "what a rewrite chose; else the extents of the filter" },
  { title: "precision", get: (l) => l.before && l.before.precision !== l.after.precision
      ? `${l.before.precision} \u2192 ${l.after.precision}` : l.after.precision, text: "text" },
  { title: "output", get: (l) => l.after.output_shape.join("\u00d7"), text: "text" },
  { title: "MACs before", get: (l) => l.before?.macs, show: whole },
  { title: "MACs", get: (l) => l.after.macs, show: whole },
  { title: "weight bytes before", get: (l) => l.before?.weight_bytes, show: whole },
  { title: "weight bytes", get: (l) => l.after.weight_bytes, show: whole },
  { title: "activation bytes", get: (l) => l.after.activation_bytes, show: whole },
  { title: "\u00b5s before", get: (l) => l.before?.microseconds, show: fixed(1), tip: "measured" },
  { title: "\u00b5s", get: (l) => l.after.microseconds, show: fixed(1), tip: "measured, the least of many runs" },
  { title: "\u00b5s predicted", get: (l) => l.after.predicted_microseconds, show: fixed(1),
    tip: "by the models that choose kernels; where there is none, the roofline" },
  { title: "cycles predicted", get: (l) => network.measured ? undefined : l.after.predicted_cycles, show: whole },
  { title: "of roofline", get: (l) => l.after.roofline_share, show: percent,
    tip: "least possible time of direct multiplications or of memory, over the measured time; Winograd can exceed it" },
  { title: "output error", get: (l) => l.output_error, show: small,
    tip: "share of the variance of the network's outputs that is lost if this layer alone changes" },
  { title: "layer error", get: (l) => l.layer_error, show: small },
  { title: "fitted error", get: (l) => l.fitted_error, show: small },
  { title: "rounding error", get: (l) => l.rounding_error, show: small,
    tip: "mean squared difference of the result and its integers, over its mean square" },
  { title: "kernel", get: (l) => words(l.after.kernels), text: "text" },
  { title: "note", get: (l) => l.note, text: "text note" },
];

const rowOf = new Map();

function showSummary() {
  const separable = compilation.separable;
  const quantization = compilation.quantization;
  const times = (key) => network.measured && layers.some((l) => l[key])
    ? sum(layers.map((l) => l[key]?.microseconds ?? 0)) : undefined;
  const rows = [
    ["MACs", compilation.original.macs, compilation.cost.macs, whole],
    ["parameters", compilation.original.parameters, compilation.cost.parameters, whole],
    ["bytes of weights", compilation.original.weight_bytes, compilation.cost.weight_bytes, whole],
    ["time of all layers, measured, \u00b5s", times("before"), times("after"), fixed(1)],
    ["time as a whole on one thread, \u00b5s", separable?.seconds_before * 1e6 || undefined,
      separable?.seconds_after * 1e6 || undefined, fixed(1)],
    ["time of all layers, predicted, \u00b5s", undefined,
      network.measured ? sum(layers.map((l) => l.after.predicted_microseconds)) : undefined, fixed(1)],
    ["top-1 on the labelled samples, %",
      separable?.accuracy?.top1_percent_before ?? quantization?.accuracy?.before,
      separable?.accuracy?.top1_percent_after ?? quantization?.accuracy?.after, fixed(2)],
    ["error of the outputs, share of their variance", undefined,
      quantization?.output_error ?? separable?.error, small],
    ["bytes of the file", undefined, report.file_bytes || undefined, whole],
    ["bytes of machine code", undefined, report.code_bytes || undefined, whole],
    ["bytes of the arena", undefined, network.memory.arena_bytes, whole],
  ].filter(([, a, b]) => isNumber(a) || isNumber(b));
  const body = make("tbody");
  for (const [name, before, after, show] of rows)
    body.append(make("tr", {}, make("td", { class: "text" }, name), make("td", {}, show(before)),
      make("td", {}, show(after)),
      make("td", {}, before > 0 && after > 0 ? (before / after).toFixed(2) + "\u00d7" : "")));
  const headings = ["", "as trained", "compiled", "gain"].map((title) => make("th", { scope: "col" }, title));
  byId("summary").replaceChildren(
    make("table", {}, make("thead", {}, make("tr", {}, ...headings)), body));
  byId("title").textContent = baseName(report.network);
  document.title = `${baseName(report.network)} \u2013 lw report`;
  byId("subtitle").textContent = [
    words([separable && `--separable=${separable.goal}`, quantization && `--quantize=${quantization.goal}`]
      .filter(Boolean)) || "not rewritten",
    `for ${report.cpu}, ${report.threads} thread${report.threads === 1 ? "" : "s"}`,
    network.measured ? `measured on ${network.cpu} at ${(network.clock_hz / 1e9).toFixed(2)} GHz` : "not measured",
    `lw ${report.lw_version}`].join(" \u00b7 ");
}

// ---- The network as a graph

// Every layer a rank below the last of those that it reads; within a rank in
// the order of what they read.
function placeLayers() {
  const places = new Map();
  const ranks = [];
  for (const layer of layers) {
    const inputs = layer.inputs.map((name) => places.get(name)).filter(Boolean);
    const rank = inputs.length ? 1 + Math.max(...inputs.map((place) => place.rank)) : 0;
    const wish = inputs.length ? sum(inputs.map((place) => place.wish)) / inputs.length : 0;
    const place = { layer, rank, wish, column: 0 };
    places.set(layer.name, place);
    (ranks[rank] ??= []).push(place);
  }
  const widest = Math.max(1, ...ranks.map((rank) => rank.length));
  for (const rank of ranks) {
    rank.sort((a, b) => a.wish - b.wish);
    rank.forEach((place, i) => { place.column = (widest - rank.length) / 2 + i; });
  }
  return { places, ranks, widest };
}

// White to red, dark enough for black text.
const ramp = (share) => `hsl(${48 - 40 * share}, 95%, ${97 - 38 * share}%)`;

const colours = {
  "time, \u00b5s": [(l) => l.after.microseconds ?? (network.measured ? undefined : l.after.predicted_cycles), fixed(1)],
  "MACs": [(l) => l.after.macs, whole],
  "error": [layerError, small],
};

function showGraph() {
  const { places, ranks, widest } = placeLayers();
  const [width, height, gapX, gapY, margin, side] = [190, 26, 16, 18, 14, 90];
  const x = (place) => margin + place.column * (width + gapX);
  const y = (place) => margin + place.rank * (height + gapY);
  const graph = make("svg:svg", { role: "img", "aria-label": "the network as a graph",
    width: 2 * margin + widest * (width + gapX) + side, height: 2 * margin + ranks.length * (height + gapY) });
  for (const place of places.values())
    for (const name of place.layer.inputs) {
      const from = places.get(name);
      if (!from) continue;
      const [x1, y1, x2, y2] = [x(from) + width / 2, y(from) + height, x(place) + width / 2, y(place)];
      const span = place.rank - from.rank;
      // Around the layers between.
      const out = Math.min(side - 10, 14 + 8 * span);
      const [right, top, bottom] = [Math.max(x(from), x(place)) + width, y1 - height / 2, y2 + height / 2];
      graph.append(make("svg:path", { class: "edge", d: span === 1
        ? `M${x1} ${y1}C${x1} ${y1 + gapY / 2} ${x2} ${y2 - gapY / 2} ${x2} ${y2}`
        : `M${x(from) + width} ${top}C${right + out} ${top} ${right + out} ${bottom} ${x(place) + width} ${bottom}` }));
    }
  const boxes = [];
  for (const place of places.values()) {
    const box = make("svg:rect", { x: x(place), y: y(place), width, height, rx: 4 });
    const tip = make("svg:title");
    const node = make("svg:g", { class: "node" }, tip, box,
      make("svg:text", { x: x(place) + 8, y: y(place) + 17 }, short(place.layer.name, 28)));
    node.addEventListener("click", () => {
      document.querySelectorAll("tr.found").forEach((row) => row.classList.remove("found"));
      rowOf.get(place.layer).classList.add("found");
      rowOf.get(place.layer).scrollIntoView({ block: "center" });
    });
    graph.append(node);
    boxes.push({ layer: place.layer, box, tip });
  }
  byId("graph").replaceChildren(graph);

  const select = byId("colour");
  const paint = () => {
    const [get, show] = colours[select.value];
    const most = Math.max(0, ...layers.map((l) => get(l) ?? 0));
    for (const { layer, box, tip } of boxes) {
      const value = get(layer);
      box.setAttribute("fill", isNumber(value) && most > 0 ? ramp(value / most) : "#fff");
      tip.textContent = `${layer.name}\n${words(layer.after.operations)}\n${layer.form ?? layer.after.filter}\n` +
        `${select.value}: ${show(value)}`;
    }
    const stops = [0, 0.25, 0.5, 0.75, 1].map(ramp).join(",");
    byId("scale").replaceChildren("0", make("span", { class: "ramp", style: `background:linear-gradient(90deg,${stops})` }),
      show(most));
  };
  for (const [name, [get]] of Object.entries(colours))
    if (layers.some((l) => isNumber(get(l)))) select.append(make("option", {}, name));
  select.addEventListener("change", paint);
  paint();
}
