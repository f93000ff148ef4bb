// RUN: not lw-opt %s --lw-emit-entry-point="prefix=2net" 2>&1 | FileCheck %s --check-prefix=PREFIX
// RUN: not lw-opt %s --lw-emit-entry-point 2>&1 | FileCheck %s

// PREFIX: error: expected a C identifier as the prefix of the exported functions, found '2net'
// CHECK: error: expected @main in the LLVM dialect and a module attribute lw.entry with arena_bytes
module {
  llvm.func @main() {
    llvm.return
  }
}
