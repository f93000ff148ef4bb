// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3 features=+avx512f" | FileCheck %s --check-prefix=NAMED
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a76" | FileCheck %s --check-prefix=ARM
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu" | FileCheck %s --check-prefix=GENERIC
// RUN: lw-opt %s --lw-set-target | FileCheck %s --check-prefix=HOST
// RUN: not lw-opt %s --lw-set-target=cpu=z80 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not lw-opt %s --lw-set-target=features=+wings 2>&1 | FileCheck %s --check-prefix=FEATURE
// RUN: not lw-opt %s --lw-set-target=triple=nonsense 2>&1 | FileCheck %s --check-prefix=TRIPLE
// RUN: not lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=native" 2>&1 | FileCheck %s --check-prefix=NATIVE
// RUN: not lw-opt %s --lw-set-target="triple=aarch64-linux-gnu_ilp32" 2>&1 | FileCheck %s --check-prefix=ILP32
// RUN: not lw-opt %s --lw-set-target="triple=aarch64-linux-gnu features=-neon" 2>&1 | FileCheck %s --check-prefix=NEON
// RUN: not lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a76 features=-fp-armv8" 2>&1 | FileCheck %s --check-prefix=NEON
// RUN: not lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3 features=+soft-float" 2>&1 | FileCheck %s --check-prefix=FLOAT

// NAMED: module attributes {lw.target = #lw.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v3", features = "+avx512f">}
// ARM: #lw.target<triple = "aarch64-unknown-linux-gnu", cpu = "cortex-a76", features = "">
// GENERIC: #lw.target<triple = "aarch64-unknown-linux-gnu", cpu = "generic", features = "">
// HOST: #lw.target<triple = "{{.+}}", cpu = "{{.+}}", features = "{{[+-].+}}">
// CPU: error: unknown cpu 'z80' for
// FEATURE: error: unknown feature '+wings' for
// TRIPLE: error: target 'nonsense{{.*}}' is not supported: code is made for x86-64 and AArch64
// NATIVE: error: cpu 'native' needs the host's architecture, the target is aarch64-unknown-linux-gnu
// ILP32: error: target 'aarch64-unknown-linux-gnu_ilp32' is not supported: code is made for x86-64 and AArch64
// NEON: error: cpu '{{.*}}' with features '-{{neon|fp-armv8}}' lacks NEON, which all code for AArch64 computes with
// FLOAT: error: feature '+soft-float' leaves no vectors to compute with
module {}
