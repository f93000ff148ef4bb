"""The inference engines that run.py measures, behind one small interface.

An engine is a class with a `name`, `version()`, which raises ImportError when
the engine is not installed, and a constructor (path, threads, cache) that loads
the ONNX file `path`. An instance has
  run()             computes once; inputs and outputs stay where they are
  outputs()         the results of the last run() as a list of numpy arrays
  details           what it measured while loading, for the report
`cache` is a directory for compiled code, which is kept between runs.

All engines compute in f32 proper: shortcuts through bf16 or AMX, which some of
them take by default, are switched off.
"""
import ctypes
import importlib.metadata
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import numpy as np


def dtype_of(value):
    """numpy's type of an input of an ONNX graph."""
    from onnx import helper, numpy_helper

    return numpy_helper.to_array(helper.make_tensor("", value.type.tensor_type.elem_type, [0], [])).dtype


def model_inputs(path):
    """Seeded inputs for an ONNX file: {name: array}, symbolic sizes as 1. Whole
    numbers are small: most are indices."""
    import onnx

    graph = onnx.load(path).graph
    weights = {w.name for w in graph.initializer}
    rng = np.random.default_rng(1)
    inputs = {}
    for value in graph.input:
        if value.name in weights:
            continue
        shape = [d.dim_value or 1 for d in value.type.tensor_type.shape.dim]
        dtype = dtype_of(value)
        inputs[value.name] = (rng.standard_normal(shape) if dtype.kind == "f" else rng.integers(
            0, 2 if dtype.kind == "b" else 50, shape)).astype(dtype)
    return inputs


class Function:
    """Base of the engines that are called as a function: one result, or several in
    a container. Results have a method `copy` that makes them arrays of numpy's."""
    copy = "numpy"

    def call(self, function):
        def run():
            self.result = function()
        self.run = run
        self.result = None
        self.details = {}

    def outputs(self):
        results = [self.result] if hasattr(self.result, self.copy) else self.result
        return [np.array(getattr(r, self.copy)()) for r in results]


class OnnxRuntime:
    name = "onnxruntime"

    @staticmethod
    def version():
        import onnxruntime
        return onnxruntime.__version__

    def __init__(self, path, threads, cache, optimize=True):
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = (
            ort.GraphOptimizationLevel.ORT_ENABLE_ALL if optimize
            else ort.GraphOptimizationLevel.ORT_DISABLE_ALL)
        options.log_severity_level = 3
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        # Bound inputs and outputs are neither copied nor allocated in a run.
        self.binding = session.io_binding()
        self.inputs = model_inputs(path)
        for name, value in self.inputs.items():
            self.binding.bind_cpu_input(name, value)
        self.arrays = []
        for output, value in zip(session.get_outputs(),
                                 session.run(None, self.inputs)):
            array = np.empty_like(value, order="C")
            self.binding.bind_output(output.name, "cpu", 0, array.dtype.type, array.shape,
                                     array.ctypes.data)
            self.arrays.append(array)
        self.run = lambda: session.run_with_iobinding(self.binding)
        self.details = {}

    def outputs(self):
        return [a.copy() for a in self.arrays]


class OpenVino:
    name = "openvino"

    @staticmethod
    def version():
        import openvino
        return openvino.__version__.split("-")[0]

    def __init__(self, path, threads, cache):
        import openvino

        model = openvino.Core().compile_model(path, "CPU", {
            "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
            # The default on a processor with bf16 instructions is bf16.
            "INFERENCE_PRECISION_HINT": "f32",
            # Pinning is done for all engines alike, by the harness.
            "ENABLE_CPU_PINNING": False})
        self.request = model.create_infer_request()
        self.count = len(model.outputs)
        self.inputs = model_inputs(path)
        for name, value in self.inputs.items():
            self.request.set_tensor(name, openvino.Tensor(value, shared_memory=True))
        request = self.request

        def run():
            request.start_async()
            request.wait()
        self.run = run
        self.details = {}

    def outputs(self):
        return [self.request.get_output_tensor(i).data.copy() for i in range(self.count)]


