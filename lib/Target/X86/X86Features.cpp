//===- X86Features.cpp - What cpuid says of x86
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Target/FeatureDetection.h"

using namespace mlir::lw;

/// Bits of XCR0.
static constexpr uint32_t kAVX = 0x6;     // xmm and ymm
static constexpr uint32_t kAVX512 = 0xe6; // and masks and zmm
static constexpr uint32_t kAMX = 0x60000; // tiles
static constexpr uint32_t kAPX = 0x80000; // r16 to r31

static constexpr auto EAX = CpuidRegister::EAX;
static constexpr auto EBX = CpuidRegister::EBX;
static constexpr auto ECX = CpuidRegister::ECX;
static constexpr auto EDX = CpuidRegister::EDX;

static constexpr uint32_t kExtended = 0x80000001;

// Features of the system and of instructions that only a program's author
// writes (sgx, clzero, aes, ...) are not here.
static constexpr X86Feature kFeatures[] = {
    {"cmov", 1, 0, EDX, 15, 0},
    {"mmx", 1, 0, EDX, 23, 0},
    {"sse", 1, 0, EDX, 25, 0},
    {"sse2", 1, 0, EDX, 26, 0},
    {"sse3", 1, 0, ECX, 0, 0},
    {"pclmul", 1, 0, ECX, 1, 0},
    {"ssse3", 1, 0, ECX, 9, 0},
    {"fma", 1, 0, ECX, 12, kAVX},
    {"sse4.1", 1, 0, ECX, 19, 0},
    {"sse4.2", 1, 0, ECX, 20, 0},
    {"movbe", 1, 0, ECX, 22, 0},
    {"popcnt", 1, 0, ECX, 23, 0},
    {"avx", 1, 0, ECX, 28, kAVX},
    {"f16c", 1, 0, ECX, 29, kAVX},
    {"bmi", 7, 0, EBX, 3, 0},
    {"avx2", 7, 0, EBX, 5, kAVX},
    {"bmi2", 7, 0, EBX, 8, 0},
    {"avx512f", 7, 0, EBX, 16, kAVX512},
    {"avx512dq", 7, 0, EBX, 17, kAVX512},
    {"avx512ifma", 7, 0, EBX, 21, kAVX512},
    {"avx512cd", 7, 0, EBX, 28, kAVX512},
    {"avx512bw", 7, 0, EBX, 30, kAVX512},
    {"avx512vl", 7, 0, EBX, 31, kAVX512},
    {"avx512vbmi", 7, 0, ECX, 1, kAVX512},
    {"avx512vbmi2", 7, 0, ECX, 6, kAVX512},
    {"gfni", 7, 0, ECX, 8, 0},
    {"vpclmulqdq", 7, 0, ECX, 10, kAVX},
    {"avx512vnni", 7, 0, ECX, 11, kAVX512},
    {"avx512bitalg", 7, 0, ECX, 12, kAVX512},
    {"avx512vpopcntdq", 7, 0, ECX, 14, kAVX512},
    {"avx512vp2intersect", 7, 0, EDX, 8, kAVX512},
    {"amx-bf16", 7, 0, EDX, 22, kAMX},
    {"avx512fp16", 7, 0, EDX, 23, kAVX512},
    {"amx-tile", 7, 0, EDX, 24, kAMX},
    {"amx-int8", 7, 0, EDX, 25, kAMX},
    {"avxvnni", 7, 1, EAX, 4, kAVX},
    {"avx512bf16", 7, 1, EAX, 5, kAVX512},
    {"amx-fp16", 7, 1, EAX, 21, kAMX},
    {"avxifma", 7, 1, EAX, 23, kAVX},
    {"avxvnniint8", 7, 1, EDX, 4, kAVX},
    {"avxneconvert", 7, 1, EDX, 5, kAVX},
    {"avxvnniint16", 7, 1, EDX, 10, kAVX},
    {"avx10.1", 7, 1, EDX, 19, kAVX512},
    {"egpr", 7, 1, EDX, 21, kAPX},
    {"push2pop2", 7, 1, EDX, 21, kAPX},
    {"ppx", 7, 1, EDX, 21, kAPX},
    {"ndd", 7, 1, EDX, 21, kAPX},
    {"ccmp", 7, 1, EDX, 21, kAPX},
    {"nf", 7, 1, EDX, 21, kAPX},
    {"zu", 7, 1, EDX, 21, kAPX},
    // The low byte is a version, of which 2 and 3 have this bit.
    {"avx10.2", 0x24, 0, EBX, 1, kAVX512},
    {"sahf", kExtended, 0, ECX, 0, 0},
    {"lzcnt", kExtended, 0, ECX, 5, 0},
    {"sse4a", kExtended, 0, ECX, 6, 0},
    {"prfchw", kExtended, 0, ECX, 8, 0},
    {"xop", kExtended, 0, ECX, 11, kAVX},
    {"fma4", kExtended, 0, ECX, 16, kAVX},
    {"tbm", kExtended, 0, ECX, 21, 0},
};

llvm::ArrayRef<X86Feature> mlir::lw::getX86Features() { return kFeatures; }
