"""Puts lw's tools into the wheel: those of the folder LW_TOOLS, of this checkout's
build/release, or in PATH. LW_TOOLS=none makes a wheel without them, for machines
that only load compiled libraries."""
import os
import pathlib
import shutil
import sys

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # setuptools before 70.1
    from wheel.bdist_wheel import bdist_wheel

TOOLS = ("lwc", "lw-run")


def find_tools():
    wanted = os.environ.get("LW_TOOLS")
    if wanted == "none":
        return []
    checkout = pathlib.Path(__file__).resolve().parent.parent / "build/release/bin"
    folders = [wanted] if wanted else [str(checkout), *os.get_exec_path()]
    found = [shutil.which(tool, path=os.pathsep.join(folders)) for tool in TOOLS]
    if not all(found):
        sys.exit(f"lw: no {TOOLS[found.index(None)]} in {wanted or f'{checkout} or PATH'}: build lw "
                 "(cmake --preset release && cmake --build build/release), name the folder of its "
                 "tools in LW_TOOLS, or set LW_TOOLS=none for a wheel that only loads libraries")
    return found


tools = find_tools()


class BuildWithTools(build_py):
    def run(self):
        super().run()
        folder = pathlib.Path(self.build_lib, "lw/bin")
        # What an earlier build has left there.
        shutil.rmtree(folder, ignore_errors=True)
        for tool in tools:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(tool, folder)


class Wheel(bdist_wheel):
    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


class PlatformDistribution(Distribution):
    """The tools are code of this platform, for any Python."""

    def has_ext_modules(self):
        return bool(tools)


setup(distclass=PlatformDistribution,
      cmdclass={"build_py": BuildWithTools, "bdist_wheel": Wheel},
      entry_points={"console_scripts": [f"{tool} = lw._tools:{tool.replace('-', '_')}" for tool in TOOLS]}
      if tools else {})
