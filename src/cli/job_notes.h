// JobNotes: what this program was asked to do with a job beside what the library knows: the hook at its end, the rounds of
// retries. Kept in $XDG_STATE_HOME/batchrouter/jobs, never in the state directory, which may come from somebody else.
#pragma once

#include <cstdint>
#include <string>

namespace cli {

struct JobNotes {
  std::string on_done;  // a command for sh -c; empty: none
  std::int64_t retries = 0;  // how often what failed for a passing reason is asked again
  bool is_round = false;     // the job is such a retry: its results go to the OUT of the first one

  bool empty() const { return on_done.empty() && retries == 0 && !is_round; }
};

// Throws Failure where they cannot be kept: before anything is paid that would need them.
void check_notes(const JobNotes& notes);
// Throws as check_notes().
void keep_notes(const std::string& job_id, const JobNotes& notes);
// Empty notes where there are none.
JobNotes notes_of(const std::string& job_id);
void forget_notes(const std::string& job_id);
// The hook, once in the life of the job, whoever asks; empty: it has none, or it was taken.
std::string take_hook(const std::string& job_id);

}  // namespace cli
