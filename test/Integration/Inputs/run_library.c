/* Runs a compiled network once, on another processor under an emulator too:
 *
 *   run_library LIBRARY NAME ARENA_BYTES INPUT BYTES ... -- OUTPUT BYTES ...
 *
 * Inputs and outputs are files of so many raw bytes. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int32_t (*run_function)(const void *const *, void *const *, void *);

static void *allocate(size_t bytes) {
  void *memory = aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (!memory)
    exit(3);
  memset(memory, 0xff, (bytes + 127) / 64 * 64);
  return memory;
}

static int transfer(const char *path, const char *mode, void *data,
                    size_t bytes) {
  FILE *file = fopen(path, mode);
  size_t done = !file            ? 0
                : mode[0] == 'r' ? fread(data, 1, bytes, file)
                                 : fwrite(data, 1, bytes, file);
  if (!file || fclose(file) || done != bytes)
    fprintf(stderr, "%s: %zu of %zu bytes\n", path, done, bytes);
  return done == bytes;
}

int main(int argc, char **argv) {
  const void *inputs[256];
  void *outputs[256];
  char symbol[256];
  int i = 4, n_in = 0, n_out = 0, first_out;
  void *library = dlopen(argv[1], RTLD_NOW);
  run_function run;
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  snprintf(symbol, sizeof symbol, "%s_run", argv[2]);
  run = (run_function)dlsym(library, symbol);
  if (!run)
    return 2;
  for (; strcmp(argv[i], "--"); i += 2) {
    size_t bytes = strtoull(argv[i + 1], 0, 10);
    void *data = allocate(bytes);
    if (!transfer(argv[i], "rb", data, bytes))
      return 2;
    inputs[n_in++] = data;
  }
  for (first_out = ++i; i < argc; i += 2)
    outputs[n_out++] = allocate(strtoull(argv[i + 1], 0, 10));
  if (run(inputs, outputs, allocate(strtoull(argv[3], 0, 10)))) {
    fprintf(stderr, "the network returned an error\n");
    return 1;
  }
  for (i = 0; i < n_out; ++i)
    if (!transfer(argv[first_out + 2 * i], "wb", outputs[i],
                  strtoull(argv[first_out + 2 * i + 1], 0, 10)))
      return 2;
  return 0;
}
