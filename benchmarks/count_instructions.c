/* A plugin for qemu-aarch64 that counts the instructions that a program runs,
 * and of them those that matter to kernels. At the end it prints lines of a
 * name and a number. Of version 1 of qemu's interface for plugins (qemu 4.2
 * to 8.1), whose header Debian has not; what is used of it is declared here. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct block;
struct instruction;
enum operation { ADD_U64 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id,
                                           void (*)(plugin_id, struct block *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct block *, enum operation,
                                              void *, uint64_t);
void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *),
                                    void *);
size_t qemu_plugin_tb_n_insns(const struct block *);
struct instruction *qemu_plugin_tb_get_insn(const struct block *, size_t);
const void *qemu_plugin_insn_data(const struct instruction *);
void qemu_plugin_outs(const char *);

EXPORT int qemu_plugin_version = 1;

/* Bits of the encodings and their values, as in the Arm Architecture Reference
 * Manual. Of 128 bits, but for those of half a register. */
static const struct {
  const char *name;
  uint32_t mask, value;
} kinds[] = {
    {"instructions", 0, 0},
    {"fmla", 0xffa0fc00, 0x4e20cc00},
    {"fmla", 0xff80f400, 0x4f801000}, /* by a lane */
    {"half-fmla", 0xffa0fc00, 0x0e20cc00},
    {"half-fmla", 0xff80f400, 0x0f801000},
    {"fmadd", 0xffe08000, 0x1f000000},
    {"sdot", 0xffe0fc00, 0x4e809400},
    {"sdot", 0xffc0f400, 0x4f80e000},
    {"half-sdot", 0xffe0fc00, 0x0e809400},
    {"half-sdot", 0xffc0f400, 0x0f80e000},
    /* ldr, str and their like; ldp and stp; both again of the stack alone. */
    {"vector-memory", 0xfe800000, 0x3c800000},
    {"vector-memory", 0xfe000000, 0xac000000},
    {"vector-stack", 0xfe8003e0, 0x3c8003e0},
    {"vector-stack", 0xfe0003e0, 0xac0003e0},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static uint64_t counts[KINDS];

static void translate(plugin_id id, struct block *block) {
  size_t length = qemu_plugin_tb_n_insns(block);
  (void)id;
  for (int kind = 0; kind < KINDS; ++kind) {
    uint64_t found = 0;
    for (size_t i = 0; i < length; ++i) {
      uint32_t code;
      memcpy(&code, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(block, i)),
             sizeof code);
      found += (code & kinds[kind].mask) == kinds[kind].value;
    }
    if (found)
      qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &counts[kind],
                                               found);
  }
}

static void print(plugin_id id, void *data) {
  (void)id, (void)data;
  for (int kind = 0; kind < KINDS; ++kind) {
    char line[64];
    snprintf(line, sizeof line, "%s %" PRIu64 "\n", kinds[kind].name,
             counts[kind]);
    qemu_plugin_outs(line);
  }
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc,
                               char **argv) {
  (void)info, (void)argc, (void)argv;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  qemu_plugin_register_atexit_cb(id, print, NULL);
  return 0;
}
