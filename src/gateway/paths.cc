#include "gateway/paths.h"

#include <array>

#include "gateway/text.h"

namespace br::gateway {
namespace {

// How a vendor's paths and its base URL fit together.
struct Shape {
  std::string_view provider;
  std::string_view version;  // the segments that the vendor's own paths begin with; empty: a version is part of each
  bool in_base;              // the base URL holds the version; else the version is put behind it
};

constexpr std::array kShapes = {
    Shape{"anthropic", "/v1", false},   Shape{"google", "", false},          Shape{"mistral", "/v1", false},
    Shape{"groq", "/openai/v1", false}, Shape{"azure", "/openai/v1", false},
};
constexpr Shape kOpenAiShape{"", "/v1", true};

Shape shape_of(std::string_view provider) {
  for (const Shape& shape : kShapes) {
    if (shape.provider == provider) return shape;
  }
  return kOpenAiShape;
}

bool begins_with_segments(std::string_view path, std::string_view segments) {
  return path.starts_with(segments) &&
         (path.size() == segments.size() || path[segments.size()] == '/' || path[segments.size()] == '?');
}

bool is_google_version(std::string_view path) {
  for (const std::string_view first : {"/v1", "/v1beta", "/v1alpha", "/upload", "/download"}) {
    if (begins_with_segments(path, first)) return true;
  }
  return false;
}

std::string_view origin_of(std::string_view url) {
  const size_t host = url.find("://");
  return host == std::string_view::npos ? url : url.substr(0, url.find('/', host + 3));
}

// "." and ".." as segments, plain or encoded: they could leave the base URL's own path.
bool has_dot_segment(std::string_view path) {
  std::string plain = lowered(path.substr(0, path.find('?')));
  for (size_t at = plain.find("%2e"); at != std::string::npos; at = plain.find("%2e")) plain.replace(at, 3, ".");
  if (plain.find('\\') != std::string::npos || plain.find("%5c") != std::string::npos) return true;
  plain += '/';
  return plain.find("/./") != std::string::npos || plain.find("/../") != std::string::npos;
}

// Nothing but the characters of a URL: what follows goes into another request line.
bool is_clean(std::string_view target) {
  for (const char c : target) {
    if (c <= ' ' || c >= 0x7f) return false;
  }
  return !has_dot_segment(target) && target.find('#') == std::string_view::npos;
}

// Cuts a prefix "/t/<token>" off and returns the token.
std::string take_token(std::string_view& path) {
  if (!path.starts_with("/t/")) return {};
  const size_t end = path.find_first_of("/?", 3);
  const std::string token(path.substr(3, end == std::string_view::npos ? end : end - 3));
  path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  return token;
}

bool is_own_page(std::string_view path) {
  return path == "/" || path == "/healthz" || path == "/metrics" || path == "/stats" || path.starts_with("/page/");
}

}  // namespace

Paths::Paths(std::map<std::string, std::string> base_urls) : base_urls_(std::move(base_urls)) {
  for (auto& [provider, url] : base_urls_) {
    while (url.ends_with('/')) url.pop_back();
  }
}

std::string Paths::upstream(const std::string& provider, const std::string& base, std::string_view path) const {
  const Shape shape = shape_of(provider);
  const bool versioned = provider == "google" ? is_google_version(path) : begins_with_segments(path, shape.version);
  if (!versioned) return std::string(origin_of(base)) + std::string(path);
  std::string root = base;
  if (!shape.version.empty() && root.ends_with(shape.version)) {
    root.resize(root.size() - shape.version.size());
  } else if (shape.in_base) {
    path.remove_prefix(shape.version.size());  // a base URL without a version: paths follow it
  }
  return root + std::string(path);
}

Route Paths::route(std::string_view target) const {
  Route out;
  if (target.starts_with("http://") || target.starts_with("https://")) {
    const std::string_view origin = origin_of(target);
    out.host = origin.substr(origin.find("://") + 3);
    target.remove_prefix(origin.size());
    if (target.empty()) target = "/";
  }
  if (!target.starts_with('/') || !is_clean(target)) {
    out.kind = Route::Kind::kUnclean;
    return out;
  }
  out.token = take_token(target);
  std::string path(target);
  if (path.empty() || path.front() == '?') path.insert(0, "/");
  if (const size_t mark = path.find('?'); is_own_page(path.substr(0, mark))) {
    out.kind = Route::Kind::kOwnPage;
    out.page = path.substr(0, mark);
    if (mark != std::string::npos) out.query = path.substr(mark + 1);
    return out;
  }
  if (begins_with_segments(path, "/v1")) path.insert(0, "/openai");
  const size_t end = path.find_first_of("/?", 1);
  out.provider = path.substr(1, end == std::string::npos ? end : end - 1);
  path.erase(0, end == std::string::npos ? path.size() : end);
  const auto base = base_urls_.find(out.provider);
  if (base == base_urls_.end() || base->second.empty()) return out;
  // The Vercel AI SDK appends no version.
  if (out.provider == "anthropic" && begins_with_segments(path, "/messages")) path.insert(0, "/v1");
  out.kind = Route::Kind::kVendor;
  out.url = upstream(out.provider, base->second, path);
  return out;
}

std::string Paths::client_path(std::string_view provider) {
  const Shape shape = shape_of(provider);
  return "/" + std::string(provider) + (shape.in_base ? std::string(shape.version) : std::string());
}

}  // namespace br::gateway
