// BatchSearch: reads the vendor's list for a batch that the vendor may have. It decides what of the list is ours, what
// has to be looked at itself, and what all of it proves; what follows from that for the batch is step()'s. Works on the
// search's own state and knows no clock and no network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/protocol/step.h"

namespace br {

class BatchSearch {
 public:
  // What comes next, or what the search has shown.
  enum class Next : std::uint8_t {
    none,           // no search is under way: the answer is to nobody's question
    ask_uploads,    // the page `Search::page` of the vendor's files
    ask_list,       // the page `Search::page` of the vendor's batches
    probe,          // look at candidates[probing]
    failed,         // error() says why; nothing is proven
    found,          // Search::matches.best, which Search::owner has, if that is not empty
    several_alike,  // of several nobody can tell which one it is, or another job has the only one
    undecided,      // one may be it and cannot tell yet, or never
    nothing_there,  // the whole list was read, and it is not in it
  };

  // All of them outlive it. now_ms: of the event that is being handled.
  BatchSearch(const StepRules* rules, RemoteBatch* batch, Search* search, std::int64_t now_ms)
      : rules_(rules), batch_(batch), search_(search), now_ms_(now_ms) {}

  // A new search: for a batch whose create call had no answer, or before the create of a part that as far as we know was
  // never sent.
  enum class Why : std::uint8_t { no_answer, before_create };
  Next begin(Why why);
  Next uploads_listed(const Outcome& outcome);
  Next listed(const Outcome& outcome);
  Next probed(const Event& event);
  const std::optional<Error>& error() const { return error_; }

 private:
  Next fail(Error error);
  bool turn_page(const std::string& cursor);
  std::int64_t since_ms(const Outcome& outcome) const;
  void follow_order(const RemoteStatus& status, std::int64_t since_ms);
  bool reached_older() const;
  bool is_repeated(const Outcome& outcome);
  bool is_candidate(const RemoteStatus& status, std::int64_t since_ms) const;
  void read_page(const Outcome& outcome);
  Next list_ended();
  Next next_candidate();
  bool is_proven(const Event& event) const;
  bool keep_proven(const RemoteStatus& status, const std::string& owner);
  Next all_probed();

  const StepRules* const rules_;
  RemoteBatch* const batch_;
  Search* const search_;
  const std::int64_t now_ms_;
  std::optional<Error> error_;
};

}  // namespace br
