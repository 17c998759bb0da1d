// Whoever waits for a captured call hears of it when the state cannot be written any more, and finds the call later.
#include "capture/capture.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>

#include "core/router/router.h"
#include "support/cmocka.h"
#include "support/fake_call_store.h"
#include "support/fake_world.h"

namespace {

using br::TakenAnswer;
using br::Wait;
using br::test::FakeWorld;

constexpr std::int64_t kHourMs = 3'600'000;

const br::Error& full_disk() {
  static const br::Error error(br::Code::store, "the disk is full");
  return error;
}

// A vendor that hears nothing: what the tests look at happens before a batch leaves.
struct Room {
  Room() : in(7, [](const br::HttpRequest&, const std::string&) { return br::test::FakeAnswer(); }) {
    set("state_dir", "/state");
    set("openai.base_url", "https://vendor.example/v1");
    set("capture.window_ms", std::to_string(kHourMs));
    open();
  }
  void set(const std::string& key, const std::string& value) {
    if (auto done = config.set(key, value); !done) fail_msg("%s", done.error().message.c_str());
  }
  void open() {
    br::World world = in.begin_process();
    world.open_call_store = [this](const std::string&) -> br::Result<std::unique_ptr<br::CallStore>> {
      return br::test::open_fake_call_store(&calls);
    };
    auto opened = br::Router::open(config, {}, std::move(world));
    if (!opened) fail_msg("%s", opened.error().message.c_str());
    router = std::move(*opened);
    auto captured = br::Capture::open(router);
    if (!captured) fail_msg("%s", captured.error().message.c_str());
    capture = std::move(*captured);
  }
  static br::HttpCall chat(const std::string& text) {
    br::HttpCall call;
    call.method = "POST";
    call.url = "https://vendor.example/v1/chat/completions";
    call.provider = "openai";
    call.headers = {{"authorization", "Bearer k"}, {"content-type", "application/json"}};
    call.body = R"({"model":"m","messages":[{"role":"user","content":")" + text + R"("}]})";
    return call;
  }
  std::int64_t take(const std::string& text) const {
    auto taken = capture->take({chat(text)});
    if (!taken) fail_msg("%s", taken.error().message.c_str());
    return taken->front();
  }
  // The next answer that there is; waits for it.
  TakenAnswer next() const {
    for (;;) {
      std::optional<TakenAnswer> answer;
      auto waited = capture->next(-1, &answer);
      if (!waited) fail_msg("%s", waited.error().message.c_str());
      if (answer) return std::move(*answer);
    }
  }
  bool is_collecting() {
    const std::lock_guard lock(calls.mutex);
    return std::any_of(calls.batches.begin(), calls.batches.end(), [](const auto& batch) {
      return batch.second.state == br::CallBatchState::collecting;
    });
  }
  static void is_put_off(const TakenAnswer& answer, std::int64_t ticket) {
    assert_int_equal(answer.ticket, ticket);
    assert_int_equal(answer.http.status, 503);
    assert_int_equal(answer.call, 0);
    assert_string_equal(std::string(br::header_of(answer.http.headers, "retry-after")).c_str(), "60");
  }

  void flush_until_put_off(std::int64_t ticket) const {
    std::optional<TakenAnswer> answer;
    while (!answer) {
      capture->flush();
      assert_true(capture->next(0, &answer).ok());
    }
    is_put_off(*answer, ticket);
  }

  br::Config config;
  FakeWorld in;
  br::test::FakeCallDatabase calls;
  std::shared_ptr<br::Router> router;
  std::shared_ptr<br::Capture> capture;
};

void router_that_failed_puts_off_whoever_waits_and_then_ends(void**) {
  Room room;
  const std::int64_t ticket = room.take("?");
  room.router->monitor().fail(full_disk());
  const TakenAnswer answer = room.next();
  Room::is_put_off(answer, ticket);
  assert_true(answer.http.body.find("cannot be written") != std::string::npos);
  std::optional<TakenAnswer> none;
  br::Result<Wait> ended = Wait::woken;
  while (ended.ok()) ended = room.capture->next(-1, &none);
  assert_string_equal(ended.error().message.c_str(), "the disk is full");
  assert_false(room.capture->take({Room::chat("another")}).ok());
}

void router_that_failed_calls_whoever_asked_for_a_call(void**) {
  Room room;
  br::HttpCall call = Room::chat("?");
  std::optional<TakenAnswer> told;
  call.answer = std::make_shared<const br::AnswerFn>([&](TakenAnswer answer) { told = std::move(answer); });
  auto taken = room.capture->take({call});
  assert_true(taken.ok());
  room.router->monitor().fail(full_disk());
  while (!told) (void)room.router->events().poll(100);
  Room::is_put_off(*told, taken->front());
}

void call_that_was_put_off_is_found_by_the_next_process(void**) {
  Room room;
  room.take("?");
  room.router->monitor().fail(full_disk());
  room.next();
  room.capture.reset();
  assert_true(room.router->close(0).ok());
  room.open();
  room.take("?");
  assert_int_equal(room.calls.calls.size(), 1);
}

void batch_that_cannot_be_sealed_puts_off_whoever_waits(void**) {
  Room room;
  const std::int64_t ticket = room.take("?");
  room.calls.fail_writes(full_disk());
  room.flush_until_put_off(ticket);
  // The disk has room again: whoever asks again takes the call's place.
  room.calls.fail_writes(std::nullopt);
  room.take("?");
  assert_int_equal(room.calls.calls.size(), 1);
}

// Somebody asked for it, and would wait for the window otherwise.
void flush_that_failed_is_made_up_for(void**) {
  Room room;
  const std::int64_t ticket = room.take("?");
  room.calls.fail_writes(full_disk());
  room.flush_until_put_off(ticket);
  room.calls.fail_writes(std::nullopt);
  room.in.clock->advance(kHourMs / 60);  // long before the window ends
  while (room.is_collecting()) room.router->monitor().changed();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(router_that_failed_puts_off_whoever_waits_and_then_ends),
      cmocka_unit_test(router_that_failed_calls_whoever_asked_for_a_call),
      cmocka_unit_test(call_that_was_put_off_is_found_by_the_next_process),
      cmocka_unit_test(batch_that_cannot_be_sealed_puts_off_whoever_waits),
      cmocka_unit_test(flush_that_failed_is_made_up_for),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
