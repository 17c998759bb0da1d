// Recognising a batch of ours in the vendor's list, and taking over what the vendor says.
#pragma once

#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/job.h"

namespace br {

inline constexpr std::int32_t kMaxListPages = 10'000;

// The batch that was made from our request file or carries our marker; the furthest of several; nullptr if none.
const RemoteStatus* find_match(const RemoteBatch& batch, const std::vector<RemoteStatus>& listed);
std::size_t count_matches(const RemoteBatch& batch, const std::vector<RemoteStatus>& listed);

// A listing whose cursor does not move proves nothing.
Error listing_loops(std::string_view provider);

// What the vendor says now, without losing what it said before: counters and file ids stay when they are missing, and a
// batch that has ended stays ended.
RemoteStatus merge_status(const RemoteStatus& before, const RemoteStatus& now, bool ended);

}  // namespace br
