"""Turns the results of run.py into tables and a plot."""
import math

# The time of everything else is divided by that of the base: lw, or the first
# engine when lw was not measured.
BASE = "lw"


def table(title, header, rows):
    print(f"\n{title}\n")
    widths = [max(len(str(r[i])) for r in [header, *rows]) for i in range(len(header))]
    for number, row in enumerate([header, *rows]):
        cells = [str(row[0]).ljust(widths[0])]
        cells += [str(c).rjust(w) for c, w in zip(row[1:], widths[1:])]
        print("| " + " | ".join(cells) + " |")
        if number == 0:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def ratio(engine, base, kind):
    """How many times as long as `base`: of the minima, or the median over the
    rounds of the ratio of that round's medians."""
    if kind == "min":
        return engine["min"] / base["min"]
    return median([e["median"] / b["median"] for e, b in zip(engine["rounds"], base["rounds"])])


def base_engine(results):
    names = list(results["versions"])
    return BASE if any(BASE in r["engines"] for r in results["results"]) else names[0]


def cell(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def times(results, networks, threads):
    names = list(results["versions"])
    rows = []
    for r in networks:
        row = [r["name"], "-" if r["macs"] is None else f"{r['macs'] / 1e6:.0f}"]
        for name in names:
            engine = r["engines"].get(name)
            row.append(f"{engine[0]['min'] * 1e3:.2f} / {engine[0]['median'] * 1e3:.2f}"
                       if engine else "-")
        rows.append(row)
    table(f"Time in ms, minimum / median, {threads} thread(s)", ["network", "MMACs", *names], rows)


def ratios(results, networks, threads, kind):
    base = base_engine(results)
    peers = [n for n in results["versions"] if n != base]
    rows, columns = [], {p: [] for p in [*peers, "best peer"]}
    for r in networks:
        if base not in r["engines"]:
            continue
        values = {p: ratio(r["engines"][p][0], r["engines"][base][0], kind)
                  for p in peers if p in r["engines"]}
        if values:
            values["best peer"] = min(values.values())
        for name, value in values.items():
            columns[name].append(value)
        rows.append([r["name"], *(cell(values.get(c)) for c in columns)])
    if not rows or not peers:
        return
    # A mean over other networks than its neighbour's would mislead.
    rows.append(["geometric mean", *(cell(geometric_mean(v)) + ("" if len(v) == len(rows) else
                                     f" ({len(v)} of {len(rows)})") if v else "-"
                                     for v in columns.values())])
    table(f"Times as fast as the peer is {base}, {kind}, {threads} thread(s)",
          ["network", *columns], rows)


def peak_rate(results, result):
    """The FMA rate in FLOP/s of the instruction set that the run was restricted
    to, else of the fastest; None without lw-peak."""
    rates = result["peak"].get("fma_gflops")
    if not rates:
        return None
    return (rates[results["isa"]] if results["isa"] else max(rates.values())) * 1e9


def floors(results, networks, threads):
    names = list(results["versions"])
    rows = []
    for r in networks:
        if not peak_rate(results, r):
            return
        if not r["macs"]:
            continue
        floor = 2 * r["macs"] / peak_rate(results, r)
        fed = None if results["isa"] else r["peak"].get("fed_gflops")
        rows.append([r["name"], cell(peak_rate(results, r) / 1e9, 1), cell(fed, 1),
                     cell(floor * 1e3),
                     *(cell(r["engines"][n][0]["min"] / floor if n in r["engines"] else None)
                       for n in names)])
    table(f"Minimum time / (2*MACs / FMA peak), {threads} thread(s)",
          ["network", "FMA GFLOP/s", "fed from L1", "floor ms", *names], rows)


def scaling(results, threads):
    """How many times as fast as one thread; the FMA loop's figure beside it
    tells whether the machine gave `threads` processors at all."""
    single = {r["name"]: r for r in results["results"] if r["threads"] == 1}
    names = list(results["versions"])
    rows = []
    for r in results["results"]:
        one = single.get(r["name"])
        if r["threads"] != threads or r["kind"] != "network" or one is None:
            continue
        row = [r["name"], cell(peak_rate(results, r) / peak_rate(results, one)
                               if peak_rate(results, r) else None)]
        row += [cell(one["engines"][n][0]["min"] / r["engines"][n][0]["min"]
                     if n in one["engines"] and n in r["engines"] else None) for n in names]
        rows.append(row)
    if rows:
        table(f"{threads} threads over one, minima", ["network", "FMA loop", *names], rows)


def compilation(results, networks, threads):
    rows = []
    for r in networks:
        details = r["engines"].get("lw", [{}])[0]
        if "compile_s" in details:
            rows.append([r["name"], cell(details["compile_s"]), cell(r["weight_bytes"] / 1e3, 0),
                         cell((details["library_bytes"] - r["weight_bytes"]) / 1e3, 0),
                         cell(details["arena_bytes"] / 1e3, 0)])
    if rows:
        table(f"lw: compilation and size, {threads} thread(s)",
              ["network", "seconds", "weights kB", "library - weights kB", "arena kB"], rows)


def layer_time(engine, copies):
    """The time of one layer; from the difference of rows where it chains."""
    if len(engine) == 1:
        return engine[0]["min"]
    return max(engine[1]["min"] - engine[0]["min"], 0) / (copies - 1)


def layer_bound(results, result):
    """The roofline, (compute, memory): 2*MACs at the FMA rate; weights, inputs,
    and outputs at the rate of reading the next smaller buffer measured."""
    compute = 2 * result["macs"] / peak_rate(results, result)
    values = [*result["inputs"].values(), *result["outputs"].values()]
    moved = result["weight_bytes"] + 4 * sum(map(math.prod, values))
    rates = {int(size): rate for size, rate in result["peak"]["read_gbs"].items()}
    size = max((s for s in rates if s <= moved), default=min(rates))
    return compute, moved / (rates[size] * 1e9)


def layers(results, chosen, threads, copies):
    names = list(results["versions"])
    rows = []
    for r in chosen:
        row = [r["name"]]
        bounds = layer_bound(results, r) if peak_rate(results, r) else None
        row += [cell(b * 1e6, 1) for b in bounds] if bounds else ["-", "-"]
        for name in names:
            engine = r["engines"].get(name)
            time = layer_time(engine, copies) if engine else None
            row.append("-" if not time else f"{time * 1e6:.1f}" + (
                f" ({100 * max(bounds) / time:.0f} %)" if bounds else ""))
        row[0] += "" if all(len(e) > 1 for e in r["engines"].values()) else " *"
        rows.append(row)
    if rows:
        table(f"Layers, us (% of the roofline), {threads} thread(s); * with the network's edges",
              ["layer", "compute", "memory", *names], rows)


def show(results, copies):
    print(f"\n{results['processor']}, {results['date']}, {results['rounds']} rounds of "
          f"{results['seconds']} s{', ' + results['isa'] if results['isa'] else ''}; " + ", ".join(f"{n} {v}" for n, v in results["versions"].items()))
    for threads in sorted({r["threads"] for r in results["results"]}):
        chosen = [r for r in results["results"] if r["threads"] == threads]
        networks = [r for r in chosen if r["kind"] == "network"]
        if networks:
            times(results, networks, threads)
            ratios(results, networks, threads, "min")
            ratios(results, networks, threads, "median")
            floors(results, networks, threads)
            compilation(results, networks, threads)
            if threads > 1:
                scaling(results, threads)
        layers(results, [r for r in chosen if r["kind"] == "layer"], threads, copies)
    for r in results["results"]:
        for name, reason in r["absent"].items():
            print(f"not measured: {name} on {r['name']}, {r['threads']} thread(s): {reason}")
    worst = {}
    for r in results["results"]:
        for name, error in r["errors"].items():
            worst[name] = max(worst.get(name, 0), error)
    print("\nLargest error relative to the largest output: " +
          ", ".join(f"{n} {e:.1e}" for n, e in worst.items()))


def plot(results, path):
    """Bars of each engine's minimum time over the base's, by network."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    base = base_engine(results)
    counts = sorted({r["threads"] for r in results["results"]})
    figure, axes = pyplot.subplots(len(counts), figsize=(11, 4 * len(counts)), squeeze=False)
    for axis, threads in zip(axes[:, 0], counts):
        chosen = [r for r in results["results"] if r["threads"] == threads
                  and r["kind"] == "network" and base in r["engines"]]
        names = list(results["versions"])
        width = 0.8 / len(names)
        for i, name in enumerate(names):
            values = [r["engines"][name][0]["min"] / r["engines"][base][0]["min"]
                      if name in r["engines"] else 0 for r in chosen]
            axis.bar([x + (i - (len(names) - 1) / 2) * width for x in range(len(chosen))],
                     values, width, label=name)
        axis.axhline(1, color="black", linewidth=0.8)
        axis.set_xticks(range(len(chosen)), [r["name"] for r in chosen], rotation=20, ha="right")
        axis.set_ylabel(f"time / time of {base}")
        axis.set_ylim(0, 3)
        axis.set_title(f"{threads} thread(s), {results['processor']} (bars above 3 are cut)")
        axis.legend()
    figure.tight_layout()
    figure.savefig(path)
