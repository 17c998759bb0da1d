// One request on its way to a vendor's line, with the settings that tests have of every vendor.
#pragma once

#include <string>
#include <vector>

#include "codec/json_read.h"
#include "codec/request_reader.h"
#include "support/cmocka.h"
#include "support/provider_setup.h"

namespace br::test {

// What the request becomes, or "field: message" of the refusal. more: the fields beside custom_id, model and messages.
inline std::string encode(const char* provider_name, const char* model, const std::string& more, bool drop = false) {
  const Provider& provider = *find_provider(provider_name);
  auto account = test_account(provider);
  assert_true(account.ok());
  std::string line = std::string(R"({"custom_id":"a","model":")") + model + R"(")";
  const bool asks = more.find("\"messages\"") != std::string::npos || more.find("\"body\"") != std::string::npos ||
                    more.find("\"input\"") != std::string::npos;
  if (!asks) line += R"(,"messages":[{"role":"user","content":"x"}])";
  line += more.empty() ? "}" : "," + more + "}";
  const std::size_t size = line.size();
  line.append(kJsonPadding, ' ');
  RequestReader reader;
  Request request;
  Issue issue;
  std::string out;
  std::vector<std::string> warnings;
  if (!reader.read(line.data(), size, &request, &issue)) return "unread: " + issue.message;
  EncodeOptions options;
  options.drop_unsupported = drop;
  options.account = &*account;
  if (!provider.dialect().encode(request, options, &out, &issue, &warnings)) return issue.field + ": " + issue.message;
  return out;
}

}  // namespace br::test
