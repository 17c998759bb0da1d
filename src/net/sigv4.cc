#include "net/sigv4.h"

#include <algorithm>
#include <cctype>

#include "net/crypto.h"
#include "net/url.h"
#include "sys/clock.h"

namespace br {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string lower_name(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

// Without empty and dot segments, each encoded; a slash at the end stays.
std::string normal_path(std::string_view path) {
  std::vector<std::string> kept;
  for (const std::string& segment : split(path, '/')) {
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") kept.push_back(segment);
  }
  std::string out;
  for (const std::string& segment : kept) out += "/" + url_encode(segment);
  const bool slash = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  return out.empty() || slash ? out + "/" : out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int letter = std::tolower(static_cast<unsigned char>(c));
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool coded =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    out.push_back(coded ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i]);
    if (coded) i += 2;
  }
  return out;
}

std::string canonical_query(std::string_view query) {
  if (query.empty()) return {};
  std::vector<std::pair<std::string, std::string>> fields;
  for (const std::string& field : split(query, '&')) {
    const std::size_t equals = std::min(field.find('='), field.size());
    const std::string value = equals < field.size() ? field.substr(equals + 1) : "";
    fields.emplace_back(url_encode(percent_decode(field.substr(0, equals))), url_encode(percent_decode(value)));
  }
  std::sort(fields.begin(), fields.end());
  std::string out;
  for (const auto& [name, value] : fields) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

// Trimmed, with one blank for several.
std::string normal_value(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank)
      out.push_back(c);
    else if (!out.empty() && out.back() != ' ')
      out.push_back(' ');
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string amz_date(std::int64_t now_ms) {
  std::string date = iso_time(now_ms / 1000 * 1000);
  std::erase(date, '-');
  std::erase(date, ':');
  return date;
}

std::string scope_text(std::string_view date, const AwsScope& scope) {
  return std::string(date.substr(0, 8)) + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

// As libcurl writes it.
std::string host_header(const Url& url) {
  const bool usual = url.port == (url.scheme == "https" ? "443" : "80");
  return usual ? url.host : url.host + ":" + url.port;
}

}  // namespace

std::string aws_canonical_request(const AwsRequest& request, bool s3, std::string* signed_headers) {
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  const std::string path = request.target.substr(0, mark);
  const std::string query = mark < request.target.size() ? request.target.substr(mark + 1) : "";
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& [name, value] : request.headers) headers.emplace_back(lower_name(name), normal_value(value));
  std::stable_sort(headers.begin(), headers.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string lines;
  signed_headers->clear();
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i > 0 && headers[i].first == headers[i - 1].first) {
      lines.back() = ',';
    } else {
      lines += headers[i].first + ":";
      *signed_headers += (i > 0 ? ";" : "") + headers[i].first;
    }
    lines += headers[i].second + "\n";
  }
  const std::string plain_path = path.empty() ? "/" : path;
  return request.method + "\n" + (s3 ? plain_path : normal_path(path)) + "\n" + canonical_query(query) + "\n" + lines +
         "\n" + *signed_headers + "\n" + request.payload_hash;
}

std::string aws_string_to_sign(std::string_view canonical_request, std::string_view date, const AwsScope& scope) {
  return std::string(kAlgorithm) + "\n" + std::string(date) + "\n" + scope_text(date, scope) + "\n" +
         hex(sha256(canonical_request));
}

std::string aws_authorization(const AwsKey& key, const AwsScope& scope, std::string_view date,
                              std::string_view string_to_sign, std::string_view signed_headers) {
  std::string secret = hmac_sha256("AWS4" + key.secret_key, date.substr(0, 8));
  for (const std::string_view step :
       {std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")})
    secret = hmac_sha256(secret, step);
  return std::string(kAlgorithm) + " Credential=" + key.access_key + "/" + scope_text(date, scope) +
         ", SignedHeaders=" + std::string(signed_headers) + ", Signature=" + hex(hmac_sha256(secret, string_to_sign));
}

Result<void> sign_aws_request(const AwsKey& key, const AwsScope& scope, std::int64_t now_ms, HttpRequest* request) {
  const auto url = parse_url(request->url);
  BR_RETURN_IF_ERROR(url);
  const bool s3 = scope.service == "s3";
  if (!request->body_path.empty() && !s3)
    return Error(Code::internal, "a body from a file can be signed for S3 only", "report it");
  const std::string date = amz_date(now_ms);
  const std::string hash = request->body_path.empty() ? hex(sha256(request->body)) : "UNSIGNED-PAYLOAD";
  request->add_header("x-amz-date", date);
  if (s3) request->add_header("x-amz-content-sha256", hash);
  if (!key.session_token.empty()) request->add_secret_header("x-amz-security-token", key.session_token);
  AwsRequest to_sign{request->method, url->path, {{"host", host_header(*url)}}, hash};
  for (const Header& header : request->headers) to_sign.headers.emplace_back(header.name, header.value);
  std::string signed_headers;
  const std::string canonical = aws_canonical_request(to_sign, s3, &signed_headers);
  const std::string text = aws_string_to_sign(canonical, date, scope);
  request->add_secret_header("Authorization", aws_authorization(key, scope, date, text, signed_headers));
  return {};
}

}  // namespace br
