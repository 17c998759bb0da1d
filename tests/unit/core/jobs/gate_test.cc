// What a router is made of stays there for as long as somebody holds a pass, and nobody gets one of a closed gate.
#include "core/jobs/gate.h"

#include <atomic>
#include <optional>
#include <utility>

#include "support/cmocka.h"
#include "support/waiter.h"

namespace {

using br::Code;
using br::Gate;
using br::test::Background;

void closed_gate_lets_nobody_in(void**) {
  Gate gate;
  assert_true(gate.enter().ok());
  gate.close();
  const auto pass = gate.enter();
  assert_true(!pass.ok() && pass.error().code == Code::closed);
}

void closing_waits_for_the_last_pass(void**) {
  Gate gate;
  std::optional<Gate::Pass> outer(std::move(*gate.enter()));
  std::optional<Gate::Pass> nested(std::move(*gate.enter()));
  std::atomic<bool> given_back{false};
  Background<bool> closing([&] {
    gate.close();
    return given_back.load();
  });
  while (gate.enter().ok()) {
  }
  // The gate is closed, and whoever is inside goes on: nobody new comes in meanwhile.
  nested.reset();
  assert_false(gate.enter().ok());
  given_back = true;
  outer.reset();
  assert_true(closing.get());
}

void pass_that_was_moved_is_given_back_once(void**) {
  Gate gate;
  auto first = gate.enter();
  std::optional<Gate::Pass> kept(std::move(*first));
  std::optional<Gate::Pass> held(std::move(*gate.enter()));
  kept.reset();
  std::atomic<bool> given_back{false};
  Background<bool> closing([&] {
    gate.close();
    return given_back.load();
  });
  while (gate.enter().ok()) {
  }
  given_back = true;
  held.reset();
  assert_true(closing.get());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(closed_gate_lets_nobody_in),
      cmocka_unit_test(closing_waits_for_the_last_pass),
      cmocka_unit_test(pass_that_was_moved_is_given_back_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
