"""Builds the wheel with the tools of a build, and runs its tests from it in a virtual environment.

usage: python_package.py CHECKOUT TOOLS FOLDER

NumPy and pytest come from the package index, or, where that cannot be reached, from
this Python. Where neither has them it says so and leaves the tests out.
"""
import os
import pathlib
import subprocess
import sys

checkout, tools, folder = map(pathlib.Path, sys.argv[1:])


def run(*command, check=True, **options):
    done = subprocess.run(list(map(str, command)), cwd=folder, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)
    if check and done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done


environment = {**os.environ, "LW_TOOLS": str(tools), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
source = folder / "source"
# A copy, since setuptools builds beside its sources.
run("cp", "-r", checkout / "python", source)
run(sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "-w", folder, source,
    env=environment)
wheel, = folder.glob("lw-*-py3-none-*.whl")
print(f"{wheel.name}: {wheel.stat().st_size} bytes")

# Without tools it is for every platform.
run(sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "-w", folder / "none",
    source, env={**environment, "LW_TOOLS": "none"})
assert len(list((folder / "none").glob("lw-*-py3-none-any.whl"))) == 1

python = folder / "venv/bin/python"
run(sys.executable, "-m", "venv", folder / "venv")
installed = run(python, "-m", "pip", "install", "-q", "--retries", "0", "--timeout", "20", wheel, "pytest",
                check=False)
if installed.returncode:
    print("no package index:", *installed.stdout.strip().splitlines()[-1:])
    run(sys.executable, "-m", "venv", "--clear", "--system-site-packages", folder / "venv")
    run(python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel)
    missing = run(python, "-c", "import numpy, pytest", check=False)
    if missing.returncode:
        print("skipped:", missing.stdout.strip().splitlines()[-1])
        sys.exit()

# The package's own tools and nothing of the checkout but the tests and the bundled network.
environment = {key: value for key, value in os.environ.items() if key not in ("LW_TOOLS", "PYTHONPATH")}
environment["PATH"] = os.pathsep.join(["/usr/bin", "/bin"])
tests = subprocess.run([python, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", checkout / "python/tests"],
                       cwd=folder, env=environment)
sys.exit(tests.returncode)
