#!/usr/bin/env python3
"""Adds up lit's JSON results; the last line is 'N passed, N failed, N skipped'.

usage: count_tests.py RESULT.json...
A suite without a result counts as one failure. Exits 1 when a test failed or
none passed.
"""
import json
import pathlib
import sys

KINDS = {"PASS": "passed", "FLAKYPASS": "passed", "XFAIL": "passed", "UNSUPPORTED": "skipped"}


def main():
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for path in map(pathlib.Path, sys.argv[1:]):
        if not path.is_file():
            print(f"failed: {path.stem} was not run to its end")
            count["failed"] += 1
            continue
        for test in json.loads(path.read_text())["tests"]:
            kind = KINDS.get(test["code"], "failed")
            count[kind] += 1
            if kind != "passed":
                print(f"{kind}: {test['name']} ({test['code']})")
    print(", ".join(f"{number} {kind}" for kind, number in count.items()))
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
