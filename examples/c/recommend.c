/* Ranks a catalog for users with a two-tower recommender. What depends on the
   item alone is computed once for the whole catalog, what depends on the user
   once for each user; the scores of all items are products of the two.

     benchmarks/recommenders.py FOLDER --items 100000 --steps 100
     lwc FOLDER/two_tower.onnx -o recommender.so \
         --split-towers=user:user,group,item:item,genre \
         --shape=user:1 --shape=group:1 --shape=item:1000 --shape=genre:1000
     cc -O2 -I. recommend.c ./recommender.so -o recommend
     ./recommend catalog.txt 3 1

   The catalog has two numbers a line, the ids of an item and its genre; user
   and group follow. Prints the five items of the highest scores. */
#include "recommender.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
  BATCH = RECOMMENDER_ITEM_INPUT0_SIZE,
  WIDTH = RECOMMENDER_ITEM_OUTPUT0_SIZE / BATCH,
  BEST = 5
};

static _Alignas(
    64) char arena[RECOMMENDER_USER_ARENA_BYTES + RECOMMENDER_ITEM_ARENA_BYTES +
                   RECOMMENDER_SCORE_ARENA_BYTES + 1];

static int fail(const char *message) {
  fprintf(stderr, "recommend: %s\n", message);
  return 1;
}

static double milliseconds(void) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* Reads the ids; the arrays have whole batches, filled up with the last item.
 */
static size_t read_catalog(FILE *file, int64_t **items, int64_t **genres) {
  size_t count = 0, room = BATCH;
  *items = malloc(room * sizeof(int64_t));
  *genres = malloc(room * sizeof(int64_t));
  long long item, genre;
  while (fscanf(file, "%lld %lld", &item, &genre) == 2) {
    if (count == room) {
      room *= 2;
      *items = realloc(*items, room * sizeof(int64_t));
      *genres = realloc(*genres, room * sizeof(int64_t));
    }
    (*items)[count] = item;
    (*genres)[count++] = genre;
  }
  for (size_t i = count; count && i < room; ++i) {
    (*items)[i] = (*items)[count - 1];
    (*genres)[i] = (*genres)[count - 1];
  }
  return count;
}

int main(int argc, char **argv) {
  FILE *file = argc == 4 ? fopen(argv[1], "r") : NULL;
  if (!file)
    return fail("expected a catalog and the ids of a user and a group");
  if (!recommender_user_supported())
    return fail("this processor lacks what the network is compiled for");
  int64_t *items, *genres, user = atoll(argv[2]), group = atoll(argv[3]);
  size_t count = read_catalog(file, &items, &genres);
  fclose(file);
  if (!count)
    return fail("the catalog is empty");
  size_t batches = (count + BATCH - 1) / BATCH;
  float *embeddings = malloc(batches * BATCH * WIDTH * sizeof(float));
  float *scores = malloc(batches * BATCH * sizeof(float));
  float of_user[RECOMMENDER_USER_OUTPUT0_SIZE];
  int32_t status = 0;

  double start = milliseconds();
  for (size_t b = 0; b < batches; ++b) {
    const void *inputs[] = {items + b * BATCH, genres + b * BATCH};
    void *outputs[] = {embeddings + b * BATCH * WIDTH};
    status |= recommender_item_run(inputs, outputs, arena);
  }
  double cached = milliseconds();
  const void *ids[] = {&user, &group};
  void *to_user[] = {of_user};
  status |= recommender_user_run(ids, to_user, arena);
  for (size_t b = 0; b < batches; ++b) {
    const void *inputs[] = {of_user, embeddings + b * BATCH * WIDTH};
    void *outputs[] = {scores + b * BATCH};
    status |= recommender_score_run(inputs, outputs, arena);
  }
  double scored = milliseconds();
  if (status)
    return fail("a run failed");

  for (int rank = 0; rank < BEST && (size_t)rank < count; ++rank) {
    size_t best = 0;
    for (size_t i = 1; i < count; ++i)
      if (scores[i] > scores[best])
        best = i;
    printf("item %lld, score %.6f\n", (long long)items[best], scores[best]);
    scores[best] = -1e30f;
  }
  fprintf(stderr,
          "%zu items: %.2f ms for their embeddings, once; %.2f ms for a user\n",
          count, cached - start, scored - cached);
  free(items);
  free(genres);
  free(embeddings);
  free(scores);
  return 0;
}
