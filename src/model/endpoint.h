// Endpoint: what a request asks for, and the paths of vendors' APIs that say the same.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace br {

// other: a path of the vendor's that only a raw body goes to. Stored as numbers: new ones go behind.
enum class Endpoint : std::uint8_t { chat, responses, embeddings, completions, moderations, other };

// A path of a vendor's batch API. One that ends in "/" stands for all that begin with it.
struct EndpointPath {
  std::string_view path;
  Endpoint endpoint = Endpoint::other;
};

// The short names, in the order of Endpoint, and the paths that OpenAI and its family have for them.
inline constexpr std::array<std::string_view, 5> kEndpointNames = {"chat", "responses", "embeddings", "completions",
                                                                   "moderations"};
inline constexpr std::array<std::string_view, 5> kUsualPaths = {"/v1/chat/completions", "/v1/responses",
                                                                "/v1/embeddings", "/v1/completions", "/v1/moderations"};

inline constexpr std::string_view usual_path(Endpoint endpoint) {
  const auto i = static_cast<std::size_t>(endpoint);
  return i < kUsualPaths.size() ? kUsualPaths[i] : std::string_view();
}

// "ocr" of "ocr", "/ocr", "v1/ocr" and "/v1/ocr".
inline constexpr std::string_view path_tail(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.size() > 3 && path[0] == 'v' && path[1] >= '1' && path[1] <= '9' && path[2] == '/') path.remove_prefix(3);
  return path;
}

// Of a short name or a whole path; other where it is none of the five.
inline constexpr Endpoint endpoint_of(std::string_view name) {
  const std::string_view tail = path_tail(name);
  for (std::size_t i = 0; i < kEndpointNames.size(); ++i) {
    if (tail == kEndpointNames[i] || tail == path_tail(kUsualPaths[i])) return static_cast<Endpoint>(i);
  }
  return Endpoint::other;
}

}  // namespace br
