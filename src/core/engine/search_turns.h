// After a kill thousands of parts may look for their marker before they are sent. They do so a few at a time, so that what
// one remembers of the vendor's list is not held a thousand times; and what the vendor answered one of them is the answer
// for the others, since none of them was sent by this process. Used by the loop's thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "net/http.h"
#include "providers/op.h"

namespace br {

class SearchTurns {
 public:
  using Part = std::pair<std::string, std::size_t>;  // job and index
  struct Turn {
    Part part;
    Op op = Op::list;  // the call that waits
  };
  // true: it is among those that search. false: it waits, and next() gives it back.
  bool begin(const Part& part, Op op);
  void end(const Part& part);
  // Somebody who waited and whose turn it is.
  std::optional<Turn> next();

 private:
  std::set<Part> searching_, queued_;
  std::deque<Turn> waiting_;
};

class SharedAnswers {
 public:
  using Use = std::function<void(const HttpResponse& response)>;
  // What was answered to that call and is not older than a few minutes; nullptr: nothing.
  const HttpResponse* find(const std::string& call, std::int64_t now_ms) const;
  // true: the caller is to make the call, and to give the answer to answered(). false: somebody does, and `use` is called.
  bool ask(const std::string& call, Use use);
  // Keeps it if it is a good one and there is room. Those who wait for it.
  std::vector<Use> answered(const std::string& call, const HttpResponse& response, std::int64_t now_ms);
  // Whoever asks from here on gets new answers.
  void clear();

 private:
  struct Answer {
    HttpResponse response;
    std::int64_t ms = 0;
  };
  std::map<std::string, Answer> answers_;
  std::size_t bytes_ = 0;  // of their bodies
  std::map<std::string, std::vector<Use>> asked_;
};

}  // namespace br
