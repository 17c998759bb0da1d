// Every field of a job comes back from its record. The fields are named here one by one, so that a new one does not
// compile until it is listed, and then has to be written and read, or be said to be left out.
#include "store/record.h"

#include <tuple>
#include <type_traits>

#include "support/cmocka.h"

namespace {

// What the records leave out: it is set anew, is of no use after a restart, or has a table of its own.
struct LeftOut {};
constexpr LeftOut kLeftOut;

auto fields(const br::Counts& c) {
  const auto& [total, succeeded, errored, processing, cancelled, expired] = c;
  return std::tie(total, succeeded, errored, processing, cancelled, expired);
}

auto fields(const br::TokenClasses& t) {
  const auto& [input, output, cached_input, cache_write_5m, cache_write_1h] = t;
  return std::tie(input, output, cached_input, cache_write_5m, cache_write_1h);
}

auto fields(const br::TokenSums& t) {
  static_assert(sizeof(br::TokenSums) ==
                sizeof(br::TokenClasses) + sizeof t.reasoning + sizeof t.media + sizeof t.beyond);
  const auto& [b0, b1, b2, b3, b4] = t.beyond;
  return std::tie(t.input, t.output, t.cached_input, t.cache_write_5m, t.cache_write_1h, t.reasoning, kLeftOut, b0, b1,
                  b2, b3, b4);
}

auto fields(const br::ModelTokens& m) {
  const auto& [model, tokens] = m;
  return std::tie(model, tokens);
}

auto fields(const br::RemoteFile& f) {
  const auto& [id, url] = f;
  return std::tie(id, url);
}

auto fields(const br::Error& e) {
  const auto& [code, message, hint, provider, vendor_code, request_id, http_status, transient, not_executed,
               blocking, retry_after_ms, issues, issue_total] = e;
  static_cast<void>(std::tie(not_executed, retry_after_ms, issues, issue_total));
  return std::tie(code, message, hint, provider, vendor_code, request_id, http_status, transient, kLeftOut, blocking,
                  kLeftOut, kLeftOut, kLeftOut);
}

auto fields(const br::RemoteStatus& s) {
  const auto& [id, state, state_known, vendor_state, counts, counts_known, created_ms, completed_ms, expires_ms, model,
               endpoint, input_file_id, marker, output, errors, no_more_files, failure, quota_wait, raw] = s;
  return std::tie(id, state, state_known, vendor_state, counts, counts_known, created_ms, completed_ms, expires_ms,
                  model, endpoint, input_file_id, marker, output, errors, no_more_files, failure, quota_wait, raw);
}

auto fields(const br::RemoteBatch& b) {
  const auto& [job_id, provider, base_url, account, part, model, endpoint, path, rows, bytes, request_sum, ids_sum,
               unified_sum, request_path, marker, metadata, phase, attempt, planned_ms, id_tag, creates, key_salt,
               accounts, keys, adopted_by_person, input_file_id, status, create_sent_ms, submitted_ms, matched_by_shape,
               not_ours, absent_since_ms, missing_since_ms, fetches, refused_fetches, bad_fetches, refetches,
               queue_waits, results, results_sum, tokens, model_tokens, progress, error, blocked, cancel_wanted,
               cancel_taken, canary, held, canary_refusal] = b;
  static_cast<void>(std::tie(request_path, progress));
  return std::tie(job_id, provider, base_url, account, part, model, endpoint, path, rows, bytes, request_sum, ids_sum,
                  unified_sum, kLeftOut, marker, metadata, phase, attempt, planned_ms, id_tag, creates, key_salt,
                  accounts, keys, adopted_by_person, input_file_id, status, create_sent_ms, submitted_ms,
                  matched_by_shape, not_ours, absent_since_ms, missing_since_ms, fetches, refused_fetches, bad_fetches,
                  refetches, queue_waits, results, results_sum, tokens, model_tokens, kLeftOut, error, blocked,
                  cancel_wanted, cancel_taken, canary, held, canary_refusal);
}

auto fields(const br::Job& j) {
  const auto& [id, provider, base_url, name, output, parent, attempt, created_ms, completed_ms, captured, attached,
               done, settings, batches] = j;
  static_cast<void>(batches);
  return std::tie(id, provider, base_url, name, output, parent, attempt, created_ms, completed_ms, captured, attached,
                  done, settings, kLeftOut);
}

// ---- a value for each field, other than the one that it has by itself ----

int next = 0;

template <class T>
void fill(T& value);
template <class T>
void fill_one(std::optional<T>& value);
template <class T>
void fill_one(std::vector<T>& list);
template <class A, class B>
void fill_one(std::pair<A, B>& pair);

template <class T>
void fill_one(T& value) {
  if constexpr (std::is_same_v<T, LeftOut>)
    return;
  else if constexpr (std::is_same_v<T, bool>)
    value = !value;
  else if constexpr (std::is_enum_v<T>)
    value = static_cast<T>(static_cast<int>(T{}) + 3);
  else if constexpr (std::is_arithmetic_v<T>)
    value = static_cast<T>(100 + ++next);
  else if constexpr (std::is_same_v<T, std::string>)
    value = "\"text\n" + std::to_string(++next);
  else
    fill(value);
}

template <class T>
void fill_one(std::optional<T>& value) {
  fill_one(value.emplace());
}
template <class T>
void fill_one(std::vector<T>& list) {
  list.resize(2);
  for (T& item : list) fill_one(item);
}
template <class A, class B>
void fill_one(std::pair<A, B>& pair) {
  fill_one(pair.first), fill_one(pair.second);
}

// The fields are those of a value that is not const itself.
template <class T>
void fill(T& value) {
  std::apply([](const auto&... field) { (fill_one(const_cast<std::remove_cvref_t<decltype(field)>&>(field)), ...); },
             fields(value));
}

// ---- and the same value again ----

bool telling = false;  // which fields differ

template <class T>
bool same(const T& a, const T& b);
template <class T>
bool same(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b && same(*a, *b);
}

template <class A, class B, std::size_t... I>
bool same_fields(const A& a, const B& b, std::index_sequence<I...>) {
  const bool each[] = {same(std::get<I>(a), std::get<I>(b))...};
  bool good = true;
  for (std::size_t i = 0; i < sizeof...(I); ++i) {
    if (telling && !each[i])
      print_error("field %d of %d did not come back\n", static_cast<int>(i) + 1, int{sizeof...(I)});
    good = good && each[i];
  }
  return good;
}

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, LeftOut>)
    return true;
  else if constexpr (requires { a == b; })
    return a == b;
  else
    return same_fields(fields(a), fields(b), std::make_index_sequence<std::tuple_size_v<decltype(fields(a))>>{});
}

