"""Compiles networks for other processors than this machine's and runs them under qemu."""
import pathlib
import re
import subprocess
import sys

import numpy as np

TRIPLE = "aarch64-linux-gnu"


def run(command):
    """What `command` prints; the end of the program where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}exit status {done.returncode}")
    return done.stdout


class Emulator:
    """A folder where libraries are made and run.

    CPU is one that lwc knows, `x86-64...` or `multi` of x86-64, others of
    AArch64; `multi-aarch64` stands for `multi` of that. EMULATED is one that qemu knows, by default CPU; `native` is this
    machine.
    """

    def __init__(self, folder):
        self.folder, self.runners = pathlib.Path(folder), {}

    def runner(self, compiler):
        if compiler not in self.runners:
            program = self.folder / ("run-" + compiler)
            source = pathlib.Path(__file__).parent / "Inputs" / "run_library.c"
            run([compiler, "-O1", source, "-o", program, "-ldl"])
            self.runners[compiler] = program
        return self.runners[compiler]

    def run(self, network, cpu, emulated, inputs, outputs, flags=()):
        """The outputs, which are of the shapes and types of `outputs`."""
        is_x86 = cpu == "multi" or cpu.startswith("x86-64")
        library = self.folder / "net.so"
        run(["lwc", network, "-o", library, f"--cpu={cpu.removesuffix('-aarch64')}", "--quiet", *flags,
             *([] if is_x86 else [f"--target={TRIPLE}"])])
        arena = re.search(r"NET_ARENA_BYTES (\d+)", (self.folder / "net.h").read_text()).group(1)
        arguments = [library, "net", arena]
        for i, array in enumerate(inputs):
            (self.folder / f"input{i}").write_bytes(array.tobytes())
            arguments += [self.folder / f"input{i}", array.nbytes]
        arguments.append("--")
        for i, array in enumerate(outputs):
            arguments += [self.folder / f"output{i}", array.nbytes]
        if not is_x86:
            emulator = ["qemu-aarch64", "-cpu", emulated or cpu, "-L", "/usr/" + TRIPLE]
        else:
            emulator = [] if emulated == "native" else ["qemu-x86_64", "-cpu", emulated or cpu]
        run([*emulator, self.runner("gcc" if is_x86 else TRIPLE + "-gcc"), *arguments])
        return [np.fromfile(self.folder / f"output{i}", array.dtype).reshape(array.shape)
                for i, array in enumerate(outputs)]
