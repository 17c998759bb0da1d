#include "providers/shared/line_check.h"

#include <algorithm>
#include <string>

#include "codec/json_cursor.h"

namespace br {
namespace {

bool refuse(const Request& request, std::uint32_t column, std::string_view field, std::string message, Issue* issue) {
  *issue = {std::max<std::uint32_t>(1, column), std::string(request.custom_id), std::string(field), std::move(message)};
  return false;
}

// Of the endpoint field a short name or the path without its version will do; a line's own url is sent as it is.
const EndpointPath* find_path(const Capability& vendor, std::string_view given, bool exact) {
  for (const EndpointPath& each : vendor.paths) {
    if (given == each.path || (each.path.ends_with('/') && given.starts_with(each.path))) return &each;
  }
  if (exact) return nullptr;
  for (const EndpointPath& each : vendor.paths) {
    if (path_tail(given) == path_tail(each.path)) return &each;
  }
  return nullptr;
}

std::string names_of(const Capability& vendor) {
  std::string names;
  const auto add = [&names](std::string_view name) { names.append(names.empty() ? "" : ", ").append(name); };
  for (const Endpoint endpoint : vendor.endpoints) add(kEndpointNames[static_cast<std::size_t>(endpoint)]);
  for (const EndpointPath& each : vendor.paths) {
    if (each.endpoint == Endpoint::other) add(each.path);
  }
  return names;
}

bool no_such_endpoint(const Capability& vendor, const Request& request, Issue* issue) {
  const bool named = !request.path.empty();
  const std::string name(named ? request.path : kEndpointNames[static_cast<std::size_t>(request.endpoint)]);
  return refuse(request, request.endpoint_column, request.url_json.empty() ? "endpoint" : "url",
                "the endpoint " + name + " is not one of " + vendor.title + "'s batch API; it has " +
                    names_of(vendor) + "; use one of them, or another provider",
                issue);
}

bool check_path(const Capability& vendor, Request* request, Issue* issue) {
  const EndpointPath* path = find_path(vendor, request->path, !request->url_json.empty());
  if (path == nullptr) return no_such_endpoint(vendor, *request, issue);
  request->endpoint = path->endpoint;
  if (!path->path.ends_with('/') && request->url_json.empty()) request->path = path->path;
  if (request->path == usual_path(path->endpoint)) request->path = {};
  if (request->endpoint != Endpoint::other || !request->body_json.empty()) return true;
  return refuse(*request, request->endpoint_column, "endpoint",
                "the endpoint " + std::string(request->path) + " takes a raw vendor body only; the unified fields have "
                    "no mapping to it; give the request as body",
                issue);
}

}  // namespace

bool takes_body(const Capability& vendor, const Request& request) {
  if (request.form == LineForm::unified) return true;
  if (request.form != vendor.line_form) return false;
  if (request.form != LineForm::openai) return true;
  const bool translatable = request.endpoint == Endpoint::responses || path_tail(request.path) == "messages";
  const std::string_view path = request.path.empty() ? usual_path(request.endpoint) : request.path;
  return !translatable || find_path(vendor, path, true) != nullptr;
}

bool check_line(const Capability& vendor, Request* request, Issue* issue) {
  if (vendor.model_in_body && !request->body_model.empty()) {
    request->model = request->body_model;  // the one that is sent
    request->model_json = request->body_model_json;
  }
  if (!request->path.empty()) {
    if (!check_path(vendor, request, issue)) return false;
  } else if (std::find(vendor.endpoints.begin(), vendor.endpoints.end(), request->endpoint) ==
             vendor.endpoints.end()) {
    return no_such_endpoint(vendor, *request, issue);
  }
  if (vendor.max_inputs <= 0 || request->endpoint != Endpoint::embeddings) return true;
  const std::int64_t inputs = count_inputs(*request);
  if (inputs <= vendor.max_inputs) return true;
  return refuse(*request, request->input_column, "input",
                "input holds " + std::to_string(inputs) + " texts; " + vendor.title + " takes at most " +
                    std::to_string(vendor.max_inputs) + " in one request; make several requests of it",
                issue);
}

std::int64_t count_inputs(const Request& request) {
  std::string_view input = request.input_json;
  if (input.empty() && !request.body_json.empty()) {
    JsonCursor body(request.body_json.data(), request.body_json.size());
    body.enter_object();
    std::string_view key, value;
    while (body.next_key(&key) && body.skip(&value)) {
      if (key == "\"input\"") input = value;
    }
  }
  if (!input.starts_with('[')) return input.empty() ? 0 : 1;
  JsonCursor cursor(input.data(), input.size());
  cursor.enter_array();
  std::int64_t count = 0;
  while (cursor.next_element()) {
    if (cursor.peek() == JsonCursor::Kind::number) return 1;  // the tokens of one text
    if (!cursor.skip()) break;
    ++count;
  }
  return count;
}

}  // namespace br
