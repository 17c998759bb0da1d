#include <algorithm>
#include <charconv>
#include <utility>

#include "emulator/base/json.h"
#include "emulator/openai/api.h"

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

ApiError unknown_field(const json::Value& body, const std::vector<std::string>& known) {
  for (const auto& field : body.GetObject()) {
    const std::string name(json::view(field.name));
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return invalid("Unknown parameter: '" + name + "'.", name, "unknown_parameter");
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

ApiError OpenAiApi::field_problem(const json::Value& body) const {
  ApiError error = unknown_field(body, table_.create_fields);
  if (error.message.empty()) error = text_problem(body, "input_file_id");
  if (error.message.empty()) error = choice_problem(body, "endpoint", table_.endpoints);
  const bool has_window = json::member(body, "completion_window") != nullptr;
  if (error.message.empty() && (table_.window_required || has_window)) {
    error = choice_problem(body, "completion_window", table_.windows);
  }
  const json::Value* const metadata = json::member(body, "metadata");
  if (error.message.empty() && metadata != nullptr) error = metadata_problem(*metadata);
  const json::Value* const expiry = json::member(body, "output_expires_after");
  if (error.message.empty() && expiry != nullptr && !expiry->IsNull()) error = expiry_problem(*expiry);
  return error;
}

ApiError OpenAiApi::create_problem(const json::Value& body) {
  const ApiError error = field_problem(body);
  if (!error.message.empty()) return error;
  const std::string file_id(json::string_member(body, "input_file_id"));
  const StoredFile* const file = files_.find(file_id);
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

std::string OpenAiApi::new_batch_id() { return world_.ids.next(table_.batch_prefix, 32); }

Reply OpenAiApi::created(const Batch& batch) const { return ok(batch_json(batch), table_.create_status); }

Reply OpenAiApi::create_batch(const std::string& text) {
  json::Document body;
  if (!json::parse(text, body) || !body.IsObject()) {
    return refusal(invalid("We could not parse the JSON body of your request.", {}));
  }
  const ApiError error = create_problem(body);
  if (!error.message.empty()) return refusal(error);
  auto batch = std::make_unique<Batch>();
  batch->vendor = table_.name;
  batch->id = new_batch_id();
  batch->input_file_id = std::string(json::string_member(body, "input_file_id"));
  if (!table_.lines_have_endpoint) batch->endpoint = std::string(json::string_member(body, "endpoint"));
  batch->window = std::string(json::string_member(body, "completion_window"));
  if (batch->window.empty()) batch->window = table_.windows.front();
  batch->window_ms = window_ms(batch->window);
  batch->max_requests = table_.limits.requests;
  batch->max_bytes = table_.limits.batch_bytes;
  const json::Value* const metadata = json::member(body, "metadata");
  if (metadata != nullptr && !metadata->IsNull()) batch->metadata_json = json::Writer().value(*metadata).str();
  const StoredFile* const file = files_.find(batch->input_file_id);
  // Where the vendor takes a batch of a file that is not there, nothing comes of it.
  batch->input = file != nullptr ? file->blob : std::make_shared<Blob>(world_.bodies);
  batch->owner = this;
  return created(batches_.start(std::move(batch)));
}

void OpenAiApi::make_twin(const Batch&, Batch& twin) {
  StoredFile file;
  file.id = new_file_id();
  file.filename = "nightly.jsonl";
  file.purpose = table_.purpose;
  file.created_s = world_.now_s();
  file.blob = twin.input;
  twin.id = new_batch_id();
  twin.input_file_id = files_.add(std::move(file)).id;
}

}  // namespace br::emulator