class LiteRt:
    name = "litert"

    @staticmethod
    def version():
        import ai_edge_litert  # noqa: F401
        return importlib.metadata.version("ai-edge-litert")

    def __init__(self, path, threads, cache):
        from ai_edge_litert.interpreter import Interpreter
        import tflite_export

        # TFLite is NHWC; the harness' layout (NCHW) is kept outside of the timing.
        model = tflite_export.convert(path)
        self.interpreter = Interpreter(model_content=model, num_threads=threads)
        self.interpreter.allocate_tensors()
        (value,) = model_inputs(path).values()
        index = self.interpreter.get_input_details()[0]["index"]
        self.interpreter.set_tensor(index, np.ascontiguousarray(
            value.transpose(0, 2, 3, 1) if value.ndim == 4 else value))
        self.run = self.interpreter.invoke
        self.details = {}

    def outputs(self):
        result = []
        for detail in self.interpreter.get_output_details():
            value = self.interpreter.get_tensor(detail["index"])
            result.append(value.transpose(0, 3, 1, 2) if value.ndim == 4 else value)
        return result


class Iree(Function):
    name = "iree"
    copy = "to_host"

    @staticmethod
    def version():
        import iree.compiler  # noqa: F401
        import iree.runtime  # noqa: F401
        return importlib.metadata.version("iree-base-compiler")

    def __init__(self, path, threads, cache):
        import iree.runtime as rt

        module = cached(cache, path, f"iree-{self.version()}-nhwc", ".vmfb", self.compile)
        if threads == 1:
            config = rt.Config("local-sync")
        else:
            rt.flags.parse_flags(f"--task_topology_group_count={threads}")
            config = rt.Config("local-task")
        context = rt.SystemContext(config=config)
        code = rt.VmModule.mmap(context.instance, module)
        context.add_vm_module(code)
        entry = next(n for n in code.function_names
                     if not n.startswith("__") and not n.endswith("$async"))
        function = context.modules[code.name][entry]
        inputs = [rt.asdevicearray(config.device, v) for v in model_inputs(path).values()]
        self.call(lambda: function(*inputs))

    @staticmethod
    def compile(path, output):
        tools = pathlib.Path(sys.executable).parent
        imported = output + ".mlir"
        quiet = {"check": True, "capture_output": True}
        subprocess.run([tools / "iree-import-onnx", path, "--opset-version", "17",
                        "-o", imported], **quiet)
        subprocess.run([tools / "iree-compile", imported, "--iree-hal-target-device=local",
                        "--iree-hal-local-target-device-backends=llvm-cpu",
                        "--iree-llvmcpu-target-cpu=host", "--iree-opt-level=O3",
                        # Channels last and tiled data halve its times.
                        "--iree-opt-data-tiling",
                        "--iree-preprocessing-pass-pipeline=builtin.module(util.func("
                        "iree-preprocessing-convert-conv-to-channels-last))",
                        "-o", output], **quiet)
        os.remove(imported)


class Tvm(Function):
    """TVM with its default schedules: tuning takes hours a network."""
    name = "tvm"

    @staticmethod
    def version():
        import tvm
        return tvm.__version__

    def __init__(self, path, threads, cache):
        os.environ["TVM_NUM_THREADS"] = str(threads)
        import tvm
        from tvm import relax

        library = cached(cache, path, "tvm-" + self.version(), ".so", self.compile)
        machine = relax.VirtualMachine(tvm.runtime.load_module(library), tvm.cpu())
        inputs = [tvm.runtime.tensor(v) for v in model_inputs(path).values()]
        function = machine["main"]
        self.call(lambda: function(*inputs))

    @staticmethod
    def compile(path, output):
        import onnx
        import tvm
        from tvm import relax
        from tvm.relax.frontend.onnx import from_onnx

        cpu = tvm.target.codegen.llvm_get_system_cpu()
        module = from_onnx(onnx.load(path), keep_params_in_input=False)
        target = tvm.target.Target({"kind": "llvm", "mcpu": cpu})
        relax.build(module, target=target).export_library(output)


