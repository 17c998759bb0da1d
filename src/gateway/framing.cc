#include "gateway/framing.h"

#include "gateway/text.h"

namespace br::gateway {
namespace {

// What the length headers of a head say together.
struct Lengths {
  int content_lengths = 0;
  int transfer_encodings = 0;
  int hosts = 0;

  // What is wrong with one header line, nullptr for nothing.
  const char* add(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return "a header line has no colon";
    const std::string_view name = line.substr(0, colon);
    if (name.empty() || name.find_first_of(" \t") != std::string_view::npos) return "a blank in the name of a header";
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (equal_ignoring_case(name, "content-length")) {
      if (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos)
        return "Content-Length is no number";
      if (++content_lengths > 1) return "two Content-Length headers";
    }
    if (equal_ignoring_case(name, "transfer-encoding")) {
      if (!equal_ignoring_case(value, "chunked")) return "a Transfer-Encoding other than chunked";
      if (++transfer_encodings > 1) return "two Transfer-Encoding headers";
    }
    if (equal_ignoring_case(name, "host") && ++hosts > 1) return "two Host headers";
    if (content_lengths > 0 && transfer_encodings > 0) return "both Content-Length and Transfer-Encoding";
    return nullptr;
  }
};

}  // namespace

const char* byte_fault(std::string_view head, size_t from) {
  for (size_t i = from; i < head.size(); ++i) {
    const char c = head[i];
    if (c == '\n' && (i == 0 || head[i - 1] != '\r')) return "a line that ends in a bare LF";
    if (c == '\r' && i + 1 < head.size() && head[i + 1] != '\n') return "a bare CR";
    if (c == '\0') return "a NUL";
  }
  return nullptr;
}

const char* framing_fault(std::string_view head) {
  if (const char* fault = byte_fault(head, 0)) return fault;
  Lengths lengths;
  size_t from = head.find("\r\n");
  if (from == std::string_view::npos) return nullptr;
  const bool old = head.substr(0, from).ends_with(" HTTP/1.0");
  for (from += 2; from < head.size();) {
    const size_t end = head.find("\r\n", from);
    if (end == std::string_view::npos || end == from) break;
    const std::string_view line = head.substr(from, end - from);
    if (line.front() == ' ' || line.front() == '\t') return "a folded header";
    if (const char* fault = lengths.add(line)) return fault;
    from = end + 2;
  }
  if (old && lengths.transfer_encodings > 0) return "Transfer-Encoding in HTTP/1.0";
  return nullptr;
}

}  // namespace br::gateway
