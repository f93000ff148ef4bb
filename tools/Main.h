//===- Main.h - The main functions of the tools
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TOOLS_MAIN_H
#define LW_TOOLS_MAIN_H

namespace mlir::lw {

/// Of the tools that can be one program, see lw-standalone.
int lwcMain(int argc, char **argv);
int optMain(int argc, char **argv);
int runMain(int argc, char **argv);
int translateMain(int argc, char **argv);

} // namespace mlir::lw

#endif // LW_TOOLS_MAIN_H