void every_field_of_a_job_comes_back(void**) {
  br::Job job;
  fill(job);
  const auto read = br::read_job_record(br::write_job_record(job));
  assert_true(read.ok());
  telling = true;
  assert_true(same(*read, job));
  telling = false;
  assert_false(same(br::Job{}, job));
}

void every_field_of_a_batch_comes_back(void**) {
  br::RemoteBatch batch;
  fill(batch);
  const auto read = br::read_batch_record(br::write_batch_record(batch));
  assert_true(read.ok());
  telling = true;
  assert_true(same(*read, batch));
  telling = false;
}

// Else a field that nobody writes would come back as it was.
template <std::size_t I>
void assert_filled(const br::RemoteBatch& filled, const br::RemoteBatch& fresh) {
  const auto& value = std::get<I>(fields(filled));
  if constexpr (!std::is_same_v<decltype(value), const LeftOut&>) assert_false(same(value, std::get<I>(fields(fresh))));
}
template <std::size_t... I>
void assert_each_filled(const br::RemoteBatch& filled, const br::RemoteBatch& fresh, std::index_sequence<I...>) {
  (assert_filled<I>(filled, fresh), ...);
}

void each_field_of_a_batch_is_told_from_its_first_value(void**) {
  br::RemoteBatch filled;
  const br::RemoteBatch fresh;
  fill(filled);
  assert_each_filled(filled, fresh, std::make_index_sequence<std::tuple_size_v<decltype(fields(fresh))>>{});
}

void a_record_without_the_newer_fields_is_read(void**) {
  const auto batch = br::read_batch_record(R"({"job_id":"job_a","part":0})");
  assert_true(batch.ok());
  assert_false(batch->cancel_taken);
  assert_int_equal(batch->submitted_ms, -1);
  const auto job = br::read_job_record(R"({"id":"job_a"})");
  assert_true(job.ok());
  assert_int_equal(job->attempt, 1);
}

std::int32_t creates_in(const char* fields) {
  const auto batch = br::read_batch_record(std::string(R"({"job_id":"job_a",)") + fields + "}");
  assert_true(batch.ok());
  return batch->creates;
}

// The version before counted attempts, and also those of which certainly nothing came.
void creates_of_an_older_record_are_those_that_may_have_been_paid(void**) {
  assert_int_equal(creates_in(R"("phase":0,"attempt":2,"queue_waits":1)"), 0);
  assert_int_equal(creates_in(R"("phase":1,"attempt":1)"), 0);
  assert_int_equal(creates_in(R"("phase":1,"attempt":2)"), 1);
  assert_int_equal(creates_in(R"("phase":2,"attempt":1)"), 1);
  assert_int_equal(creates_in(R"("phase":3,"attempt":5,"queue_waits":4)"), 1);
  assert_int_equal(creates_in(R"("phase":3,"attempt":3)"), 3);
  assert_int_equal(creates_in(R"("phase":4,"attempt":1,"queue_waits":3)"), 1);
  assert_int_equal(creates_in(R"("phase":6,"attempt":1,"status":{"id":"batch_1"})"), 1);
  assert_int_equal(creates_in(R"("phase":6,"attempt":1,"status":{"id":""})"), 0);
  assert_int_equal(creates_in(R"("phase":7,"attempt":1)"), 0);
  assert_int_equal(creates_in(R"("phase":7,"attempt":1,"creates":2)"), 2);
}

void a_damaged_record_is_an_error_of_the_store(void**) {
  for (const char* text : {"", "{", "[]", "{}"}) {
    assert_true(!br::read_job_record(text).ok() && br::read_job_record(text).error().code == br::Code::store);
    assert_true(!br::read_batch_record(text).ok() && br::read_batch_record(text).error().code == br::Code::store);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_field_of_a_job_comes_back),
      cmocka_unit_test(every_field_of_a_batch_comes_back),
      cmocka_unit_test(each_field_of_a_batch_is_told_from_its_first_value),
      cmocka_unit_test(a_record_without_the_newer_fields_is_read),
      cmocka_unit_test(creates_of_an_older_record_are_those_that_may_have_been_paid),
      cmocka_unit_test(a_damaged_record_is_an_error_of_the_store),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
