// ResultBox: the results of one job that wait to be handed out. Its mutex is held while the results file is read, and
// guards nothing else.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/engine/engine.h"
#include "core/results/deliver.h"
#include "model/error.h"
#include "model/job.h"
#include "sys/mutex.h"

namespace br {

class ResultBox {
 public:
  ResultBox(const Job& job, const Feeds& feeds) : delivery_(job, feeds) {}
  ResultBox(const ResultBox&) = delete;
  ResultBox& operator=(const ResultBox&) = delete;

  // What one look brought.
  struct Look {
    std::optional<Error> error;  // met before the first result of this look
    bool is_full = false;        // as many as fit, or up to a damage: there may be more
    bool has_ended = false;      // no more rows are in the files, nor will there be
    std::int64_t fresh = 0;      // results that were never handed out by this router before
  };
  // Appends up to `capacity` minus what stands in *out.
  Look look(std::size_t capacity, std::vector<Delivered>* out);
  // [first, last) are results of this box. true: with them all that are there so far are
  // acknowledged.
  bool acknowledge(const Delivered* first, const Delivered* last);
  // All that was handed out and not given back.
  void acknowledge_all();
  // It is handed out again, before the others. false: it was acknowledged, and that counts.
  bool give_back(Delivered result, bool also_acknowledged);
  std::int64_t handed();
  // True, once, when rows of a batch are handed out of which no save says that they may have been.
  bool consume_first_handed();
  // What is to be saved; false: nothing changed since the last call.
  bool consume_progress(std::vector<PartProgress>* progress);
  // Whoever still has the box gets nothing from it any more. What was handed out and acknowledged until now.
  std::vector<PartProgress> close();

 private:
  Mutex mutex_;
  Delivery delivery_ GUARDED_BY(mutex_);
  std::deque<Delivered> returned_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace br
