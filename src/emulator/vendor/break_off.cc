#include "emulator/vendor/break_off.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "emulator/base/hash.h"

namespace br::emulator {
namespace {

constexpr size_t kHashedBytes = 4096;

// The N of "bytes=N-"; -1 for any other range, which a server may ignore.
int64_t first_byte_of(std::string_view range) {
  constexpr std::string_view kUnit = "bytes=";
  if (range.substr(0, kUnit.size()) != kUnit) return -1;
  range.remove_prefix(kUnit.size());
  int64_t first = -1;
  const auto [end, error] = std::from_chars(range.data(), range.data() + range.size(), first);
  return error == std::errc() && std::string_view(end, range.data() + range.size()) == "-" ? first : -1;
}

std::string etag_of(const Reply& reply, std::string_view form, Ids& ids) {
  std::string start = reply.body.substr(0, kHashedBytes);
  if (reply.blob) {
    start.resize(kHashedBytes);
    start.resize(reply.blob->read(0, start.data(), start.size()));
  }
  const std::string tag = hex(hash_of(start) ^ static_cast<uint64_t>(reply.body_bytes()));
  if (form == "changing") return "\"" + ids.next("", 16) + "\"";
  return (form == "weak" ? "W/\"" : "\"") + tag + "\"";
}

// Leaves out what the client has.
void begin_at(int64_t first, Reply& reply) {
  const int64_t whole = reply.body_bytes();
  const std::string total = std::to_string(whole);
  if (first >= whole) {
    reply.status = 416;
    reply.headers.emplace_back("content-range", "bytes */" + total);
    reply.body.clear();
    reply.blob.reset();
    return;
  }
  reply.status = 206;
  reply.headers.emplace_back("content-range",
                             "bytes " + std::to_string(first) + "-" + std::to_string(whole - 1) + "/" + total);
  if (reply.blob) {
    reply.blob_from = first;
  } else {
    reply.body.erase(0, static_cast<size_t>(first));
  }
}

}  // namespace

void break_off(const Fault& fault, const RequestHead& head, Ids& ids, Reply& reply) {
  if (reply.status != 200) return;
  const int64_t most = fault_number(fault, "bytes", reply.body_bytes() / 2);
  if (fault_number(fault, "range", 0) != 0) {
    const std::string form = fault_text(fault, "etag", "strong");
    std::erase_if(reply.headers, [](const auto& header) { return equal_ignoring_case(header.first, "etag"); });
    const std::string etag = form == "none" ? "" : etag_of(reply, form, ids);
    reply.headers.emplace_back("accept-ranges", "bytes");
    if (!etag.empty()) reply.headers.emplace_back("etag", etag);
    const std::string_view only_if = head.header("if-range");
    // A weak tag never proves that the bytes are the same.
    const bool same = only_if.empty() || (only_if == etag && form == "strong");
    const int64_t first = first_byte_of(head.header("range"));
    if (same && first >= 0) begin_at(first, reply);
  }
  if (reply.status >= 300 || reply.body_bytes() <= most) return;
  reply.delivery = Delivery::kTruncated;
  reply.amount = most;
}

}  // namespace br::emulator
