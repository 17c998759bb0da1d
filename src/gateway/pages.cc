#include "gateway/pages.h"

namespace br::gateway {

Reply Pages::get(std::string_view path) const {
  const auto found = pages_.find(path);
  Reply reply =
      found == pages_.end() ? error_reply({}, 404, "not_found", "the gateway has no such page") : found->second();
  // What a page brings itself, such as a policy that allows its own styles, stands.
  const auto add = [&](const char* name, const char* value) {
    if (find_header(reply.headers, name) == nullptr) reply.with(name, value);
  };
  add("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  add("x-content-type-options", "nosniff");
  add("referrer-policy", "no-referrer");
  add("cache-control", "no-store");
  return reply;
}

}  // namespace br::gateway
