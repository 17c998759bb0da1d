#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/http/exchange.h"

namespace br::emulator {

struct AwsKeyPair {
  std::string id;
  std::string secret;
  std::string session_token;  // empty: a key of long life

  // Of "ID:SECRET" or "ID:SECRET:SESSION_TOKEN".
  static AwsKeyPair of(std::string_view text);
  // Of several, with commas in between.
  static std::vector<AwsKeyPair> all_of(std::string_view text);
};

// What is wrong with the signature of a request; each service has words of its own for it.
enum class AwsFault { kNone, kMissing, kMalformed, kUnknownKey, kToken, kSkewed, kScope, kUnsigned, kWrong };

// Signature Version 4 in the Authorization header, judged: who signed, for which service, what of the request, when.
AwsFault aws_fault(const std::vector<AwsKeyPair>& keys, const RequestHead& head, std::string_view payload_hash,
                   std::string_view service, int64_t now_ms);

// The region that the request was signed for; us-east-1 if it was not signed.
std::string aws_region(const RequestHead& head);

// "20150830T123600Z" in milliseconds; -1 if it is no such text.
int64_t aws_time_ms(std::string_view text);

}  // namespace br::emulator
