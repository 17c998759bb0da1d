// HttpCall, HttpAnswer: what a program sends to a vendor, and what it gets. Values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace br {

// HTTP statuses that answers are made with here.
inline constexpr int kStatusOk = 200, kStatusLastGood = 299, kStatusBadRequest = 400, kStatusUnauthorized = 401,
                     kStatusNotFound = 404, kStatusTooLarge = 413, kStatusUnprocessable = 422, kStatusTooMany = 429, kStatusServerError = 500,
                     kStatusBadGateway = 502, kStatusUnavailable = 503, kStatusGatewayTimeout = 504;

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// Empty: there is none. The first of that name.
inline std::string_view header_of(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

// Which earlier answers may serve a call. hit: any, again and again. once: each of them once in the life of a capture.
enum class CacheUse : std::uint8_t { hit, once, off };

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers;
  std::string body;
};

// An answer as the program takes it.
struct TakenAnswer {
  std::int64_t ticket = 0;
  std::int64_t call = 0;  // 0: there is nothing to deliver
  bool cached = false;
  bool is_lost = false;    // its body could not be read
  std::string batch_id;  // the vendor's
  HttpAnswer http;
  std::string events;  // for a stream whose status is sent already; empty: no stream was asked for
};

// Takes the answer of one call, inside br_poll.
using AnswerFn = std::function<void(TakenAnswer answer)>;

struct HttpCall {
  std::string method, url;
  HttpHeaders headers;
  std::string body;
  std::string provider;  // "openai", "openai@team"; empty: the URL tells
  CacheUse cache = CacheUse::hit;
  bool repeated = false;                        // its client says that it asks again
  bool configured_key = false;                  // the configured key pays, not the caller's
  std::shared_ptr<const AnswerFn> answer = {};  // nullptr: whoever asks for answers gets it
};

}  // namespace br
