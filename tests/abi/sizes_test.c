/* A size that no object can have, such as -1 for "ends with NUL", in every function that takes one. */
#include <stddef.h>
#include <stdint.h>

#include "support.h"

static br_error *error;
static const size_t kSizes[] = {SIZE_MAX, SIZE_MAX - 1, (size_t)PTRDIFF_MAX + 1, SIZE_MAX / 2 + 100};
#define EACH_SIZE(i) for (size_t i = 0; i < sizeof kSizes / sizeof *kSizes; i++)
#define REFUSED(call) assert_refused((call), BR_EINVAL, &error)

static void text_too_long_for_any_object_is_refused(void **state) {
  (void)state;
  br_request *request = br_request_new("a", "m");
  br_batch *batch = br_batch_new("openai");
  assert_ok(br_request_add_message(request, BR_ROLE_USER, &error), &error);
  EACH_SIZE(i) {
    const size_t size = kSizes[i];
    br_request *made = NULL;
    REFUSED(br_request_from_json("{}", size, &made, &error));
    assert_null(made);
    REFUSED(br_request_set_system(request, "x", size, &error));
    REFUSED(br_request_add_system(request, "x", size, &error));
    REFUSED(br_request_add_text(request, "x", size, &error));
    REFUSED(br_request_add_image(request, BR_SOURCE_BASE64, "image/png", "x", size, &error));
    REFUSED(br_request_add_document(request, BR_SOURCE_BASE64, "application/pdf", "x", size, &error));
    REFUSED(br_request_add_audio(request, BR_SOURCE_BASE64, "audio/wav", "x", size, &error));
    REFUSED(br_request_set_generation(request, "top_k", "1", size, &error));
    REFUSED(br_request_set_field(request, "seed", "1", size, &error));
    REFUSED(br_batch_add_jsonl(batch, "{}", size, &error));
  }
  br_request_free(request);
  br_batch_free(batch);
}

static void count_too_large_for_any_array_is_refused(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1);
  br_batch *batch = batch_of(1);
  EACH_SIZE(i) {
    const size_t size = kSizes[i];
    br_job *made = NULL;
    br_error *each = NULL;
    br_result *result = NULL;
    int32_t cancelled = 7;
    size_t count = 0;
    REFUSED(br_submit_many(router, &batch, size, &made, &each, &error));
    REFUSED(br_run(router, &batch, size, 0, &made, &each, &error));
    REFUSED(br_wait_many(router, &job, size, 0, &error));
    REFUSED(br_refresh_many(router, &job, size, 0, &each, &error));
    REFUSED(br_cancel_many(router, &job, size, 0, &cancelled, &each, &error));
    REFUSED(br_next_results(router, job, 0, &result, size, &count, &error));
    assert_null(made);
    assert_null(each);
    assert_null(result);
    assert_int_equal(cancelled, 7);
  }
  br_batch_free(batch);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_too_long_for_any_object_is_refused),
      cmocka_unit_test(count_too_large_for_any_array_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
