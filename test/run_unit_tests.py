"""Runs all GoogleTest programs in a folder; fails when one fails or none ran.

usage: run_unit_tests.py FOLDER
"""
import pathlib
import subprocess
import sys

programs = sorted(p for p in pathlib.Path(sys.argv[1]).iterdir() if p.name.endswith("Tests"))
failed = []
for program in programs:
    run = subprocess.run([program, "--gtest_brief=1"], capture_output=True, text=True)
    print(program.name, run.stdout.strip().splitlines()[-1] if run.stdout.strip() else "no output")
    if run.returncode or "[  PASSED  ] 0 tests" in run.stdout:
        failed.append(program.name)
        print(run.stdout, run.stderr)
if failed or not programs:
    sys.exit(f"failed: {failed}" if failed else "no test program found")
