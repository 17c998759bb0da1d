#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "emulator/json.h"
#include "emulator/openai_api.h"

namespace br::emulator {
namespace {

constexpr size_t kMostPairs = 16;
constexpr size_t kMostKeyChars = 64;
constexpr size_t kMostValueChars = 512;
constexpr int64_t kHourMs = 3'600'000;

ApiError invalid(std::string message, std::string param, std::string code = {}) {
  return {400, "invalid_request_error", std::move(code), std::move(message), std::move(param)};
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

ApiError metadata_problem(const json::Value& metadata) {
  if (metadata.IsNull()) return {};
  if (!metadata.IsObject())
    return invalid("Invalid type for 'metadata': expected an object.", "metadata", "invalid_type");
  if (metadata.MemberCount() > kMostPairs) {
    return invalid("Invalid 'metadata': too many properties. Expected an object with at most 16 properties.",
                   "metadata", "object_above_max_properties");
  }
  for (const auto& pair : metadata.GetObject()) {
    const std::string name(json::view(pair.name));
    if (characters(name) > kMostKeyChars) {
      return invalid("Invalid 'metadata': property name '" + name + "' is longer than 64 characters.", "metadata",
                     "property_name_above_max_length");
    }
    if (!pair.value.IsString()) {
      return invalid("Invalid type for 'metadata." + name + "': expected a string.", "metadata." + name,
                     "invalid_type");
    }
    if (characters(json::view(pair.value)) > kMostValueChars) {
      return invalid("Invalid 'metadata." + name + "': string too long. Expected at most 512 characters.",
                     "metadata." + name, "string_above_max_length");
    }
  }
  return {};
}

ApiError expiry_problem(const json::Value& expiry) {
  const json::Value* const seconds = json::member(expiry, "seconds");
  const bool whole = expiry.IsObject() && expiry.MemberCount() == 2 && seconds != nullptr && seconds->IsInt64();
  const bool fits = whole && seconds->GetInt64() >= 3'600 && seconds->GetInt64() <= 2'592'000;
  if (fits && json::string_member(expiry, "anchor") == "created_at") return {};
  return invalid("Invalid 'output_expires_after': expected anchor 'created_at' and seconds from 3600 to 2592000.",
                 "output_expires_after");
}

ApiError unknown_field(const json::Value& body) {
  static constexpr std::string_view kKnown[] = {"input_file_id", "endpoint", "completion_window", "metadata",
                                                "output_expires_after"};
  for (const auto& field : body.GetObject()) {
    const std::string_view name = json::view(field.name);
    if (std::find(std::begin(kKnown), std::end(kKnown), name) != std::end(kKnown)) continue;
    return invalid("Unknown parameter: '" + std::string(name) + "'.", std::string(name), "unknown_parameter");
  }
  return {};
}

ApiError text_problem(const json::Value& body, std::string_view name) {
  const json::Value* const value = json::member(body, name);
  const std::string param(name);
  if (value == nullptr) {
    return invalid("Missing required parameter: '" + param + "'.", param, "missing_required_parameter");
  }
  if (value->IsString()) return {};
  return invalid("Invalid type for '" + param + "': expected a string.", param, "invalid_type");
}

ApiError choice_problem(const json::Value& body, std::string_view name, const std::vector<std::string>& allowed) {
  ApiError error = text_problem(body, name);
  if (!error.message.empty()) return error;
  const std::string given(json::string_member(body, name));
  if (std::find(allowed.begin(), allowed.end(), given) != allowed.end()) return {};
  std::string list;
  for (const std::string& each : allowed) list += (list.empty() ? "'" : ", '") + each + "'";
  const std::string param(name);
  return invalid("Invalid value: '" + given + "'. Supported values are: " + list + ".", param, "invalid_value");
}

int64_t window_ms(const std::string& window) {
  int64_t hours = 24;
  std::from_chars(window.data(), window.data() + window.size(), hours);
  return hours * (window.back() == 'd' ? 24 : 1) * kHourMs;
}

}  // namespace

// What is wrong with a create request; an empty message if nothing is.
ApiError OpenAiApi::create_problem(const json::Value& body) const {
  ApiError error = unknown_field(body);
  if (error.message.empty()) error = text_problem(body, "input_file_id");
  if (error.message.empty()) error = choice_problem(body, "endpoint", table_.endpoints);
  if (error.message.empty()) error = choice_problem(body, "completion_window", table_.windows);
  const json::Value* const metadata = json::member(body, "metadata");
  if (error.message.empty() && metadata != nullptr) error = metadata_problem(*metadata);
  const json::Value* const expiry = json::member(body, "output_expires_after");
  if (error.message.empty() && expiry != nullptr && !expiry->IsNull()) error = expiry_problem(*expiry);
  if (!error.message.empty()) return error;
  const std::string file_id(json::string_member(body, "input_file_id"));
  const StoredFile* const file = find_file(file_id);
  if (file == nullptr) {
    return invalid("Invalid 'input_file_id': no such File object: " + file_id + ".", "input_file_id",
                   "invalid_request");
  }
  if (file->purpose != table_.purpose) {
    return invalid("Invalid 'input_file_id': the purpose of the file is '" + file->purpose + "', expected '" +
                       table_.purpose + "'.",
                   "input_file_id", "invalid_request");
  }
  return {};
}

Reply OpenAiApi::create_batch(const std::string& text) {
  json::Document body;
  if (!json::parse(text, body) || !body.IsObject()) {
    return refusal(invalid("We could not parse the JSON body of your request.", {}));
  }
  const ApiError error = create_problem(body);
  if (!error.message.empty()) return refusal(error);
  auto batch = std::make_unique<Batch>();
  batch->vendor = table_.name;
  batch->id = world_.ids.next(table_.batch_prefix, 32);
  batch->input_file_id = std::string(json::string_member(body, "input_file_id"));
  batch->endpoint = std::string(json::string_member(body, "endpoint"));
  batch->window = std::string(json::string_member(body, "completion_window"));
  batch->window_ms = window_ms(batch->window);
  const json::Value* const metadata = json::member(body, "metadata");
  if (metadata != nullptr && !metadata->IsNull()) batch->metadata_json = json::Writer().value(*metadata).str();
  batch->input = find_file(batch->input_file_id)->blob;
  batch->owner = this;
  Batch& added = world_.batches.add(std::move(batch), world_.faults.on_batch());
  batches_.emplace(added.id, &added);
  batch_order_.push_back(&added);
  return ok(batch_json(added), table_.create_status);
}

}  // namespace br::emulator
