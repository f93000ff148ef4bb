// RUN: lw-opt %s --lw-prepare-entry=arena-limit=4096 | FileCheck %s
// RUN: not lw-opt %s --lw-prepare-entry=arena-limit=4095 2>&1 | FileCheck %s --check-prefix=LIMIT

// CHECK: arena_bytes = 4096
// LIMIT: error: needs an arena of 4096 bytes, 4095 are allowed
module attributes {lw.entry = {inputs = [], outputs = []}} {
  func.func @main(%a: memref<4096xi8> {lw.arena}) {
    return
  }
}
