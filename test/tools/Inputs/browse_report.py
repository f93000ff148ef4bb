"""Opens the page of a report in headless Chromium: it must load without errors, show
every layer of its data, and sort each column of the table of layers both ways.

usage: browse_report.py PAGE [HEADING...]: these sections must be there
"""
import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROBE = """<script>
const found = { errors: window.errors, columns: {} };
const lines = () => [...document.querySelectorAll("#layers tbody tr")];
const heads = () => [...document.querySelectorAll("#layers thead th")];
found.layers = lines().map((line) => line.children[1].textContent);
found.nodes = [...document.querySelectorAll("#graph .node text")].length;
found.edges = document.querySelectorAll("#graph .edge").length;
found.headings = [...document.querySelectorAll("h2")].map((h) => h.textContent);
heads().forEach((head, i) => {
  found.columns[head.textContent] = [0, 1].map(() => {
    head.querySelector("button").click();
    return [head.getAttribute("aria-sort"), lines().map((line) => line.children[i].textContent)];
  });
});
const select = document.querySelector("#colour");
found.fills = [...select.options].map((option) => {
  select.value = option.value;
  select.dispatchEvent(new Event("change"));
  return new Set([...document.querySelectorAll("#graph rect")].map((box) => box.getAttribute("fill"))).size;
});
document.body.setAttribute("data-found", JSON.stringify(found));
</script></body>"""
WATCH = """<head><script>
window.errors = [];
addEventListener("error", (event) => window.errors.push(event.message));
</script>"""

page, *headings = sys.argv[1:]
text = pathlib.Path(page).read_text()
data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])
text = text.replace("<head>", WATCH, 1).replace("</body>", PROBE)
chromium = shutil.which("chromium") or shutil.which("chromium-browser")
with tempfile.TemporaryDirectory() as folder:
    copy = pathlib.Path(folder, "page.html")
    copy.write_text(text)
    run = subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
                          "--proxy-server=127.0.0.1:9", "--virtual-time-budget=20000", "--dump-dom", copy.as_uri()],
                         capture_output=True, text=True, timeout=300)
match = re.search(r'<body data-found="(.*?)">', run.stdout, re.S)
assert match, f"the page's script did not run to its end: {run.stderr[-2000:]}"
found = json.loads(html.unescape(match[1]))
assert found["errors"] == [], found["errors"]

layers = data["details"]["layers"]
assert found["layers"] == [layer["name"] for layer in layers], found["layers"]
assert found["nodes"] == len(layers), found["nodes"]
assert found["edges"] == sum(len(layer["inputs"]) for layer in layers), found["edges"]
for heading in ["Before and after", "Network", "Layers", "Memory over time", "Kernels", *headings]:
    assert heading in found["headings"], (heading, found["headings"])
assert min(found["fills"]) > 1, "all layers have one colour"


def values(cells):
    """Numbers where all cells are, else words; cells without a value left out."""
    cells = [cell for cell in cells if cell]
    try:
        return [float(re.sub(r"[, %]", "", cell)) for cell in cells]
    except ValueError:
        return None


checked = 0
for title, passes in found["columns"].items():
    for order, cells in passes:
        assert order in ("ascending", "descending"), (title, order)
        assert sorted(cells) == sorted(passes[0][1]), title
        assert "" not in cells[:len([cell for cell in cells if cell])], (title, cells)
        numbers = values(cells)
        if numbers:
            checked += 1
            assert numbers == sorted(numbers, reverse=order == "descending"), (title, order, numbers)
    assert passes[0][0] != passes[1][0], title
assert {"MACs", "weight bytes", "layer"} <= found["columns"].keys() and checked >= 8, found["columns"].keys()
