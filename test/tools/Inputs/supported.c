/* Both functions run anywhere: a wrong call is refused before the network's own
   code. */
#include "network.h"
#include <stdio.h>

int main(void) {
  printf("supported %d, refused %d\n", network_supported(),
         network_run(0, 0, 0) == NETWORK_NULL_POINTER);
  return 0;
}
