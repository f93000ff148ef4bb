"""Finds and runs lw's command line tools."""
from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import time
from typing import NoReturn, Sequence

from ._error import Error

_OWN = pathlib.Path(__file__).parent / "bin"


def find(tool: str) -> str:
    """The path of `tool`: in the folder LW_TOOLS, in this package, or in PATH."""
    folder = os.environ.get("LW_TOOLS")
    if folder:
        path = shutil.which(tool, path=folder)
    else:
        path = shutil.which(tool, path=str(_OWN)) or shutil.which(tool)
    if not path:
        raise Error(f"no {tool} in {folder or 'this package or PATH'}: install a wheel of lw that has its "
                    "tools, or name their folder in the environment variable LW_TOOLS; "
                    "lw.load needs none")
    return path


class _Clock:
    """One line on the terminal, or in the notebook, that says for how long it has been going on."""

    def __init__(self, what: str, show: bool | None):
        self.what, self.start, self.width = what, time.monotonic(), 0
        self.show = sys.stderr.isatty() or "ipykernel" in sys.modules if show is None else show

    def say(self, text: str, end: str = "") -> None:
        if self.show:
            line = f"lw: {text} {self.what}, {time.monotonic() - self.start:.1f} s"
            self.width = max(self.width, len(line))
            print("\r" + line.ljust(self.width), end=end, file=sys.stderr, flush=True)


def run(tool: str, arguments: Sequence[str], what: str, progress: bool | None = None) -> str:
    """Runs `tool`, shows progress, and returns what it has said on standard error."""
    clock = _Clock(what, progress)
    with subprocess.Popen([find(tool), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE) as process:
        while True:
            clock.say("compiling")
            try:
                said = process.communicate(timeout=0.5)[1].decode(errors="replace").strip()
                break
            except subprocess.TimeoutExpired:
                continue
            except BaseException:  # Ctrl-C: no orphans
                process.kill()
                raise
    clock.say("failed to compile" if process.returncode else "compiled", end="\n")
    if process.returncode == 127 and "shared libraries" in said:
        said += (f"\n{tool} needs shared libraries that this system lacks: install them (Debian: apt-get install "
                 "libllvm22 libmlir-22), or a wheel that scripts/package.sh has made, whose tools bring theirs; running "
                 "compiled libraries needs none")
    if process.returncode:
        raise Error(said or f"{tool} ended with status {process.returncode}")
    return said


def _replace_process(tool: str) -> NoReturn:
    # Where all tools are one program, it is the name that says which is meant.
    program = next(path for path in (_OWN / tool, _OWN / "lwc") if path.exists())
    os.execv(program, [str(_OWN / tool), *sys.argv[1:]])


def lwc() -> NoReturn:
    """The command `lwc` of the wheel."""
    _replace_process("lwc")


def lw_run() -> NoReturn:
    """The command `lw-run` of the wheel."""
    _replace_process("lw-run")
