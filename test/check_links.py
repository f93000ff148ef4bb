"""Checks that the files that Markdown documents link to exist.

usage: check_links.py DOCUMENT...
"""
import pathlib
import re
import sys

broken, checked = [], 0
for document in map(pathlib.Path, sys.argv[1:]):
    for target in re.findall(r"\]\(([^)#]+)", document.read_text()):
        if "://" in target:
            continue
        checked += 1
        if not (document.parent / target).exists():
            broken.append(f"{document}: no file {target}")
if broken or not checked:
    sys.exit("\n".join(broken or ["no links found"]))
