#include "sys/fork_mark.h"

#include <sys/wait.h>
#include <unistd.h>

#include "support/cmocka.h"

namespace {

// What the function says in a forked child.
template <class Fn>
bool in_child(Fn&& says) {
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(says() ? 1 : 0);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status) == 1;
}

void mark_in_its_own_process_is_no_copy(void**) {
  const br::ForkMark first, second;
  assert_false(first.is_copy());
  assert_false(second.is_copy());
}

void mark_in_a_child_is_a_copy_and_stays_one_in_the_parent(void**) {
  const br::ForkMark mark;
  assert_true(in_child([&] { return mark.is_copy(); }));
  assert_false(mark.is_copy());
}

void mark_made_in_a_child_is_its_own(void**) {
  const br::ForkMark mark;
  assert_true(in_child([&] {
    const br::ForkMark own;
    return mark.is_copy() && !own.is_copy();
  }));
}

void marks_of_parent_and_child_are_copies_in_a_grandchild(void**) {
  const br::ForkMark mark;
  assert_true(in_child([&] {
    const br::ForkMark own;
    return in_child([&] {
      const bool copies = mark.is_copy() && own.is_copy();
      const br::ForkMark last;
      return copies && mark.is_copy() && own.is_copy() && !last.is_copy();
    });
  }));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(mark_in_its_own_process_is_no_copy),
      cmocka_unit_test(mark_in_a_child_is_a_copy_and_stays_one_in_the_parent),
      cmocka_unit_test(mark_made_in_a_child_is_its_own),
      cmocka_unit_test(marks_of_parent_and_child_are_copies_in_a_grandchild),
  };
  return cmocka_run_group_tests_name("fork_mark", tests, nullptr, nullptr);
}
