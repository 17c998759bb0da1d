// What is said of one batch: refused where it is set, and in force for that batch alone.
#include "core/requests/batch_options.h"

#include "support/cmocka.h"

namespace {

using br::BatchSpec;
using br::Code;

Code code_of(const char* name, const char* value) {
  BatchSpec spec;
  const auto set = br::set_batch_option(name, value, &spec);
  return set ? Code::ok : set.error().code;
}

void option_of_a_batch_takes_the_place_of_the_routers(void**) {
  br::Config router;
  assert_true(router.set("split", "never").ok());
  BatchSpec spec;
  assert_true(br::set_batch_option("split", "auto", &spec).ok());
  assert_true(br::set_batch_option("output", "/out", &spec).ok());
  const auto config = br::config_for_batch(router, spec);
  assert_true(config.ok());
  assert_string_equal(config->get("split").c_str(), "auto");
  assert_string_equal(router.get("split").c_str(), "never");
}

void last_value_counts_and_the_default_without_one(void**) {
  BatchSpec spec;
  assert_string_equal(br::batch_option(spec, "continue").c_str(), "0");
  assert_true(br::set_batch_option("continue", "1", &spec).ok());
  assert_true(br::set_batch_option("continue", "off", &spec).ok());
  assert_string_equal(br::batch_option(spec, "continue").c_str(), "0");
  assert_true(br::set_batch_option("continue", "yes", &spec).ok());
  assert_string_equal(br::batch_option(spec, "continue").c_str(), "1");
}

void wrong_option_is_refused_where_it_is_set(void**) {
  assert_true(code_of("finished", "refuse") == Code::ok);
  assert_true(code_of("finished", "perhaps") == Code::config);
  assert_true(code_of("again", "perhaps") == Code::config);
  assert_true(code_of("splits", "auto") == Code::config);
  assert_true(code_of("openai.api_key", "k") == Code::config);
}

void property_of_the_router_is_refused_for_a_batch_and_the_other_way_round(void**) {
  for (const char* name : {"state_dir", "http.ca_file", "delivery.auto_ack", "timeout_ms"})
    assert_true(code_of(name, "1") == Code::config);
  br::Config router;
  for (const char* name : {"output", "continue", "again"}) {
    const auto set = router.set(name, "1");
    assert_false(set.ok());
    assert_true(set.error().hint.find("br_batch_set") != std::string::npos);
  }
}

void metadata_is_bounded_and_replaced_by_key(void**) {
  BatchSpec spec;
  assert_true(br::set_batch_metadata("a", "1", &spec).ok());
  assert_true(br::set_batch_metadata("a", "2", &spec).ok());
  assert_true(spec.metadata.size() == 1 && spec.metadata[0].second == "2");
  assert_false(br::set_batch_metadata("", "1", &spec).ok());
  assert_false(br::set_batch_metadata("batchrouter_marker", "1", &spec).ok());
  assert_false(br::set_batch_metadata(std::string(65, 'k'), "1", &spec).ok());
  assert_false(br::set_batch_metadata("k", std::string(513, 'v'), &spec).ok());
  for (int i = 0; i < 11; ++i) assert_true(br::set_batch_metadata("k" + std::to_string(i), "", &spec).ok());
  assert_false(br::set_batch_metadata("one more", "", &spec).ok());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(option_of_a_batch_takes_the_place_of_the_routers),
      cmocka_unit_test(last_value_counts_and_the_default_without_one),
      cmocka_unit_test(wrong_option_is_refused_where_it_is_set),
      cmocka_unit_test(property_of_the_router_is_refused_for_a_batch_and_the_other_way_round),
      cmocka_unit_test(metadata_is_bounded_and_replaced_by_key),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
