// RUN: lw-opt %s --lw-prepare-entry --split-input-file --verify-diagnostics

// expected-error @below {{expected a function @main with a body}}
module {
}

// -----

// expected-error @below {{expected a module attribute lw.entry with inputs and outputs, as --lw-record-entry makes it}}
module {
  func.func @main(%x: memref<2xf32>) {
    return
  }
}

// -----

module attributes {lw.entry = {inputs = [], outputs = [{name = "y", shape = array<i64: 2>, type = f32}]}} {
  // expected-error @below {{expected @main without results and with statically shaped memrefs of identity layout as arguments}}
  func.func @main(%x: memref<2xf32, strided<[2]>>) {
    return
  }
}

// -----

module attributes {lw.entry = {inputs = [], outputs = [{name = "y", shape = array<i64: 2>, type = f32}]}} {
  // expected-error @below {{expected argument 0 of @main to be 'memref<2xf32>' as in lw.entry, found 'memref<3xf32>'}}
  func.func @main(%x: memref<3xf32>) {
    return
  }
}

// -----

module attributes {lw.entry = {inputs = [], outputs = [{name = "y", shape = array<i64: 2>, type = f32}]}} {
  // expected-error @below {{expected 1 arguments of @main as in lw.entry and perhaps an arena, found 3}}
  func.func @main(%x: memref<2xf32>, %y: memref<2xf32>, %z: memref<2xf32>) {
    return
  }
}

// -----

module attributes {lw.entry = {inputs = [], outputs = [{name = "y", shape = array<i64: 2>, type = f32}]}} {
  // expected-error @below {{expected the last argument of @main to be a memref<Nxi8> with the attribute lw.arena, found 'memref<2xf32>'}}
  func.func @main(%x: memref<2xf32>, %y: memref<2xf32>) {
    return
  }
}
