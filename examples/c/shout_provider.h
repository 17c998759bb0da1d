/* "shout": a provider written outside of the library. Its batches are files in one directory; each question is answered
 * with itself in capitals. A real one would speak to a service where this one opens a file. */
#ifndef SHOUT_PROVIDER_H
#define SHOUT_PROVIDER_H

#include <batchrouter.h>

/* The table for br_registry_register; user_data is what shout_new gave, destroy is shout_free. */
const br_provider_vtbl *shout_table(void);
/* Keeps batches in `directory`, which exists. NULL when memory is out. */
void *shout_new(const char *directory);
void shout_free(void *shout);

#endif