class Torch(Function):
    name = "torch"

    @staticmethod
    def version():
        import onnx2torch  # noqa: F401
        import torch
        return torch.__version__

    def __init__(self, path, threads, cache):
        import onnx2torch
        import torch

        torch.set_num_threads(threads)
        inputs = [torch.from_numpy(v) for v in model_inputs(path).values()]
        with torch.inference_mode():
            model = torch.jit.freeze(torch.jit.trace(onnx2torch.convert(path).eval(), inputs))
            model = torch.jit.optimize_for_inference(model)

        def function():
            with torch.inference_mode():
                return model(*inputs)
        self.call(function)


class Lw:
    """lw's own code: a shared library made by lwc, called through ctypes."""
    name = "lw"
    compiler, flags = "lwc", []
    dtypes = {"i1": "bool", **{f"f{bits}": f"float{bits}" for bits in (16, 32, 64)},
              **{f"{sign}{bits}": f"{name}{bits}" for bits in (8, 16, 32, 64)
                 for sign, name in (("i", "int"), ("si", "int"), ("ui", "uint"))}}

    @classmethod
    def version(cls):
        try:
            text = subprocess.run([cls.compiler, "--version"], capture_output=True,
                                  text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            raise ImportError(f"{cls.compiler}: {error}; build it, or name it with --lwc") from error
        found = re.search(r"lw (\d[\d.]*)", text)
        return found.group(1) if found else text.strip().splitlines()[0]

    def __init__(self, path, threads, cache):
        output = os.path.join(cache, f"{pathlib.Path(path).stem}-lw-{threads}.so")
        command = [self.compiler, path, "-o", output, "--name=network", *self.flags]
        if threads > 1:
            command.append(f"--threads={threads}")
        begin = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip() or f"lwc: exit code {done.returncode}")
        self.details = {"compile_s": time.perf_counter() - begin,
                        "library_bytes": os.path.getsize(output)}
        library = ctypes.CDLL(output)
        # The interface is described in the header that lwc writes.
        text = ctypes.string_at(ctypes.addressof(ctypes.c_char.in_dll(library, "network_info")))
        info = json.loads(text)
        inputs = model_inputs(path)
        self.inputs = [np.ascontiguousarray(inputs[i["name"]]) for i in info["inputs"]]
        self.arrays = [np.empty(o["shape"], self.dtypes[o["type"]]) for o in info["outputs"]]
        self.arena = aligned(max(info["arena_bytes"], 1))
        function = library.network_run
        function.restype = ctypes.c_int32
        pointers = [(ctypes.c_void_p * len(a))(*(v.ctypes.data for v in a))
                    for a in (self.inputs, self.arrays)]
        arena = ctypes.c_void_p(self.arena.ctypes.data)
        self.details["arena_bytes"] = info["arena_bytes"]

        def run():
            status = function(*pointers, arena)
            if status:
                raise RuntimeError(f"network_run returned {status}")
        self.run = run

    def outputs(self):
        return [a.copy() for a in self.arrays]


def aligned(size, alignment=64):
    """A byte array whose address is a multiple of `alignment`."""
    raw = np.zeros(size + alignment, np.uint8)
    offset = -raw.ctypes.data % alignment
    return raw[offset:offset + size]


def cached(cache, path, engine, suffix, compile):
    """The path of `path` compiled by `engine`; compiled now if not in the cache."""
    output = os.path.join(cache, f"{pathlib.Path(path).stem}-{engine}{suffix}")
    if not os.path.exists(output) or os.path.getmtime(output) < os.path.getmtime(path):
        partial = os.path.join(cache, f"partial-{os.getpid()}{suffix}")
        compile(path, partial)
        os.replace(partial, output)
    return output


ENGINES = {e.name: e for e in (Lw, OnnxRuntime, OpenVino, LiteRt, Iree, Tvm, Torch)}
