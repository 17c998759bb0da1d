#include "emulator/anthropic/prompt.h"

#include <cstring>

#include "emulator/base/hash.h"

namespace br::emulator {
namespace {

constexpr int64_t kBytesPerToken = 4;
constexpr int kMostMarks = 4;
constexpr std::string_view kMark = "cache_control";

// What was called and what it may be called with: no marks stand in there.
bool holds_no_marks(std::string_view field) { return field == "input_schema" || field == "input" || field == "source"; }

// Goes through the blocks of a prompt, and hands on each mark with its place.
class PromptReader {
 public:
  struct Mark {
    std::string place;
    const json::Value* value;
  };

  explicit PromptReader(const json::Value& params) {
    read_list(json::member(params, "tools"), "tools");
    const json::Value* const system = json::member(params, "system");
    if (system != nullptr && system->IsString()) add(*system, "system");
    read_list(system, "system");
    const json::Value* const messages = json::member(params, "messages");
    if (messages != nullptr && messages->IsArray()) {
      for (rapidjson::SizeType i = 0; i < messages->Size(); ++i)
        read_message((*messages)[i], "messages." + std::to_string(i) + ".content");
    }
    const json::Value* const whole = json::member(params, kMark);
    if (whole == nullptr || !whole->IsObject() || blocks_.empty()) return;
    marks_.push_back({std::string(kMark), whole});
    if (blocks_.back().mark == CacheMark::kNone) blocks_.back().mark = mark_of(*whole);
  }

  std::vector<PromptBlock> take() { return std::move(blocks_); }
  const std::vector<Mark>& marks() const { return marks_; }

  static CacheMark mark_of(const json::Value& value) {
    return json::string_member(value, "ttl") == "1h" ? CacheMark::kHour : CacheMark::kFiveMinutes;
  }

 private:
  void read_message(const json::Value& message, const std::string& place) {
    const json::Value* const role = json::member(message, "role");
    const json::Value* const content = json::member(message, "content");
    if (role != nullptr) feed(*role);
    if (content != nullptr && content->IsString()) add(*content, place);
    read_list(content, place);
  }

  void read_list(const json::Value* list, const std::string& place) {
    if (list == nullptr || !list->IsArray()) return;
    for (rapidjson::SizeType i = 0; i < list->Size(); ++i) add((*list)[i], place + "." + std::to_string(i));
  }

  void add(const json::Value& block, const std::string& place) {
    const size_t before = marks_.size();
    find_marks(block, place);
    feed(block);
    CacheMark mark = CacheMark::kNone;
    for (size_t i = before; i < marks_.size(); ++i) mark = std::max(mark, mark_of(*marks_[i].value));
    blocks_.push_back({prefix_, bytes_ / kBytesPerToken, mark});
  }

  void find_marks(const json::Value& value, const std::string& place) {
    if (value.IsArray()) {
      for (rapidjson::SizeType i = 0; i < value.Size(); ++i) find_marks(value[i], place + "." + std::to_string(i));
    }
    if (!value.IsObject()) return;
    for (const auto& field : value.GetObject()) {
      const std::string_view name = json::view(field.name);
      const std::string inside = place + "." + std::string(name);
      if (name == kMark && !field.value.IsNull())
        marks_.push_back({inside, &field.value});
      else if (name != kMark && !holds_no_marks(name))
        find_marks(field.value, inside);
    }
  }

  // Into the hash of the prompt; its texts make its tokens.
  void feed(const json::Value& value) {
    mix_in(static_cast<uint64_t>(value.GetType()));
    if (value.IsString()) {
      bytes_ += static_cast<int64_t>(value.GetStringLength());
      mix_in(hash_of(json::view(value)));
    } else if (value.IsNumber()) {
      const double number = value.GetDouble();
      uint64_t bits = 0;
      std::memcpy(&bits, &number, sizeof bits);
      mix_in(bits);
    } else if (value.IsArray()) {
      for (const json::Value& each : value.GetArray()) feed(each);
      mix_in(value.Size());
    } else if (value.IsObject()) {
      for (const auto& field : value.GetObject()) {
        if (json::view(field.name) == kMark) continue;
        mix_in(hash_of(json::view(field.name)));
        feed(field.value);
      }
    }
  }

  void mix_in(uint64_t number) { prefix_ = mix(prefix_ * 0x9e3779b97f4a7c15U + number); }

  std::vector<PromptBlock> blocks_;
  std::vector<Mark> marks_;
  uint64_t prefix_ = 1;
  int64_t bytes_ = 0;
};

std::string mark_problem(const PromptReader::Mark& mark) {
  if (!mark.value->IsObject()) return mark.place + ": Input should be a valid dictionary";
  if (json::string_member(*mark.value, "type") != "ephemeral")
    return mark.place + ": Input tag does not match any of the expected tags: 'ephemeral'";
  for (const auto& field : mark.value->GetObject()) {
    const std::string_view name = json::view(field.name);
    if (name != "type" && name != "ttl")
      return mark.place + ".ephemeral." + std::string(name) + ": Extra inputs are not permitted";
  }
  const json::Value* const ttl = json::member(*mark.value, "ttl");
  const bool known = ttl == nullptr || (ttl->IsString() && (json::view(*ttl) == "5m" || json::view(*ttl) == "1h"));
  return known ? "" : mark.place + ".ephemeral.ttl: Input should be '5m' or '1h'";
}

// Blocks of thoughts cannot be marked.
std::string marked_thought_problem(const json::Value& params) {
  for (const json::Value& message : json::member(params, "messages")->GetArray()) {
    const json::Value* const content = json::member(message, "content");
    if (content == nullptr || !content->IsArray()) continue;
    for (const json::Value& block : content->GetArray()) {
      const std::string_view type = json::string_member(block, "type");
      const bool thought = type == "thinking" || type == "redacted_thinking";
      if (thought && json::member(block, kMark) != nullptr)
        return "messages." + std::string(type) + ".cache_control: Extra inputs are not permitted";
    }
  }
  return {};
}

}  // namespace

std::vector<PromptBlock> prompt_blocks(const json::Value& params) { return PromptReader(params).take(); }

std::string cache_control_problem(const json::Value& params) {
  const PromptReader reader(params);
  bool short_before = false;
  for (const PromptReader::Mark& mark : reader.marks()) {
    if (std::string problem = mark_problem(mark); !problem.empty()) return problem;
    const bool hour = PromptReader::mark_of(*mark.value) == CacheMark::kHour;
    if (hour && short_before)
      return mark.place + ".ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. " +
             "Note that blocks are processed in the following order: `tools`, `system`, `messages`.";
    short_before = short_before || !hour;
  }
  const auto found = static_cast<int>(reader.marks().size());
  if (found > kMostMarks)
    return "A maximum of 4 blocks with cache_control may be provided. Found " + std::to_string(found) + ".";
  return marked_thought_problem(params);
}

}  // namespace br::emulator
