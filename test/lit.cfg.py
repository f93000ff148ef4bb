"""lit configuration of lw's tests."""
import os
import pathlib
import shutil
import subprocess

import lit.formats
import lit.llvm

config.name = "lw"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "unit", "CMakeLists.txt"]
config.test_source_root = os.path.join(config.lw_source_dir, "test")
config.test_exec_root = os.path.join(config.lw_binary_dir, "test")

path = [os.path.join(config.lw_binary_dir, "bin"), config.llvm_tools_dir]
config.environment["PATH"] = os.pathsep.join(path + [os.environ["PATH"]])
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"
config.substitutions.append(("%python", config.python))
config.substitutions.append(("%lw_src", config.lw_source_dir))
config.substitutions.append(("%lw_build", config.lw_binary_dir))
config.substitutions.append(("%llvm_tools", config.llvm_tools_dir))
config.substitutions.append(("%cxx", config.cxx))
config.substitutions.append(("%mlir_dir", config.mlir_dir))

# The trained networks that lie beside the checkout; tests that need them say
# REQUIRES: models and lit names every test it leaves out.
models = pathlib.Path(os.environ.get(
    "LW_MODELS", os.path.join(config.lw_source_dir, "..", "shared", "models"))).resolve()
config.substitutions.append(("%models", str(models)))
if models.is_dir():
    config.available_features.add("models")
else:
    lit_config.note(f"no trained networks in {models} (set LW_MODELS): "
                    "tests that require 'models' are unsupported")

# Small networks with known outputs, beside them.
faults = pathlib.Path(os.environ.get("LW_FAULTS", models.parent / "faults")).resolve()
config.substitutions.append(("%faults", str(faults)))
if faults.is_dir():
    config.available_features.add("faults")
else:
    lit_config.note(f"no networks with known outputs in {faults} (set LW_FAULTS): "
                    "tests that require 'faults' are unsupported")

if shutil.which("clang-format-22"):
    config.available_features.add("clang-format")
else:
    lit_config.note("no clang-format-22 (scripts/setup.sh --dev installs it): "
                    "the sources' format is not tested")

# The benchmark's networks are built with Debian's python3-onnx.
config.substitutions.append(("%onnx_python", "/usr/bin/python3"))
if subprocess.run(["/usr/bin/python3", "-c", "import onnx"], capture_output=True).returncode == 0:
    config.available_features.add("python-onnx")
else:
    lit_config.note("no python3-onnx: tests that require 'python-onnx' are unsupported")
# Images are read with Debian's python3-pil.
if subprocess.run([config.python, "-c", "import PIL"], capture_output=True).returncode == 0:
    config.available_features.add("python-pil")
else:
    lit_config.note("no python3-pil: tests that require 'python-pil' are unsupported")

if shutil.which("chromium") or shutil.which("chromium-browser"):
    config.available_features.add("chromium")
else:
    lit_config.note("no chromium: the page of --report is not opened in a browser")

if all(map(shutil.which, ("dpkg-deb", "dpkg-shlibdeps", "apt-get", "pkg-config"))):
    config.available_features.add("dpkg")
else:
    lit_config.note("no dpkg-deb, dpkg-shlibdeps (Debian: dpkg-dev), apt-get or pkg-config: the Debian package "
                    "is not tested")

# Wheels are built with Debian's pip and setuptools.
if subprocess.run([config.python, "-c", "import ensurepip, setuptools, wheel, numpy, pip"],
                  capture_output=True).returncode == 0:
    config.available_features.add("python-venv")
else:
    lit_config.note("no python3-venv, python3-pip, python3-setuptools or python3-wheel: "
                    "the Python package is not tested")

# Sanitizers take memory of their own.
if config.lw_sanitize:
    config.available_features.add("sanitizer")
    lit_config.note("sanitizers take memory of their own: limits of memory are not tested")

# AArch64's libraries, linker and emulator run what is compiled for it.
if all(map(shutil.which, ("qemu-aarch64", "aarch64-linux-gnu-gcc"))):
    config.available_features.add("qemu-aarch64")
else:
    lit_config.note("no qemu-aarch64 or aarch64-linux-gnu-gcc (scripts/setup.sh --cross installs "
                    "them): code for ARM is compiled, but not run")

if shutil.which("qemu-x86_64"):
    config.available_features.add("qemu-x86_64")
else:
    lit_config.note("no qemu-x86_64 (Debian: qemu-user): libraries for several processors are not "
                    "run on lesser ones")

if shutil.which("valgrind"):
    config.available_features.add("valgrind")
else:
    lit_config.note("no valgrind: tests that require 'valgrind' are unsupported")

with open("/proc/cpuinfo") as cpuinfo:
    flags = cpuinfo.read()
for feature in ("avx2", "avx512f", "avx512_vnni"):
    if feature in flags:
        config.available_features.add(feature)
for feature, unit in (("avx_vnni", "AVX-VNNI"), ("avx512_vnni", "AVX-512 VNNI")):
    if feature not in flags:
        lit_config.note(f"this machine has no {unit}: its kernels on bytes are compiled, but not run")

# Random layers per variant that are compiled to kernels.
config.substitutions.append(("%kernel_layers", lit_config.params.get("kernel_layers", "60")))
# Random quantized operations of every kind.
config.substitutions.append(("%quantized_layers", lit_config.params.get("quantized_layers", "100")))
# Random networks of each of the two tests.
config.substitutions.append(("%networks", lit_config.params.get("networks", "150")))

# Tests of Integration/Install: one makes a package of the tested build, which the others install.
lit_config.parallelism_groups["install"] = 1
