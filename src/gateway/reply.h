#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/head.h"

namespace br::gateway {

// A response that is known as a whole.
struct Reply {
  int status = 200;
  Headers headers;
  std::string body;
  bool close = false;  // the connection ends with it

  Reply& with(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

// An error of the gateway's own, as that vendor shapes its errors, so that its clients can read it. Without a provider
// as OpenAI does.
Reply error_reply(std::string_view provider, int status, std::string_view type, std::string_view message);

// The status line and headers of a response, with the empty line. `close`: says so.
std::string head_text(int status, std::string_view reason, const Headers& headers, bool close);
// With Content-Length, where the status allows a body.
std::string reply_head(const Reply& reply, bool close);

// Whether the headers `connection` names and those that belong to one connection only.
bool is_hop_header(std::string_view name, std::string_view connection);

// One piece of a chunked body; empty: nothing, because an empty chunk is the end.
std::string chunk(std::string_view piece);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace br::gateway
