// The results of one remote batch: what follows when its files cannot be had, and when they were read.
#include "batchrouter.h"
#include "core/protocol/stepper.h"
#include "sys/clock.h"

namespace br {
namespace {
constexpr std::int32_t kMaxFetches = 3;
constexpr std::int32_t kMaxStuck = 30;
constexpr std::int64_t kLongWaitMs = 60'000;

// The vendor itself says that there is no such file. `provider`: anything else that is final, said by an external one.
bool is_refusal(const Error& error) {
  if (error.code == Code::not_found || error.http_status == 404 || error.http_status == 410) return true;
  if (error.code != Code::provider) return false;
  return error.http_status == 0 || (error.http_status == 400 && !error.vendor_code.empty());
}
}  // namespace

void Stepper::fetch() {
  nothing_due();
  add(batch().phase == Phase::refused ? ActionKind::finish : ActionKind::fetch);
}

// One warning when it begins; the reason stands with the batch until it is over.
void Stepper::trouble(Trouble of, Error error, std::int32_t failures) {
  const bool long_wait = error.retry_after_ms > kLongWaitMs;
  if (long_wait) error.message += "; the vendor wants no call before " + iso_time(now_ + error.retry_after_ms);
  if (track().trouble != Trouble::none) {
    batch().error = std::move(error);
    return;
  }
  if (failures < 2 && !long_wait) return;
  track().trouble = of;
  batch().error = std::move(error);
  save();
  notify(BR_EVENT_WARNING, batch().error->message + (of == Trouble::queue   ? "; the batch waits for room"
                                                     : of == Trouble::calls ? "; it is tried again"
                                                                            : "; it is asked again until there is an answer"));
}

void Stepper::trouble_over(Trouble of) {
  if (track().trouble != of) return;
  track().trouble = Trouble::none;
  batch().error.reset();
  save();
  notify(BR_EVENT_WARNING, of == Trouble::overdue     ? "the overdue batch has ended"
                           : of == Trouble::downloads ? "the results can be downloaded again"
                           : of == Trouble::queue     ? "the vendor's queue has room again"
                                                      : "the vendor answers again");
}

void Stepper::fetch_failed(const Event& event) {
  const Error& error = event.error;
  if (!error.blocking && is_refusal(error)) return file_refused(error);
  if (!error.blocking && error.transient && error.code == Code::protocol) return body_without_rows(error);
  if (error.blocking || !error.transient) return block(error);
  track().failures += 1;
  if (event.bytes >= 0 && download_is_stuck(error, event.bytes)) return;
  trouble(Trouble::downloads, error, track().failures);
  const std::int64_t delay = retry_delay_ms(rules_.retry, track().failures, error.retry_after_ms, dice_);
  schedule(Due::fetch, delay);
  notify(BR_EVENT_RETRY, error.message + "; again in " + std::to_string(delay) + " ms");
}

// A connection may break at any time; one that always breaks at the same place is broken by somebody.
bool Stepper::download_is_stuck(const Error& error, std::int64_t bytes) {
  track().breaks += 1;
  track().stuck = bytes > track().most_bytes ? 0 : track().stuck + 1;
  track().most_bytes = std::max(track().most_bytes, bytes);
  if (track().stuck < kMaxStuck) return false;
  Error why = error;
  why.message += "; " + std::to_string(track().breaks) + " downloads broke, none of them came further than " +
                 std::to_string(track().most_bytes) + " bytes";
  why.hint = "something on the way breaks them: try another network or proxy, then resume";
  track().breaks = track().stuck = track().failures = 0;
  track().trouble = Trouble::none;
  block(std::move(why));
  return true;
}

// What else there is was read. The count is kept, so that it comes to an end whatever happens in between.
void Stepper::file_refused(const Error& error) {
  // Under another account a file that is not there proves nothing.
  if (!is_own()) return block(foreign_account("the vendor does not give the results"));
  batch().refused_fetches += 1;
  batch().error = error;  // what the rows without an answer say
  track().trouble = Trouble::none;
  save();
  if (batch().refused_fetches >= kMaxRefusedFetches) return add(ActionKind::finish);
  if (batch().refused_fetches == 1)
    notify(BR_EVENT_WARNING, error.message + "; the file is asked for up to " + std::to_string(kMaxRefusedFetches) +
                                 " times, a poll apart");
  notify(BR_EVENT_RETRY, error.message);
  schedule(Due::poll, poll_delay_ms(rules_.poll, 0));
}

// A sign-in page, a proxy's error, nothing at all: no pass over the results, however often it comes.
void Stepper::body_without_rows(Error error) {
  batch().bad_fetches += 1;
  track().trouble = Trouble::none;
  if (batch().bad_fetches >= kMaxBadFetches) {
    error.message += "; so it was " + std::to_string(batch().bad_fetches) + " times";
    batch().bad_fetches = 0;
    return block(std::move(error));
  }
  batch().error = error;
  save();
  if (batch().bad_fetches == 1) notify(BR_EVENT_WARNING, error.message + "; they are downloaded again until they come");
  notify(BR_EVENT_RETRY, error.message);
  schedule(Due::poll, poll_delay_ms(rules_.poll, 0));
}

// Whether the vendor's counters or its state say that more rows must exist than have come.
bool Stepper::rows_are_promised(const CollectReport& report) const {
  const RemoteStatus& s = d_.batch.status;
  if (!rules_.attached && report.missing <= report.damaged) return false;
  const std::int64_t counted = s.counts.succeeded + s.counts.errored;
  if (s.counts_known && counted > report.counts.total + report.damaged) return true;
  // Counters lag, and what is no row of the vendor's proves nothing about its rows.
  if (!s.counts_known || counted == 0) return report.bare > 0 || (s.state == State::completed && !rules_.attached);
  return false;
}

void Stepper::collected(const CollectReport& report) {
  track().failures = track().breaks = track().stuck = 0;
  track().most_bytes = 0;
  trouble_over(Trouble::downloads);
  if (report.refused && (rules_.attached || report.missing > 0)) return file_refused(*report.refused);
  if ((report.bodies > 0 || report.asked) && (report.bare > 0 || report.rows == 0) && rows_are_promised(report)) {
    Error error(Code::protocol,
                "[" + batch().provider + "] downloading results: the answer holds no result row" +
                    (report.bare_text.empty() ? ", it is empty" : ", but: " + report.bare_text),
                "a proxy, a sign-in page of the network or the vendor stands in the way; look at the address in a "
                "browser, then resume");
    error.provider = batch().provider;
    error.transient = true;
    return body_without_rows(std::move(error));
  }
  batch().fetches += 1;
  batch().bad_fetches = batch().refused_fetches = 0;
  batch().error.reset();
  if (!more_rows_may_come(report)) return add(ActionKind::finish);
  notify(BR_EVENT_MISSING_RESULTS,
         std::to_string(report.missing) + " requests have no readable result row; the " + "files are fetched again");
  schedule(Due::poll, poll_delay_ms(rules_.poll, 0));
}

bool Stepper::more_rows_may_come(const CollectReport& report) const {
  if (rules_.attached || report.missing == 0 || d_.batch.fetches >= kMaxFetches) return false;
  const RemoteStatus& s = d_.batch.status;
  if (rules_.names_results && s.no_more_files && s.output.id.empty() && s.output.url.empty() && s.errors.id.empty()) return false;
  if (s.state == State::completed || report.malformed > 0) return true;
  const std::int64_t rows = report.counts.total;
  return s.counts_known && rows < s.counts.succeeded + s.counts.errored;
}

void Stepper::finished(const CollectReport& report) {
  nothing_due();
  batch().phase = Phase::collected;
  batch().results = report.counts;
  batch().results_sum = report.results_sum;
  batch().tokens = report.tokens;
  const bool one_model = !batch().model.empty() && batch().model_tokens.empty();
  if (!one_model && !report.model_tokens.empty()) batch().model_tokens = report.model_tokens;
  if (batch().canary) batch().canary_refusal = report.canary_refusal;
  save();
  notify(BR_EVENT_RESULTS_READY, std::to_string(report.counts.total) + " results");
}

}  // namespace br
