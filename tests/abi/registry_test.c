/* How a provider in C is made known, found and taken away again. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "diner.h"

static br_error *error;

static void refused_table(br_provider_vtbl table, br_status want) {
  struct vendor vendor = {0};
  assert_refused(br_registry_register(&table, &vendor, destroy_vendor, &error), want, &error);
  assert_int_equal(vendor.destroyed, 1);
  assert_int_equal(vendor.closed, 0);
}

static void table_that_is_wrong_is_refused(void **state) {
  (void)state;
  const size_t sizes[] = {0, 1, sizeof(br_provider_vtbl) - 1, 100000};
  const char *names[] = {NULL,
                         "",
                         "Diner",
                         "a b",
                         "a@b",
                         "../x",
                         "0123456789012345678901234567890123456789012345678901234567890123456789"};
  const char *capabilities[] = {"[]",
                                "{",
                                "{\"limits\":{\"rows\":1}}",
                                "{\"limits\":{\"requests\":-1}}",
                                "{\"colour\":1}",
                                "{\"endpoints\":[\"tea\"]}",
                                "{\"title\":7}"};
  br_provider_vtbl table = table_of();
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    table.size = sizes[i];
    refused_table(table, BR_EINVAL);
  }
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    table = table_of();
    table.name = names[i];
    refused_table(table, BR_EINVAL);
  }
  for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++) {
    table = table_of();
    table.capabilities = capabilities[i];
    refused_table(table, BR_EINVAL);
  }
  table = table_of();
  table.submit = NULL;
  refused_table(table, BR_EINVAL);
  table = table_of();
  table.poll = NULL;
  refused_table(table, BR_EINVAL);
  table = table_of();
  table.fetch = NULL;
  refused_table(table, BR_EINVAL);
}

static void name_that_is_taken_is_refused(void **state) {
  (void)state;
  br_provider_vtbl table = table_of();
  refused_table(table, BR_EALREADY);
  table.name = "openai";
  refused_table(table, BR_EALREADY);
}

static void registered_provider_is_listed_behind_the_built_in(void **state) {
  struct stage *stage = *state;
  const size_t built_in = br_provider_count();
  assert_int_equal(br_registry_count(), built_in + 1);
  for (size_t i = 0; i < built_in; i++) assert_string_equal(br_registry_name(i), br_provider_name(i));
  assert_string_equal(br_registry_name(built_in), "diner");
  assert_null(br_registry_name(built_in + 1));
  assert_int_equal(br_registry_is_registered("diner"), 1);
  assert_int_equal(br_registry_is_registered("openai"), 1);
  assert_int_equal(br_registry_is_registered("nobody"), 0);
  assert_non_null(strstr(br_registry_get("diner"), "\"title\":\"Diner\""));
  assert_non_null(strstr(br_registry_get("diner"), "\"requests\":100"));
  assert_non_null(strstr(br_registry_get("openai"), "\"openai\""));
  assert_null(br_registry_get("nobody"));
  assert_int_equal(br_router_has_provider(stage->router, "diner"), 1);
}

static void unregistering_names_what_cannot_be(void **state) {
  struct stage *stage = *state;
  assert_refused(br_registry_unregister("nobody", &error), BR_ENOPROVIDER, &error);
  assert_refused(br_registry_unregister("openai", &error), BR_EINVAL, &error);
  assert_ok(br_registry_unregister("diner", &error), &error);
  assert_int_equal(stage->vendor.closed, 1);
  assert_int_equal(stage->vendor.destroyed, 1);
  assert_refused(br_registry_unregister("diner", &error), BR_ENOPROVIDER, &error);
  br_batch *batch = diner_batch(1);
  assert_refused(br_submit(stage->router, batch, NULL, NULL, NULL, NULL, &error), BR_ENOPROVIDER, &error);
  br_batch_free(batch);
}

/* ---- threads ---- */

#define THREADS 4
#define TURNS 50

static struct vendor vendors[THREADS]; /* jobs that nobody finishes keep them until the router is closed */

/* Registers and unregisters a provider of its own, and submits to it meanwhile: NULL when all went well. */
static void *come_and_go(void *argument) {
  struct stage *stage = argument;
  static atomic_int names;
  char name[16];
  const int number = atomic_fetch_add(&names, 1);
  snprintf(name, sizeof name, "diner-%d", number);
  br_provider_vtbl table = table_of();
  table.name = name;
  table.prepare = NULL;
  for (int i = 0; i < TURNS; i++) {
    static const char kLine[] =
        "{\"custom_id\":\"a\",\"model\":\"gpt\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    br_batch *batch = br_batch_new(name);
    br_job *job = NULL;
    int good = br_registry_register(&table, &vendors[number], destroy_vendor, NULL) == BR_OK &&
               br_registry_get(name) != NULL && br_batch_add_jsonl(batch, kLine, sizeof kLine - 1, NULL) == BR_OK &&
               br_submit(stage->router, batch, NULL, NULL, NULL, &job, NULL) == BR_OK &&
               br_registry_unregister(name, NULL) == BR_OK && !br_registry_is_registered(name);
    for (size_t all = br_registry_count(), k = 0; k < all; k++) (void)br_registry_name(k);
    br_batch_free(batch);
    br_job_free(job);
    if (!good) return argument;
  }
  return NULL;
}

static void registry_is_for_any_thread(void **state) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, *state), 0);
  for (int i = 0; i < THREADS; i++) {
    void *wrong = NULL;
    pthread_join(threads[i], &wrong);
    assert_null(wrong);
  }
  struct stage *stage = *state;
  br_router_free(stage->router);
  stage->router = NULL;
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(vendors[i].closed, TURNS);
    assert_int_equal(vendors[i].destroyed, TURNS);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(table_that_is_wrong_is_refused),
      ON_STAGE(name_that_is_taken_is_refused),
      ON_STAGE(registered_provider_is_listed_behind_the_built_in),
      ON_STAGE(unregistering_names_what_cannot_be),
      ON_STAGE(registry_is_for_any_thread),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
