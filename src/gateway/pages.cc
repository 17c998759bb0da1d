#include "gateway/pages.h"

#include <array>
#include <utility>

#include "gateway/page_files.h"

namespace br::gateway {
namespace {

using NamedValue = std::pair<const char*, const char*>;

constexpr std::array<NamedValue, 5> kPageHeaders = {{
    {"content-security-policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
     "form-action 'none'; frame-ancestors 'none'"},
    {"x-content-type-options", "nosniff"},
    {"referrer-policy", "no-referrer"},
    {"cache-control", "no-store"},
    {"cross-origin-resource-policy", "same-origin"},
}};

std::string_view type_of(std::string_view file) {
  if (file.ends_with(".html")) return "text/html; charset=utf-8";
  if (file.ends_with(".css")) return "text/css; charset=utf-8";
  if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "image/svg+xml";
}

}  // namespace

Reply with_page_headers(Reply reply) {
  for (const auto& [name, value] : kPageHeaders) {
    if (find_header(reply.headers, name) == nullptr) reply.with(name, value);
  }
  return reply;
}

void Pages::add_files() {
  for (const PageFile& file : kPageFiles) {
    add(file.name == "index.html" ? "/" : "/page/" + std::string(file.name), [&file] {
      Reply reply;
      reply.body = file.text;
      return reply.with("content-type", std::string(type_of(file.name)));
    });
  }
}

Reply Pages::get(std::string_view path) const {
  const auto found = pages_.find(path);
  return with_page_headers(found == pages_.end() ? error_reply({}, 404, "not_found", "the gateway has no such page")
                                                 : found->second());
}

}  // namespace br::gateway
