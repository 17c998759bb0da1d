// Whose a remembered output is, where several jobs remember one file.
#pragma once

#include <string>
#include <vector>

#include "cli/handles.h"
#include "cli/session.h"

namespace cli {

// The path that the job was submitted with; empty if there is none.
std::string output_of(const br_job* job);

// It is the newest job's: an older one writes its results over no other's.
class OutputOwners {
 public:
  explicit OutputOwners(Session* session) : session_(session) {}
  // The remembered output; empty, with a word about it, where it is another job's.
  std::string path_of(const br_job* job);

 private:
  // The id of a younger job that remembers the output of this one; empty if there is none.
  std::string younger_than(const br_job* job);

  Session* session_;
  std::vector<Job> jobs_;
};

}  // namespace cli
