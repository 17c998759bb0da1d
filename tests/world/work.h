// Work: what people want to be answered, what they were told of it, and what they got.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace br::world {

struct Question {
  std::string id, word;
  int asked_again = 0;  // how often people wanted it, who had no answer to it
};

// One result as somebody got it.
struct Got {
  std::string line;
  int times = 0;
  bool is_kept = false;  // its receipt was acknowledged for good
  bool is_error = false;
};

struct Task {
  std::string name;
  std::string lines;  // the request file
  std::vector<Question> questions;
  std::string job_id;       // of the job that was told last; empty: nobody was told of one
  std::set<std::string> jobs;
  bool was_tried = false;   // somebody gave it to the program
  bool was_cancelled = false, was_abandoned = false;
  int losses = 0;           // how often its job went with a directory that was put back
  std::map<std::string, std::map<std::string, Got>> got;  // by job, by id
  std::map<std::string, bool> is_complete;                // of jobs: the end was told
};

}  // namespace br::world
