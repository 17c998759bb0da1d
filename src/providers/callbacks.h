// Callbacks: functions of the caller's that talk to a vendor of theirs. Each does the whole operation and blocks, so that
// it runs on a thread of the caller's, one at a time for each provider.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/job.h"
#include "providers/answers.h"

namespace br {

using BytesSink = std::function<Result<void>(std::string_view bytes)>;

class Callbacks {
 public:
  virtual ~Callbacks() = default;
  virtual Result<RemoteStatus> submit(const RemoteBatch& batch) const = 0;
  virtual Result<RemoteStatus> poll(const RemoteBatch& batch) const = 0;
  virtual Result<Cancelled> cancel(const RemoteBatch& batch) const = 0;
  // All batches there are. limit: how many are enough where batch has no marker.
  virtual Result<std::vector<RemoteStatus>> list(const RemoteBatch& batch, std::int64_t limit) const = 0;
  // Gives the result lines of a batch in a terminal state.
  virtual Result<void> fetch(const RemoteBatch& batch, const BytesSink& sink) const = 0;
  // What the functions need to work. nullptr: the provider was unregistered.
  virtual std::shared_ptr<const void> hold() const = 0;
};

}  // namespace br
