// What a vendor's line of a request says that changes its price: marks of what to cache, and media.
#pragma once

#include <cstdint>
#include <string_view>

namespace br {

struct SentMarks {
  bool caches = false;  // a cache_control or cachePoint of any kind
  bool caches_for_an_hour = false;
  std::int64_t media = 0;  // pictures, documents, recordings and films
};

// json: an object, with kJsonPadding readable bytes behind it. Schemas and what tools were called with are text.
SentMarks marks_of(std::string_view json);

}  // namespace br
