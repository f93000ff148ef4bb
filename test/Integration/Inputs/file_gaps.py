"""Fails when a file of ELF for AArch64 holds more bytes than its parts, but for what
aligns them, or when a part cannot be mapped in pages of 64 kB."""
import re
import subprocess
import sys

path = sys.argv[1]
text = subprocess.run(["llvm-readelf", "-hlSW", path], capture_output=True, text=True, check=True).stdout
parts = [(0, 64)]
for start, size in re.findall(r"\[ *\d+\] \S+ +(?!NOBITS)[A-Z]\w+ +\w+ (\w+) (\w+) ", text):
    parts.append((int(start, 16), int(size, 16)))
for kind, size in (("program", 56), ("section", 64)):
    start = int(re.search(rf"Start of {kind} headers: +(\d+)", text).group(1))
    count = int(re.search(rf"Number of {kind} headers: +(\d+)", text).group(1))
    parts.append((start, count * size))
gaps, end = [], 0
for start, size in sorted(parts):
    gaps.append(start - end)
    end = max(end, start + size)
loads = [[int(word, 16) for word in found]
         for found in re.findall(r"LOAD +0x(\w+) 0x(\w+) 0x\w+ 0x(\w+)", text)]
print("parts", len(parts), "largest gap", max(gaps), "loaded", loads)
assert len(parts) > 10 and loads and end == len(open(path, "rb").read())
assert min(gaps) >= 0 and max(gaps) < 64, gaps
assert all((offset - address) % 65536 == 0 and offset + size <= end for offset, address, size in loads)
