// ---- Charts

// An SVG with axes; returns it and the two scales.
function makeChart(width, height, [x0, x1], [y0, y1], xTitle, yTitle, showX, showY) {
  const [left, right, top, bottom] = [86, 16, 12, 42];
  const x = (value) => left + (value - x0) / (x1 - x0 || 1) * (width - left - right);
  const y = (value) => height - bottom - (value - y0) / (y1 - y0 || 1) * (height - top - bottom);
  const chart = make("svg:svg", { width, height, role: "img", "aria-label": `${yTitle} over ${xTitle}` });
  const steps = [0, 0.2, 0.4, 0.6, 0.8, 1];
  for (const step of steps) {
    const [a, b] = [x0 + step * (x1 - x0), y0 + step * (y1 - y0)];
    chart.append(
      make("svg:line", { class: "grid", x1: x(a), x2: x(a), y1: top, y2: height - bottom }),
      make("svg:line", { class: "grid", x1: left, x2: width - right, y1: y(b), y2: y(b) }),
      make("svg:text", { class: "soft", x: x(a), y: height - bottom + 16, "text-anchor": "middle" }, showX(a)),
      make("svg:text", { class: "soft", x: left - 6, y: y(b) + 4, "text-anchor": "end" }, showY(b)));
  }
  chart.append(
    make("svg:line", { class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }),
    make("svg:line", { class: "axis", x1: left, x2: left, y1: top, y2: height - bottom }),
    make("svg:text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, xTitle),
    make("svg:text", { transform: `translate(13 ${(height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle" },
      yTitle));
  return { chart, x, y };
}

// A section that has nothing to show is not there.
const drop = (id) => byId(id).closest("section").remove();

function showCurve() {
  const separable = compilation.separable;
  const points = separable?.curve ?? [];
  if (points.length < 2) return drop("curve");
  const byTime = separable.goal.startsWith("time=");
  const gain = byTime ? separable.layer_seconds_before / separable.layer_seconds_after
    : separable.macs_before / separable.macs_after;
  const most = Math.max(...points.map((point) => point.gain));
  const error = Math.max(...points.map((point) => point.predicted_error));
  const { chart, x, y } = makeChart(760, 320, [1, most], [0, error],
    byTime ? "times faster, sum of the layers alone" : "times fewer MACs",
    "predicted output error", fixed(2), small);
  chart.append(make("svg:polyline", { fill: "none", stroke: "#1f5fa8", "stroke-width": 2,
    points: points.map((point) => `${x(point.gain)},${y(point.predicted_error)}`).join(" ") }));
  for (const point of points)
    chart.append(make("svg:circle", { cx: x(point.gain), cy: y(point.predicted_error), r: 3, fill: "#1f5fa8" },
      make("svg:title", {}, `${point.gain.toFixed(2)} times: ${small(point.predicted_error)}`)));
  const label = `chosen: ${gain.toFixed(2)} times, predicted ${small(separable.predicted_error)}, found ${small(separable.error)}`;
  chart.append(make("svg:circle", { cx: x(gain), cy: y(separable.predicted_error), r: 6, fill: "none",
    stroke: "#c0392b", "stroke-width": 2.5 }, make("svg:title", {}, label)));
  byId("curve").append(make("p", {}, label), chart);
}

function showMemory() {
  const { arena_bytes: arena, buffers } = network.memory;
  if (!buffers.length) return drop("memory");
  const begin = Math.min(...buffers.map((buffer) => buffer.first));
  const end = 1 + Math.max(...buffers.map((buffer) => buffer.last));
  const { chart, x, y } = makeChart(1200, 380, [begin, end], [0, arena], "operation", "bytes of the arena", whole, whole);
  buffers.forEach((buffer, i) => {
    const { offset, bytes, first, last } = buffer;
    chart.append(make("svg:rect", { x: x(first), y: y(offset + bytes), width: x(last + 1) - x(first),
      height: y(offset) - y(offset + bytes), stroke: "#fff", "stroke-width": 0.5,
      fill: buffer.scratch ? "#b9c0c8" : `hsl(${(i * 47) % 360}, 55%, 68%)` },
      make("svg:title", {}, `${buffer.layer}\n${buffer.operation}${buffer.scratch ? ", working memory of its kernel" : ""}\n` +
        `${whole(bytes)} bytes at ${whole(offset)}, operations ${first} to ${last}`)));
  });
  byId("memory").append(make("p", {}, "Results of layers from the operation that makes them to the last that reads " +
    "them; grey is working memory of a kernel. The pointer on one says which."), chart);
}

function showKernels() {
  const kernels = network.kernels.filter((kernel) => kernel.kernel !== "alias");
  if (!kernels.length) return drop("kernels");
  const all = sum(network.kernels.map((kernel) => kernel.microseconds ?? 0));
  fillTable(byId("kernels"), [
    { title: "layers", get: (k) => k.layers.join(" + "), text: "text" },
    { title: "operation", get: (k) => k.operation, text: "text" },
    { title: "kernel", get: (k) => k.kernel, text: "text" },
    { title: "MACs", get: (k) => k.macs, show: whole },
    { title: "\u00b5s", get: (k) => k.microseconds, show: fixed(1) },
    { title: "share", get: (k) => all > 0 ? k.microseconds / all : undefined, show: percent },
    { title: "GMAC/s", get: (k) => k.macs && k.microseconds ? k.macs / k.microseconds / 1e3 : undefined, show: fixed(1) },
  ], kernels);
}

// Where the values of a tensor lie; the height is the logarithm of the count.
function makeHistogram(counts) {
  const [width, height] = [192, 28];
  const most = Math.log1p(Math.max(...counts));
  const picture = make("svg:svg", { width, height, role: "img", "aria-label": "histogram" });
  counts.forEach((count, i) => {
    const part = Math.log1p(count) / most * height;
    picture.append(make("svg:rect", { x: i * width / counts.length, y: height - part,
      width: width / counts.length - 0.5, height: part, fill: "#1f5fa8" }));
  });
  return picture;
}

function showTensors() {
  const tensors = compilation.quantization?.operations ?? [];
  if (!tensors.length) return drop("tensors");
  fillTable(byId("tensors"), [
    { title: "tensor", get: (t) => t.name, text: "text" },
    { title: "operation", get: (t) => t.operation, text: "text" },
    { title: "precision", get: (t) => t.precision, text: "text" },
    { title: "least", get: (t) => t.least, show: fixed(3) },
    { title: "largest", get: (t) => t.largest, show: fixed(3) },
    { title: "scale", get: (t) => t.scale, show: fixed(6) },
    { title: "zero", get: (t) => t.zero_point, show: whole },
    { title: "rounding error", get: (t) => t.error, show: small },
    { title: "values from least to largest, logarithmic counts", get: (t) => t.histogram && sum(t.histogram),
      show: () => "" },
  ], tensors, (line, tensor) => {
    if (tensor.histogram) line.lastElementChild.append(makeHistogram(tensor.histogram));
  });
}

fillTable(byId("layers"), layerColumns, layers, (line, layer) => rowOf.set(layer, line));
showSummary();
showGraph();
showCurve();
showMemory();
showKernels();
showTensors();
