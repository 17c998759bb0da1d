// Calls of a caller's functions: whose answer counts.
#include "core/engine/callback_driver.h"

#include <memory>
#include <string>
#include <vector>

#include "support/part_room.h"

namespace {

using br::CallbackDriver;
using br::EventKind;
using br::Op;
using br::test::PartRoom;

// Each call is answered with a batch of the next number.
struct Numbering : br::Callbacks {
  br::Result<br::RemoteStatus> submit(const br::RemoteBatch&) const override { return next(); }
  br::Result<br::RemoteStatus> poll(const br::RemoteBatch&) const override { return next(); }
  br::Result<br::Cancelled> cancel(const br::RemoteBatch&) const override { return br::Cancelled(); }
  br::Result<std::vector<br::RemoteStatus>> list(const br::RemoteBatch&, std::int64_t) const override {
    return std::vector<br::RemoteStatus>{next()};
  }
  br::Result<void> fetch(const br::RemoteBatch&, const br::BytesSink&) const override { return {}; }
  std::shared_ptr<const void> hold() const override { return nullptr; }
  br::RemoteStatus next() const {
    br::RemoteStatus status;
    status.id = "batch_" + std::to_string(++calls);
    return status;
  }
  mutable int calls = 0;
};

struct Room : PartRoom {
  std::shared_ptr<CallbackDriver> driver() {
    return std::make_shared<CallbackDriver>(br::PartContext{&core, &http, {"job_a", 0}, &external});
  }
  // A thread of the caller's runs it, and the loop hears of its end.
  void run(std::size_t work) {
    listener.works.at(work).run();
    for (const br::ExternalAnswers::Answer& answer : core.answers->drain()) answer.apply();
  }
  const br::Provider external{std::make_unique<br::test::SmallDialect>(),
                              std::unique_ptr<const br::Callbacks>(new Numbering)};
};

void answer_to_a_call_comes_as_its_event(void**) {
  Room room;
  const auto driver = room.driver();
  driver->call(Op::poll, room.account());
  assert_true(driver->is_calling(Op::poll));
  room.run(0);
  assert_false(driver->is_calling(Op::poll));
  const br::Event event = room.event();
  assert_true(event.kind == EventKind::done && event.op == Op::poll);
  assert_string_equal(event.outcome.status->id.c_str(), "batch_1");
}

void late_answer_of_a_stopped_call_is_nobodys(void**) {
  Room room;
  const auto driver = room.driver();
  driver->call(Op::create, room.account());
  driver->stop();
  driver->call(Op::create, room.account());
  room.run(0);
  assert_true(room.events().empty());
  assert_true(driver->is_calling(Op::create));
  room.run(1);
  assert_string_equal(room.event().outcome.status->id.c_str(), "batch_2");
}

void answer_after_its_part_is_gone_is_nobodys(void**) {
  Room room;
  auto driver = room.driver();
  driver->call(Op::poll, room.account());
  driver.reset();
  room.run(0);
  assert_true(room.events().empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(answer_to_a_call_comes_as_its_event),
      cmocka_unit_test(late_answer_of_a_stopped_call_is_nobodys),
      cmocka_unit_test(answer_after_its_part_is_gone_is_nobodys),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
