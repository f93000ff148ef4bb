/* Eight threads run one network on different inputs for argv[1] seconds; every
   run has to give the bits that the same input gave alone. */
#include "network.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kThreads = 8 };

struct Thread {
  pthread_t id;
  unsigned number;
  double end;
  float *input, *output, *expected;
  void *arena;
  long runs, wrong;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int run(struct Thread *thread, float *output) {
  const void *inputs[] = {thread->input};
  void *outputs[] = {output};
  return network_run(inputs, outputs, thread->arena);
}

static void *work(void *argument) {
  struct Thread *thread = argument;
  do {
    memset(thread->output, 0xff, NETWORK_OUTPUT0_BYTES);
    int status = run(thread, thread->output);
    thread->wrong +=
        status != NETWORK_OK ||
        memcmp(thread->output, thread->expected, NETWORK_OUTPUT0_BYTES) != 0;
    ++thread->runs;
  } while (now() < thread->end);
  return NULL;
}

static void *aligned(size_t bytes) {
  return aligned_alloc(NETWORK_ARENA_ALIGNMENT,
                       (bytes / NETWORK_ARENA_ALIGNMENT + 1) *
                           NETWORK_ARENA_ALIGNMENT);
}

int main(int argc, char **argv) {
  static struct Thread threads[kThreads];
  long runs = 0, wrong = 0, alike = 0;
  if (argc != 2 || !network_supported())
    return 2;
  for (unsigned t = 0; t < kThreads; ++t) {
    struct Thread *thread = &threads[t];
    thread->number = t;
    thread->input = aligned(NETWORK_INPUT0_BYTES);
    thread->output = aligned(NETWORK_OUTPUT0_BYTES);
    thread->expected = aligned(NETWORK_OUTPUT0_BYTES);
    thread->arena = aligned(NETWORK_ARENA_BYTES);
    for (unsigned i = 0; i < NETWORK_INPUT0_SIZE; ++i)
      thread->input[i] = (float)((i * (2 * t + 7)) % 17) / 16.0f;
    if (run(thread, thread->expected) != NETWORK_OK)
      return 2;
    alike += t && memcmp(thread->expected, threads[0].expected,
                         NETWORK_OUTPUT0_BYTES) == 0;
  }
  // One end for all: valgrind lets only one thread run at a time.
  double end = now() + atof(argv[1]);
  for (unsigned t = 0; t < kThreads; ++t)
    threads[t].end = end;
  for (unsigned t = 0; t < kThreads; ++t)
    if (pthread_create(&threads[t].id, NULL, work, &threads[t]))
      return 2;
  for (unsigned t = 0; t < kThreads; ++t) {
    pthread_join(threads[t].id, NULL);
    runs += threads[t].runs;
    wrong += threads[t].wrong;
  }
  printf("%ld runs, %ld wrong, %ld alike\n", runs, wrong, alike);
  return wrong != 0;
}
