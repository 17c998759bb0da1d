#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/head.h"
#include "gateway/options.h"
#include "gateway/paths.h"
#include "gateway/reply.h"

namespace br::gateway {

// Who may ask what: looks at a request's head and answers for those that may not.
class Guard {
 public:
  // `port`: the one that is listened on.
  Guard(const Options& options, uint16_t port);

  // It is called by that name too.
  void add_address(const std::string& host, uint16_t port);

  // An answer to a request that goes no further, or nothing.
  std::optional<Reply> check(const RequestHead& head, const Route& route) const;

 private:
  bool is_own_host(std::string_view host) const;
  bool is_own_origin(std::string_view origin) const;
  std::optional<Reply> check_address(const RequestHead& head, const Route& route) const;
  std::optional<Reply> check_page(const RequestHead& head, const Route& route) const;
  std::optional<Reply> check_call(const RequestHead& head, const Route& route) const;
  std::optional<Reply> check_length(const RequestHead& head, const Route& route) const;
  std::optional<Reply> check_token(std::string_view given, std::string_view provider) const;

  const Options& options_;
  std::vector<std::string> hosts_;  // lower case; with a port where only that one is ours
};

// Whether a call may be one for a batch: then its body is read as a whole before anything is decided.
bool may_be_batched(const RequestHead& head);

// The name of the cookie that a browser gets for the token.
inline constexpr std::string_view kTokenCookie = "batchrouter_token";

}  // namespace br::gateway
