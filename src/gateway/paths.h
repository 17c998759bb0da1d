#pragma once

#include <map>
#include <string>
#include <string_view>

namespace br::gateway {

// Where a request target leads.
struct Route {
  enum class Kind { kVendor, kOwnPage, kUnknown, kUnclean };
  Kind kind = Kind::kUnknown;
  std::string provider;  // kVendor
  std::string url;       // kVendor: where the call would have gone without the gateway, query included
  std::string page;      // kOwnPage: the path
  std::string query;     // kOwnPage: behind the question mark
  std::string token;     // what stood in /t/<token>/
  std::string host;      // of a target in absolute form: what stands where Host would
};

// From the gateway's paths to the vendors' URLs: /<provider> and the vendor's own path; /v1/... is OpenAI's.
class Paths {
 public:
  // Base URLs by provider, spelled as the settings spell them.
  explicit Paths(std::map<std::string, std::string> base_urls);

  Route route(std::string_view target) const;

  // What a client of that provider is told instead of the vendor's base URL, behind the gateway's own address.
  static std::string client_path(std::string_view provider);

 private:
  std::string upstream(const std::string& provider, const std::string& base, std::string_view path) const;

  std::map<std::string, std::string> base_urls_;
};

}  // namespace br::gateway
