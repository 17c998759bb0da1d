// Recognising a batch of ours in the vendor's list, and taking over what the vendor says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/job.h"

namespace br {

inline constexpr std::int32_t kMaxListPages = 10'000;

// Whether the vendor's batch was made from our request file or carries our marker. uploads: other files of its name.
bool is_ours(const RemoteBatch& batch, const RemoteStatus& status, const std::vector<std::string>& uploads);
// Where the vendor keeps no marker: not older than since_ms, of as many requests and, where the vendor says it, of our
// model. Says where to look, and proves nothing.
bool looks_like_ours(const RemoteBatch& batch, const RemoteStatus& status, std::int64_t since_ms);

// What one listing, over all its pages, has found so far.
struct Matches {
  std::optional<RemoteStatus> best;  // the furthest of several
  std::int32_t count = 0;
};
void keep_match(const RemoteStatus& status, Matches* matches);

// A listing whose cursor does not move proves nothing.
Error listing_loops(std::string_view provider);

// What the vendor says now, without losing what it said before: counters and file ids stay when they are missing, and a
// batch that has ended stays ended.
RemoteStatus merge_status(const RemoteStatus& before, const RemoteStatus& now, bool ended);

}  // namespace br
