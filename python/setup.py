"""Puts lw's tools into the wheel: those of the folder LW_TOOLS, of this checkout's
build/release, or in PATH. LW_TOOLS=none makes a wheel without them, for machines
that only load compiled libraries."""
import os
import pathlib
import re
import shutil
import subprocess
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
    build = pathlib.Path(__file__).resolve().parent.parent / "build/release"
    checkout = [str(build / "standalone/bin"), str(build / "bin")]
    folders = [wanted] if wanted else [*checkout, *os.get_exec_path()]
    found = [shutil.which(tool, path=os.pathsep.join(folders)) for tool in TOOLS]
    if not all(found):
        sys.exit(f"lw: no {TOOLS[found.index(None)]} in {wanted or f'{checkout[1]} or PATH'}: build lw "
                 "(cmake --preset release && cmake --build build/release), name the folder of its "
                 "tools in LW_TOOLS, or set LW_TOOLS=none for a wheel that only loads libraries")
    if os.path.samefile(*found):  # one program, called by the names of all
        return found[:1]
    return found


def find_libraries(program):
    """Of those that `program`, of all tools, loads what a system may lack."""
    loaded = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return re.findall(r"libzip\.so\S* => (\S+)", loaded)


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
        libraries = pathlib.Path(self.build_lib, "lw/lib/lw")
        shutil.rmtree(libraries, ignore_errors=True)
        for library in find_libraries(tools[0]) if len(tools) == 1 else []:
            libraries.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, libraries)


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
