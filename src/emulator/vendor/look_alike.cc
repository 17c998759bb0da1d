#include "emulator/vendor/look_alike.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "emulator/base/json.h"
#include "emulator/base/json_lines.h"
#include "emulator/base/words.h"

namespace br::emulator {
namespace {

constexpr std::string_view kQuestionNames[] = {"content", "text", "prompt", "input", "inputText", "texts"};
constexpr std::string_view kRowIdNames[] = {"custom_id", "recordId", "key", "batch_request_id"};
constexpr size_t kPieceBytes = 64 * 1024;

void ask_otherwise(json::Value& text, json::Document& line) {
  const std::string other = "a stranger asks: " + std::string(json::view(text));
  text.SetString(other, line.GetAllocator());
}

// Every text that a model reads begins with the stranger's words.
void change_questions(json::Value& value, bool is_question, json::Document& line) {
  if (value.IsString() && is_question) ask_otherwise(value, line);
  if (value.IsArray()) {
    for (json::Value& each : value.GetArray()) change_questions(each, is_question, line);
  }
  if (!value.IsObject()) return;
  for (auto& entry : value.GetObject()) {
    change_questions(entry.value, is_one_of(json::view(entry.name), kQuestionNames), line);
  }
}

void change_id(json::Value& object, std::string_view id, json::Document& line) {
  if (!object.IsObject()) return;
  for (auto& entry : object.GetObject()) {
    if (entry.value.IsString() && is_one_of(json::view(entry.name), kRowIdNames)) {
      entry.value.SetString(std::string(id), line.GetAllocator());
    } else if (json::view(entry.name) == "metadata") {
      change_id(entry.value, id, line);  // where rows of Gemini's in a create call have theirs
    }
  }
}

std::shared_ptr<Blob> strange_lines(const Blob& input, bool same_ids, const std::shared_ptr<BodyFile>& bodies) {
  auto lines = std::make_shared<Blob>(bodies);
  std::string piece;
  int64_t number = 0;
  for_each_line(input, [&](char* line, size_t size) {
    piece += strange_line({line, size}, same_ids ? std::string() : "r" + std::to_string(++number)) + "\n";
    if (piece.size() >= kPieceBytes) lines->append(std::exchange(piece, {}));
    return true;
  });
  lines->append(piece);
  return lines;
}

}  // namespace

std::string strange_line(std::string_view text, std::string_view id) {
  json::Document line;
  if (!json::parse(text, line)) return std::string(text);
  change_questions(line, false, line);
  if (!id.empty()) change_id(line, id, line);
  return json::Writer().value(line).str();
}

std::string with_text_at(std::string_view object, const std::vector<std::string>& path, std::string_view text) {
  json::Document document;
  if (path.empty() || !json::parse(object, document)) return std::string(object);
  json::Value* at = &document;
  json::Value* holder = nullptr;
  for (const std::string& name : path) {
    const bool list = at->IsArray() && !at->Empty();
    json::Value& inner = list ? (*at)[0] : *at;
    if (!inner.IsObject() || !inner.HasMember(name)) return std::string(object);
    holder = &inner;
    at = &inner[name];
  }
  if (text.empty()) {
    holder->RemoveMember(path.back());
  } else {
    json::Value& target = at->IsArray() && !at->Empty() ? (*at)[0] : *at;
    target.SetString(std::string(text), document.GetAllocator());
  }
  return json::Writer().value(document).str();
}

std::unique_ptr<Batch> look_alike(const Batch& original, const LookAlikes& wanted, World& world) {
  auto twin = std::make_unique<Batch>();
  twin->vendor = original.vendor;
  twin->endpoint = original.endpoint;
  twin->window = original.window;
  twin->window_ms = original.window_ms;
  twin->max_requests = original.max_requests;
  twin->max_bytes = original.max_bytes;
  twin->api_version = original.api_version;
  twin->name = "nightly";
  twin->model = original.model;
  twin->is_inline = original.is_inline;
  twin->one_result_file = original.one_result_file;
  twin->never_fails = original.never_fails;
  twin->owner = original.owner;
  twin->tenant = {original.tenant.project, true, {}};
  twin->input = strange_lines(*original.input, wanted.same_ids, world.bodies);
  // Files that are made for it are the stranger's.
  const CallScope scope(world.call, {twin->tenant, {}, {}});
  twin->owner->make_twin(original, *twin);
  return twin;
}

}  // namespace br::emulator
