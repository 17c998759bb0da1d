#include "core/requests/input_digest.h"

#include "support/cmocka.h"

namespace {

std::string digest_of(const char* id, const char* wire_id, const char* line) {
  br::InputDigest digest;
  digest.add(id, wire_id, line);
  return digest.text();
}

void digest_of_the_same_requests_is_the_same(void**) {
  assert_string_equal(digest_of("\"a\"", "", "{\"custom_id\":\"a\",\"x\":1}\n").c_str(),
                      digest_of("\"a\"", "", "{\"custom_id\":\"a\",\"x\":1}").c_str());
  assert_int_equal(digest_of("\"a\"", "", "{}").size(), 32);
}

void digest_leaves_out_the_id_that_stands_on_the_wire(void**) {
  assert_string_equal(digest_of("\"a\"", "t1-a", "{\"custom_id\":\"t1-a\",\"x\":1}").c_str(),
                      digest_of("\"a\"", "other-tag-a", "{\"custom_id\":\"other-tag-a\",\"x\":1}").c_str());
}

std::string digest_without_own_id(const char* id, const char* line) {
  br::InputDigest digest;
  digest.add_own_id(id, line);
  return digest.text();
}

void digest_of_an_untagged_line_is_that_of_a_tagged_one(void**) {
  for (const char* id : {"a", "custom_id", "c", "params"}) {
    const std::string json = "\"" + std::string(id) + "\"", end = ",\"params\":{\"a\":\"a\"}}";
    const std::string wire = "7i2lkux7ncg5-" + std::string(id);
    const std::string tagged = "{\"custom_id\":\"" + wire + "\"" + end, plain = "{\"custom_id\":" + json + end;
    assert_string_equal(digest_without_own_id(json.c_str(), plain.c_str()).c_str(),
                        digest_of(json.c_str(), wire.c_str(), tagged.c_str()).c_str());
  }
  assert_string_equal(digest_without_own_id("\"b\"", "{\"custom_id\":\"a\"}").c_str(),
                      digest_of("\"b\"", "", "{\"custom_id\":\"a\"}").c_str());
}

void digest_of_other_requests_is_another(void**) {
  const std::string one = digest_of("\"a\"", "", "{\"x\":1}");
  assert_string_not_equal(one.c_str(), digest_of("\"b\"", "", "{\"x\":1}").c_str());
  assert_string_not_equal(one.c_str(), digest_of("\"a\"", "", "{\"x\":2}").c_str());
  assert_string_not_equal(one.c_str(), digest_of("\"a\"{", "", "\"x\":1}").c_str());
  const std::string zeros(40, '\0'), more_zeros(41, '\0');
  br::InputDigest few, many;
  few.add("", "", zeros);
  many.add("", "", more_zeros);
  assert_string_not_equal(few.text().c_str(), many.text().c_str());
}

void digest_depends_on_the_order_of_the_requests(void**) {
  br::InputDigest forth, back;
  forth.add("\"a\"", "", "{\"x\":1}");
  forth.add("\"b\"", "", "{\"x\":2}");
  back.add("\"b\"", "", "{\"x\":2}");
  back.add("\"a\"", "", "{\"x\":1}");
  assert_string_not_equal(forth.text().c_str(), back.text().c_str());
}

br::RemoteBatch part_of(const char* provider, const char* base_url) {
  br::RemoteBatch batch;
  batch.provider = provider;
  batch.base_url = base_url;
  return batch;
}

void input_depends_on_who_is_asked_and_where(void**) {
  const std::vector<std::string> digests = {"d"};
  const std::string one = br::input_of({part_of("openai", "https://a")}, digests);
  assert_string_equal(one.c_str(), br::input_of({part_of("openai", "https://a")}, digests).c_str());
  assert_string_not_equal(one.c_str(), br::input_of({part_of("openai", "https://b")}, digests).c_str());
  assert_string_not_equal(one.c_str(), br::input_of({part_of("groq", "https://a")}, digests).c_str());
  assert_string_not_equal(one.c_str(), br::input_of({part_of("openai", "https://a")}, {"e"}).c_str());
}

void input_is_the_same_however_it_is_cut_into_batches(void**) {
  br::JobDigests whole, cut;
  std::vector<br::RemoteBatch> one = {part_of("openai", "https://a")}, three(3, one.front());
  br::InputDigest* all = whole.of(one.front());
  for (const char* line : {"1", "2", "3"}) all->add("\"a\"", "", line);
  for (const char* line : {"1", "2", "3"}) cut.of(three.front())->add("\"a\"", "", line);
  assert_string_equal(br::input_of(one, whole.texts()).c_str(), br::input_of(three, cut.texts()).c_str());
}

void input_of_another_model_is_another(void**) {
  br::JobDigests one, two;
  std::vector<br::RemoteBatch> same(2, part_of("openai", "https://a")), other = same;
  other.back().model = "m";
  for (const auto& batch : same) one.of(batch)->add("\"a\"", "", "1");
  for (const auto& batch : other) two.of(batch)->add("\"a\"", "", "1");
  assert_string_not_equal(br::input_of(same, one.texts()).c_str(), br::input_of(other, two.texts()).c_str());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(digest_of_the_same_requests_is_the_same),
                              cmocka_unit_test(digest_leaves_out_the_id_that_stands_on_the_wire),
                              cmocka_unit_test(digest_of_an_untagged_line_is_that_of_a_tagged_one),
                              cmocka_unit_test(digest_of_other_requests_is_another),
                              cmocka_unit_test(digest_depends_on_the_order_of_the_requests),
                              cmocka_unit_test(input_depends_on_who_is_asked_and_where),
                              cmocka_unit_test(input_is_the_same_however_it_is_cut_into_batches),
                              cmocka_unit_test(input_of_another_model_is_another)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
