//===- main.cpp - A program of one tool
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Main.h"

int main(int argc, char **argv) { return mlir::lw::LW_TOOL_MAIN(argc, argv); }
