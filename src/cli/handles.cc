#include "cli/handles.h"

#include <fmt/format.h>

#include "cli/json_text.h"
#include "cli/terminal.h"

namespace cli {

Exit exit_of(br_status status) {
  switch (status) {
    case BR_EINVAL:
    case BR_ECONFIG:
    case BR_EINPUT:
    case BR_ENOPROVIDER:
    case BR_ELIMIT:
    case BR_EIO:
    case BR_EUNSUPPORTED:
      return Exit::usage;
    case BR_EAUTH:
      return Exit::auth;
    case BR_ENETWORK:
    case BR_EUNKNOWN:
    case BR_EPROTOCOL:
      return Exit::temporary;
    case BR_ENOTFOUND:
      return Exit::not_found;
    case BR_EQUOTA:
    case BR_EBUDGET:
      return Exit::quota;
    case BR_ETIMEOUT:
    case BR_ENOTCOMPLETE:
      return Exit::timeout;
    case BR_ESTORE:
    case BR_ELOCKED:
      return Exit::store;
    default:
      return status >= 0 ? Exit::ok : Exit::failed;
  }
}

Exit exit_of_blocked(br_status status) {
  switch (status) {
    case BR_EAUTH:
      return Exit::auth;
    case BR_EQUOTA:
    case BR_ELIMIT:
    case BR_EBUDGET:
      return Exit::quota;
    case BR_ESTORE:
    case BR_EIO:
      return Exit::store;
    default:
      return Exit::temporary;
  }
}

Failure failure_of(br_status status, br_error* error) {
  const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
  const char* message = br_error_message(error);
  if (message == nullptr) message = status == BR_ENOMEM ? "out of memory" : br_status_name(status);
  Failure failure(exit_of(status), message, text(br_error_hint(error)));
  for (std::size_t i = 0; i < br_error_issue_count(error); ++i) failure.issues.push_back(br_error_issue(error, i));
  failure.issue_total = br_error_issue_total(error);
  failure.code = br_status_name(status);
  failure.http_status = br_error_http_status(error);
  failure.vendor_code = text(br_error_vendor_code(error));
  failure.request_id = text(br_error_request_id(error));
  br_error_free(error);
  return failure;
}

namespace {

std::string failure_json(const Failure& failure) {
  std::string issues;
  for (const std::string& issue : failure.issues) issues += (issues.empty() ? "" : ",") + json_text(issue);
  return fmt::format(
      R"({{"error":{{"code":{},"exit_code":{},"message":{},"hint":{},"http_status":{},"vendor_code":{},"request_id":{},)"
      R"("issues":[{}],"issue_total":{}}}}})",
      json_text(failure.code), static_cast<int>(failure.exit), json_text(failure.what()), json_text_or_null(failure.hint),
      failure.http_status, json_text_or_null(failure.vendor_code), json_text_or_null(failure.request_id), issues,
      failure.issue_total);
}

}  // namespace

void print_failure(const Failure& failure, bool json) {
  if (json) {
    tell_text(fmt::format("{}\n", printable_json(failure_json(failure))));
    return;
  }
  for (const std::string& issue : failure.issues) tell("{}\n", issue);
  if (failure.issue_total > failure.issues.size())
    tell("... and {} more\n", failure.issue_total - failure.issues.size());
  std::string line = std::string("batchrouter: ") + failure.what();
  if (!failure.hint.empty()) line += "; " + failure.hint;
  if (!failure.request_id.empty()) line += " (request id " + failure.request_id + ")";
  tell("{}\n", line);
}

}  // namespace cli
