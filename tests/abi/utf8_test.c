/* Text that is not UTF-8 is refused before anything is sent: repaired, it would come back as another text. */
#include <string.h>

#include "support.h"

static br_error *error;

#define REFUSED(call) assert_refused((call), BR_EINVAL, &error)
#define REFUSED_INPUT(call) assert_refused((call), BR_EINPUT, &error)

/* A stray byte, a surrogate, a broken sequence, an overlong one, one beyond U+10FFFF, one that is cut off. */
static const char *const kWrong[] = {"a\xff", "b\xed\xa0\x80", "c\xc3(", "d\xc0\xaf", "e\xf4\x90\x80\x80", "f\xe2\x82"};
enum { kCount = sizeof kWrong / sizeof *kWrong };
static const char kRight[] = "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80";

static void ids_and_models_are_refused(void **state) {
  (void)state;
  for (int i = 0; i < kCount; i++) {
    assert_null(br_request_new(kWrong[i], "m"));
    assert_null(br_request_new("a", kWrong[i]));
    assert_null(br_batch_new(kWrong[i]));
  }
  br_request *request = br_request_new(kRight, "m");
  assert_non_null(request);
  br_request_free(request);
}

static void texts_of_requests_are_refused_and_leave_them_as_they_were(void **state) {
  (void)state;
  br_request *request = br_request_new("a", "m");
  assert_ok(br_request_add_message(request, BR_ROLE_USER, &error), &error);
  assert_ok(br_request_add_text(request, kRight, strlen(kRight), &error), &error);
  char before[512];
  strcpy(before, br_request_json(request, NULL));
  for (int i = 0; i < kCount; i++) {
    const char *wrong = kWrong[i];
    const size_t length = strlen(wrong);
    REFUSED_INPUT(br_request_set_system(request, wrong, length, &error));
    REFUSED_INPUT(br_request_add_system(request, wrong, length, &error));
    REFUSED_INPUT(br_request_add_text(request, wrong, length, &error));
    REFUSED_INPUT(br_request_add_image(request, BR_SOURCE_URL, NULL, wrong, length, &error));
    REFUSED_INPUT(br_request_add_document(request, BR_SOURCE_URL, wrong, "x", 1, &error));
    REFUSED_INPUT(br_request_add_audio(request, BR_SOURCE_URL, wrong, "x", 1, &error));
    REFUSED_INPUT(br_request_set_generation(request, wrong, "1", 1, &error));
    REFUSED_INPUT(br_request_set_field(request, wrong, "1", 1, &error));
    char json[16] = "\"";
    strcat(strcat(json, wrong), "\"");
    REFUSED_INPUT(br_request_set_generation(request, "stop_sequences", json, strlen(json), &error));
    REFUSED_INPUT(br_request_set_field(request, "seed", json, strlen(json), &error));
  }
  assert_string_equal(br_request_json(request, NULL), before);
  br_request_free(request);
}

static void lines_are_refused_with_their_place(void **state) {
  (void)state;
  static const char *const lines[] = {
      "{\"custom_id\":\"a\xff\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
      "{\"custom_id\":\"a\\ud800\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
      "{\"custom_id\":\"a\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\\udc00\"}]}"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    br_request *request = NULL;
    REFUSED_INPUT(br_request_from_json(lines[i], strlen(lines[i]), &request, &error));
    br_batch *batch = br_batch_new("openai");
    assert_ok(br_batch_add_jsonl(batch, lines[i], strlen(lines[i]), &error), &error);
    REFUSED_INPUT(br_validate(NULL, batch, &error));
    br_batch_free(batch);
  }
}

static void names_of_batches_and_settings_are_refused(void **state) {
  (void)state;
  br_batch *batch = br_batch_new("openai");
  br_config *config = br_config_new();
  for (int i = 0; i < kCount; i++) {
    REFUSED(br_batch_set_name(batch, kWrong[i], &error));
    REFUSED(br_batch_set_meta(batch, kWrong[i], "x", &error));
    REFUSED(br_batch_set_meta(batch, "x", kWrong[i], &error));
    REFUSED(br_batch_set(batch, kWrong[i], "x", &error));
    REFUSED(br_batch_set(batch, "output", kWrong[i], &error));
    REFUSED(br_config_set(config, kWrong[i], "x", &error));
    REFUSED(br_config_set(config, "openai.organization", kWrong[i], &error));
    assert_ok(br_config_set(config, "state_dir", kWrong[i], &error), &error); /* a path, which takes any bytes */
  }
  assert_ok(br_batch_set_meta(batch, "x", kRight, &error), &error);
  br_config_free(config);
  br_batch_free(batch);
}

static void names_of_jobs_and_providers_are_refused(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = NULL, *mine = submit(router, 1);
  br_job_list *list = NULL;
  for (int i = 0; i < kCount; i++) {
    REFUSED(br_attach(router, "openai", kWrong[i], &job, &error));
    REFUSED(br_attach(router, kWrong[i], "batch_1", &job, &error));
    REFUSED(br_job_adopt(mine, 0, kWrong[i], &error));
    REFUSED(br_job_open(router, kWrong[i], &job, &error));
    REFUSED(br_list(router, kWrong[i], 0, &list, &error));
    REFUSED(br_list_remote(router, kWrong[i], 0, 0, &list, &error));
    REFUSED(br_router_add_provider(router, kWrong[i], &error));
    REFUSED(br_router_remove_provider(router, kWrong[i], &error));
    REFUSED(br_registry_unregister(kWrong[i], &error));
  }
  br_job_free(mine);
  br_router_free(router);
  remove_directory(dir);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ids_and_models_are_refused),
      cmocka_unit_test(texts_of_requests_are_refused_and_leave_them_as_they_were),
      cmocka_unit_test(lines_are_refused_with_their_place),
      cmocka_unit_test(names_of_batches_and_settings_are_refused),
      cmocka_unit_test(names_of_jobs_and_providers_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
