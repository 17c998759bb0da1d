/* The conformance kit for providers written outside of the library: needs batchrouter.h and nothing else, so copy it
 * where your provider is. docs/adding-a-provider.md says what each check means. */
#ifndef BATCHROUTER_PROVIDER_CHECK_H
#define BATCHROUTER_PROVIDER_CHECK_H

#include <batchrouter.h>
#include <stdio.h>

struct provider_check {
  const br_provider_vtbl *table; /* NULL: the provider `name`, which is built in or registered already */
  const char *name;
  const char *const *settings; /* key, value, …, NULL: for the routers of the check; may be NULL */
  void *user_data;
  br_destroy_fn destroy; /* may be NULL; has run when the check returns */
  const char *model;     /* one that it serves */
  const char *bad_model; /* one that it refuses; NULL: it takes every model */
  const char *state_dir; /* an empty directory for the routers of the check */
  int64_t timeout_ms;    /* how long one batch may take */
  int rows;              /* requests in one batch, where the vendor wants many; 0: three */
  FILE *report;          /* one line for each check, in the Test Anything Protocol */
};

/* Registers the provider, runs batches of `rows` requests through it, and takes it away again. About five real batches
 * are made. Returns how many checks failed. */
int provider_check(const struct provider_check *what);

/* Kills a process of its own (SIGKILL) before and after each call of submit, poll, fetch and list, and lets a second one
 * finish the batch. The functions must work in a forked child. About eight real batches are made; destroy is not
 * called. Before provider_check, which takes user_data away. Returns how many checks failed. */
int provider_kill_check(const struct provider_check *what);

#endif
