// The results of a batch: what is asked again, what is given up with its reason, what waits for a person.
#include <algorithm>
#include <cstring>

#include "batchrouter.h"
#include "core/protocol/step.h"
#include "core/results/rest_reason.h"
#include "support/cmocka.h"

namespace {

using br::ActionKind;

br::Decision ended_batch() {
  br::Decision now;
  now.batch.job_id = "job_a";
  now.batch.provider = "openai";
  now.batch.rows = 4;
  now.batch.phase = br::Phase::fetching;
  now.batch.submitted_ms = 0;
  now.batch.status.id = "batch_1";
  now.batch.status.state = br::State::completed;
  now.batch.status.output.id = "file-1";
  now.track.ended_ms = 0;
  return now;
}

br::Event fetch_failed(br::Error error, std::int64_t bytes = -1) {
  br::Event event{.kind = br::EventKind::fetch_failed, .error = std::move(error)};
  event.bytes = bytes;
  return event;
}

br::Event collected(std::int64_t missing, std::int64_t total) {
  br::Event event{.kind = br::EventKind::collected};
  event.report.missing = missing;
  event.report.counts.total = event.report.counts.succeeded = event.report.rows = total;
  event.report.bodies = 1;
  return event;
}

br::Error http(br::Code code, int status, bool transient = false) {
  br::Error error(code, "[openai] downloading results: HTTP " + std::to_string(status), "");
  error.http_status = status;
  error.transient = transient;
  return error;
}

br::Event good_poll(const br::Decision& before) {
  br::Event event{.kind = br::EventKind::done};
  event.outcome.status = before.batch.status;
  return event;
}

br::Decision step(const br::Decision& before, const br::Event& event, const br::StepRules& rules = {}) {
  return br::step(rules, before.batch, before.track, event, 5, 1);
}

std::int64_t count(const br::Decision& decision, ActionKind kind, std::int32_t event = 0) {
  return std::count_if(decision.actions.begin(), decision.actions.end(), [&](const br::Action& action) {
    return action.kind == kind && (event == 0 || action.event == event);
  });
}

void file_refused_between_good_polls_given_up_after_eight_with_its_reason(void**) {
  br::Decision now = ended_batch();
  for (int i = 0; i < 7; ++i) {
    now = step(now, fetch_failed(http(br::Code::not_found, 404)));
    assert_int_equal(count(now, ActionKind::finish), 0);
    assert_int_equal(count(now, ActionKind::save), 1);
    assert_int_equal(count(now, ActionKind::notify, BR_EVENT_WARNING), i == 0 ? 1 : 0);
    assert_int_equal(now.track.due, br::Due::poll);
    now = step(now, good_poll(now));
    assert_int_equal(count(now, ActionKind::fetch), 1);
  }
  now = step(now, fetch_failed(http(br::Code::not_found, 404)));
  assert_int_equal(count(now, ActionKind::finish), 1);
  const br::RestReason rest = br::rest_reason(now.batch);
  assert_string_equal(rest.type.c_str(), "results_gone");
  assert_int_equal(rest.http_status, 404);
}

void one_file_of_two_refused_and_no_row_missing_the_batch_ends_well(void**) {
  br::Event event = collected(0, 4);
  event.report.refused = http(br::Code::not_found, 404);
  const br::Decision now = step(ended_batch(), event);
  assert_int_equal(count(now, ActionKind::finish), 1);
  assert_false(now.batch.error.has_value());
}

void one_file_of_two_refused_and_rows_missing_counts_as_refused(void**) {
  br::Event event = collected(1, 3);
  event.report.refused = http(br::Code::not_found, 410);
  br::Decision now = ended_batch();
  for (int i = 0; i < 8; ++i) now = step(now, event);
  assert_int_equal(count(now, ActionKind::finish), 1);
  assert_int_equal(now.batch.fetches, 0);
  assert_string_equal(br::rest_reason(now.batch).type.c_str(), "results_gone");
}

void server_errors_asked_again_for_ever_with_one_warning_and_the_reason(void**) {
  br::Decision now = ended_batch();
  std::int64_t warnings = 0;
  for (int i = 0; i < 500; ++i) {
    now = step(now, fetch_failed(http(br::Code::network, 500, true)));
    warnings += count(now, ActionKind::notify, BR_EVENT_WARNING);
    assert_int_equal(now.track.due, br::Due::fetch);
    assert_false(now.batch.blocked);
  }
  assert_int_equal(warnings, 1);
  assert_int_equal(now.batch.error->http_status, 500);
  now = step(now, collected(0, 4));
  assert_int_equal(count(now, ActionKind::notify, BR_EVENT_WARNING), 1);
  assert_false(now.batch.error.has_value());
}

void what_a_person_must_mend_blocks(void**) {
  br::Error redirect = http(br::Code::network, 302);
  redirect.blocking = true;
  br::Error not_found_through_a_proxy = http(br::Code::not_found, 404);
  not_found_through_a_proxy.blocking = true;
  for (const br::Error& error :
       {http(br::Code::auth, 403), redirect, not_found_through_a_proxy,
        br::Error(br::Code::network, "the certificate is not trusted"),
        br::Error(br::Code::store, "p0.ids.jsonl is damaged"), br::Error(br::Code::io, "disk full")}) {
    const br::Decision now = step(ended_batch(), fetch_failed(error));
    assert_true(now.batch.blocked);
    assert_int_equal(count(now, ActionKind::finish), 0);
  }
}

void out_of_descriptors_waits_and_tries_again(void**) {
  br::Error error(br::Code::io, "cannot open: Too many open files");
  error.transient = true;
  const br::Decision now = step(ended_batch(), fetch_failed(error));
  assert_false(now.batch.blocked);
  assert_int_equal(now.track.due, br::Due::fetch);
}

void body_without_rows_is_no_pass_while_rows_are_promised(void**) {
  br::Event page = collected(4, 0);
  page.report.rows = 0;
  page.report.bare = 1;
  page.report.bare_text = "<html>";
  br::Decision now = ended_batch();
  std::int64_t warnings = 0;
  for (int i = 0; i < 99; ++i) {
    now = step(now, page);
    warnings += count(now, ActionKind::notify, BR_EVENT_WARNING);
    assert_int_equal(now.batch.fetches, 0);
    assert_int_equal(now.track.due, br::Due::poll);
    assert_false(now.batch.blocked);
  }
  assert_int_equal(warnings, 1);
  assert_int_equal(count(step(now, collected(0, 4)), ActionKind::finish), 1);
  now = step(now, page);
  assert_true(now.batch.blocked);
  assert_int_equal(count(now, ActionKind::finish), 0);
}

// Counters lag, and of some states there are none: what is no row of the vendor's ends no batch.
void page_of_somebody_else_is_no_pass_whatever_the_counters_say(void**) {
  for (const br::State state : {br::State::completed, br::State::expired, br::State::cancelled}) {
    for (const bool known : {false, true}) {
      br::Decision now = ended_batch();
      now.batch.status.state = state;
      now.batch.status.counts_known = known;
      br::Event page = collected(4, 0);
      page.report.bare = 1;
      page.report.bare_text = "<html>";
      now = step(now, page);
      assert_int_equal(now.batch.fetches, 0);
      assert_int_equal(now.batch.bad_fetches, 1);
      assert_int_equal(count(now, ActionKind::finish), 0);
    }
  }
}

// Pages of results bring no bytes where they hold no row.
void pages_without_rows_are_no_pass_of_a_completed_batch(void**) {
  br::Event pages = collected(4, 0);
  pages.report.bodies = 0;
  pages.report.asked = true;
  assert_int_equal(step(ended_batch(), pages).batch.bad_fetches, 1);
  pages.report.asked = false;  // there was nothing to ask for
  assert_int_equal(step(ended_batch(), pages).batch.bad_fetches, 0);
}

void output_file_that_is_named_late_is_waited_for_beside_the_error_file(void**) {
  br::Decision now = ended_batch();
  now.batch.status.output.id.clear();
  now.batch.status.errors.id = "file-2";
  now.batch.status.counts_known = true;
  now.batch.status.counts.succeeded = 3;
  now.batch.status.counts.errored = 1;
  for (int poll = 0; poll < 30; ++poll) {
    now = step(now, good_poll(now));
    assert_int_equal(now.track.due, br::Due::poll);
    assert_int_equal(count(now, ActionKind::fetch), 0);
  }
}

void junk_beside_rows_that_account_for_every_promise_is_a_pass(void**) {
  br::Decision now = ended_batch();
  now.batch.status.counts_known = true;
  now.batch.status.counts.succeeded = 4;
  br::Event event = collected(1, 3);
  event.report.bare = event.report.damaged = event.report.malformed = 1;
  for (int i = 0; i < 3; ++i) now = step(now, event);
  assert_int_equal(now.batch.fetches, 3);
  assert_int_equal(count(now, ActionKind::finish), 1);
}

void empty_body_of_a_batch_with_answers_is_no_pass(void**) {
  br::Decision now = ended_batch();
  now.batch.status.counts_known = true;
  now.batch.status.counts.succeeded = 4;
  br::Event empty = collected(4, 0);
  for (int i = 0; i < 5; ++i) now = step(now, empty);
  assert_int_equal(now.batch.fetches, 0);
  assert_int_equal(count(now, ActionKind::finish), 0);
}

void rows_missing_from_a_completed_batch_fetched_again_at_most_three_times(void**) {
  br::Decision now = ended_batch();
  for (int i = 0; i < 2; ++i) {
    now = step(now, collected(1, 3));
    assert_int_equal(now.track.due, br::Due::poll);
    assert_int_equal(count(now, ActionKind::finish), 0);
  }
  assert_int_equal(count(step(now, collected(1, 3)), ActionKind::finish), 1);
}

void download_that_always_breaks_at_one_byte_warned_and_blocked_with_figures(void**) {
  br::Decision now = ended_batch();
  std::int64_t warnings = 0, tries = 0;
  while (!now.batch.blocked && tries < 100) {
    now = step(now, fetch_failed(http(br::Code::network, 0, true), 150'000));
    warnings += count(now, ActionKind::notify, BR_EVENT_WARNING);
    if (++tries == 2) assert_int_equal(warnings, 1);
  }
  assert_int_equal(tries, 31);
  assert_int_equal(warnings, 1);
  assert_non_null(std::strstr(now.batch.error->message.c_str(), "31 downloads broke"));
  assert_non_null(std::strstr(now.batch.error->message.c_str(), "150000 bytes"));
}

void download_that_comes_further_each_time_goes_on(void**) {
  br::Decision now = ended_batch();
  for (int i = 1; i < 200; ++i) now = step(now, fetch_failed(http(br::Code::network, 0, true), i * 1000));
  assert_false(now.batch.blocked);
}

// Rows name the version that answered ("m-2030-01-01"), and the model that was asked is what is paid for: it counts
// where all requests have the same.
void tokens_are_kept_apart_by_model_only_where_several_were_asked(void**) {
  br::Event event = collected(0, 4);
  event.kind = br::EventKind::finished;
  event.report.tokens.input = 9;
  event.report.model_tokens = {{"m-2030-01-01", {}}, {"n", {}}};
  br::Decision one = ended_batch();
  one.batch.model = "m";
  assert_true(step(one, event).batch.model_tokens.empty());
  br::Decision several = ended_batch();
  several.batch.model = "m";
  several.batch.model_tokens = {{"m", {}}, {"n", {}}};
  const br::Decision ended = step(several, event);
  assert_int_equal(ended.batch.tokens.input, 9);
  assert_true(ended.batch.model_tokens == event.report.model_tokens);
  br::Decision elsewhere = ended_batch();  // attached: nobody here knows what was asked
  elsewhere.batch.model = "";
  assert_true(step(elsewhere, event).batch.model_tokens == event.report.model_tokens);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(tokens_are_kept_apart_by_model_only_where_several_were_asked),
      cmocka_unit_test(page_of_somebody_else_is_no_pass_whatever_the_counters_say),
      cmocka_unit_test(pages_without_rows_are_no_pass_of_a_completed_batch),
      cmocka_unit_test(output_file_that_is_named_late_is_waited_for_beside_the_error_file),
      cmocka_unit_test(file_refused_between_good_polls_given_up_after_eight_with_its_reason),
      cmocka_unit_test(one_file_of_two_refused_and_no_row_missing_the_batch_ends_well),
      cmocka_unit_test(one_file_of_two_refused_and_rows_missing_counts_as_refused),
      cmocka_unit_test(server_errors_asked_again_for_ever_with_one_warning_and_the_reason),
      cmocka_unit_test(what_a_person_must_mend_blocks),
      cmocka_unit_test(out_of_descriptors_waits_and_tries_again),
      cmocka_unit_test(body_without_rows_is_no_pass_while_rows_are_promised),
      cmocka_unit_test(junk_beside_rows_that_account_for_every_promise_is_a_pass),
      cmocka_unit_test(empty_body_of_a_batch_with_answers_is_no_pass),
      cmocka_unit_test(rows_missing_from_a_completed_batch_fetched_again_at_most_three_times),
      cmocka_unit_test(download_that_always_breaks_at_one_byte_warned_and_blocked_with_figures),
      cmocka_unit_test(download_that_comes_further_each_time_goes_on),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
