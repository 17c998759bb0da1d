#include "emulator/vendor/aws_signature.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "emulator/base/signature.h"

namespace br::emulator {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr int64_t kMostSkewMs = 15 * 60'000;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else {
      out += {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
    }
  }
  return out;
}

// The parts of an Authorization header.
struct Claim {
  std::string id, date, region, service;
  std::string signed_headers, signature;

  bool read(std::string_view header) {
    if (header.substr(0, kAlgorithm.size()) != kAlgorithm) return false;
    for (std::string_view part : split(header.substr(kAlgorithm.size()), ',')) {
      part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
      const size_t equals = part.find('=');
      if (equals == std::string_view::npos) return false;
      const std::string_view name = part.substr(0, equals);
      const std::string_view value = part.substr(equals + 1);
      if (name == "SignedHeaders") signed_headers = std::string(value);
      if (name == "Signature") signature = std::string(value);
      if (name != "Credential") continue;
      const std::vector<std::string_view> scope = split(value, '/');
      if (scope.size() != 5 || scope[4] != "aws4_request") return false;
      id = std::string(scope[0]);
      date = std::string(scope[1]);
      region = std::string(scope[2]);
      service = std::string(scope[3]);
    }
    return !id.empty() && !signed_headers.empty() && !signature.empty();
  }

  bool covers(std::string_view name) const {
    const auto names = split(signed_headers, ';');
    return std::find(names.begin(), names.end(), name) != names.end();
  }
};

// Without empty and dot segments, each encoded once more than it is on the wire.
std::string normal_path(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view segment : split(path, '/')) {
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") kept.push_back(segment);
  }
  std::string out;
  for (const std::string_view segment : kept) out += "/" + encoded(segment);
  const bool directory = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  return out.empty() || directory ? out + "/" : out;
}

// S3 takes the path as it is, every name in it encoded once.
std::string plain_path(const RequestHead& head) {
  std::string out;
  for (const std::string& segment : head.segments) out += "/" + encoded(segment);
  return out.empty() ? "/" : out;
}

std::string canonical_query(const RequestHead& head) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto& [name, value] : head.query) fields.emplace_back(encoded(name), encoded(value));
  std::sort(fields.begin(), fields.end());
  std::string out;
  for (const auto& [name, value] : fields) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

// Trimmed, with one blank for several.
std::string normal_value(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string canonical_headers(const RequestHead& head, const Claim& claim) {
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : head.headers) {
    const std::string key = lower(name);
    if (!claim.covers(key)) continue;
    const auto [at, fresh] = values.emplace(key, normal_value(value));
    if (!fresh) at->second += "," + normal_value(value);
  }
  std::string out;
  for (const auto& [name, value] : values) out += name + ":" + value + "\n";
  return out;
}

std::string signature_of(const AwsKeyPair& key, const RequestHead& head, const Claim& claim,
                         std::string_view payload_hash) {
  std::string canonical = head.method + "\n";
  canonical +=
      (claim.service == "s3" ? plain_path(head) : normal_path(head.path)) + "\n" + canonical_query(head) + "\n";
  canonical += canonical_headers(head, claim) + "\n" + claim.signed_headers + "\n" + std::string(payload_hash);
  const std::string scope = claim.date + "/" + claim.region + "/" + claim.service + "/aws4_request";
  const std::string text = std::string(kAlgorithm) + "\n" + std::string(head.header("x-amz-date")) + "\n" + scope +
                           "\n" + hex_of(sha256(canonical));
  std::string secret = hmac_sha256("AWS4" + key.secret, claim.date);
  for (const std::string_view step :
       {std::string_view(claim.region), std::string_view(claim.service), std::string_view("aws4_request")})
    secret = hmac_sha256(secret, step);
  return hex_of(hmac_sha256(secret, text));
}

// What must be signed: the host, and whatever speaks to AWS.
bool all_signed(const RequestHead& head, const Claim& claim) {
  const bool hosted = head.header("host").empty() || claim.covers("host");
  return hosted && std::all_of(head.headers.begin(), head.headers.end(), [&](const auto& header) {
           const std::string name = lower(header.first);
           return name.substr(0, 6) != "x-amz-" || claim.covers(name);
         });
}

}  // namespace

AwsKeyPair AwsKeyPair::of(std::string_view text) {
  const size_t first = std::min(text.find(':'), text.size());
  const std::string_view rest = text.substr(std::min(first + 1, text.size()));
  const size_t second = std::min(rest.find(':'), rest.size());
  const std::string_view token = rest.substr(std::min(second + 1, rest.size()));
  return {std::string(text.substr(0, first)), std::string(rest.substr(0, second)), std::string(token)};
}

std::vector<AwsKeyPair> AwsKeyPair::all_of(std::string_view text) {
  std::vector<AwsKeyPair> keys;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    keys.push_back(of(text.substr(at, end - at)));
    at = end + 1;
  }
  return keys;
}

int64_t aws_time_ms(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return -1;
  const auto number = [&](size_t at, size_t size) {
    int value = -1;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + size, value);
    return error == std::errc() && end == text.data() + at + size ? value : -1;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  if (!day.ok()) return -1;
  const int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return ((days * 24 + number(9, 2)) * 3600 + number(11, 2) * 60 + number(13, 2)) * 1000;
}

std::string aws_region(const RequestHead& head) {
  Claim claim;
  return claim.read(head.header("authorization")) ? claim.region : "us-east-1";
}

AwsFault aws_fault(const std::vector<AwsKeyPair>& keys, const RequestHead& head, std::string_view payload_hash,
                   std::string_view service, int64_t now_ms) {
  const std::string_view header = head.header("authorization");
  if (header.empty()) return AwsFault::kMissing;
  Claim claim;
  const std::string_view date = head.header("x-amz-date");
  const int64_t signed_ms = aws_time_ms(date);
  if (!claim.read(header) || signed_ms < 0) return AwsFault::kMalformed;
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const AwsKeyPair& each) { return each.id == claim.id; });
  if (key == keys.end()) return AwsFault::kUnknownKey;
  if (head.header("x-amz-security-token") != key->session_token) return AwsFault::kToken;
  if (claim.date != date.substr(0, 8) || claim.service != service || claim.region.empty()) return AwsFault::kScope;
  if (std::max(signed_ms - now_ms, now_ms - signed_ms) > kMostSkewMs) return AwsFault::kSkewed;
  if (!all_signed(head, claim)) return AwsFault::kUnsigned;
  const bool good = same_bytes(signature_of(*key, head, claim, payload_hash), claim.signature);
  return good ? AwsFault::kNone : AwsFault::kWrong;
}

}  // namespace br::emulator
