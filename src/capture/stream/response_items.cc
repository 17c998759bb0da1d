// The events of one item of a Responses answer: it is added without what comes later, filled, and done as it is.
#include <array>

#include "capture/stream/response_events.h"

namespace br {
namespace {

// A kind of text within an item, and the events that bring it.
struct PartEvents {
  std::string_view type, field;
  std::string_view added, text, done;  // text: of its delta and its done
  std::string_view index;              // what its number is called
};

constexpr std::string_view kPartAdded = "response.content_part.added", kPartDone = "response.content_part.done";
constexpr std::array<PartEvents, 4> kParts = {{
    {"output_text", "text", kPartAdded, "response.output_text", kPartDone, "content_index"},
    {"refusal", "refusal", kPartAdded, "response.refusal", kPartDone, "content_index"},
    {"reasoning_text", "text", kPartAdded, "response.reasoning_text", kPartDone, "content_index"},
    {"summary_text", "text", "response.reasoning_summary_part.added", "response.reasoning_summary_text",
     "response.reasoning_summary_part.done", "summary_index"},
}};
// A part that is none of these is added and done, whole.
constexpr PartEvents kOtherPart = {"", "", kPartAdded, "", kPartDone, "content_index"};
constexpr PartEvents kOtherSummary = {"", "", kParts[3].added, "", kParts[3].done, "summary_index"};

// What a call of a tool streams, and the stages it tells of: before its text, and behind it.
struct ToolEvents {
  std::string_view type;
  std::string_view field, text;  // its text, and the events of it
  std::string_view result;       // what is there at the end only
  std::array<std::string_view, 2> before, behind;
};

constexpr std::array<ToolEvents, 8> kTools = {{
    {"function_call", "arguments", "response.function_call_arguments", "", {}, {}},
    {"custom_tool_call", "input", "response.custom_tool_call_input", "", {}, {}},
    {"mcp_call", "arguments", "response.mcp_call_arguments", "output", {"in_progress"}, {"completed"}},
    {"mcp_list_tools", "", "", "", {"in_progress"}, {"completed"}},
    {"web_search_call", "", "", "", {"in_progress", "searching"}, {"completed"}},
    {"file_search_call", "", "", "results", {"in_progress", "searching"}, {"completed"}},
    {"code_interpreter_call",
     "code",
     "response.code_interpreter_call_code",
     "outputs",
     {"in_progress"},
     {"interpreting", "completed"}},
    {"image_generation_call", "", "", "result", {"in_progress", "generating"}, {"completed"}},
}};

template <class Row, std::size_t size>
const Row* find_row(const std::array<Row, size>& rows, const Json& value) {
  for (const Row& row : rows) {
    if (row.type == value["type"].string()) return &row;
  }
  return nullptr;
}

std::string joined(std::string_view first, std::string_view second) { return std::string(first).append(second); }

class ItemEvents {
 public:
  ItemEvents(const Json& item, ResponseEvents* events) : item_(item), events_(events) {}
  void write();

 private:
  void add(std::initializer_list<ChangedField> changed);
  void part(const PartEvents& kind, const Json& part, std::size_t index);
  void part_text(const PartEvents& kind, const Json& part, std::size_t index);
  void parts(const Json& list, const PartEvents& other);
  void tool(const ToolEvents& kind);
  void stages(const ToolEvents& kind, const std::array<std::string_view, 2>& stages);
  JsonWriter& begin_in_part(std::string_view type, const PartEvents& kind, std::size_t index) {
    return index_field(kind.index, index, &events_->begin_in_item(type));
  }

  const Json& item_;
  ResponseEvents* events_;
};

void ItemEvents::add(std::initializer_list<ChangedField> changed) {
  JsonWriter& json = events_->begin("response.output_item.added");
  write_object(item_, changed, &index_field("output_index", events_->output_index(), &json).key("item"));
  events_->end();
}

void ItemEvents::part_text(const PartEvents& kind, const Json& part, std::size_t index) {
  const Json& text = part[kind.field];
  const Json& logprobs = part["logprobs"];
  const auto write = [&](std::string_view event, std::string_view field) {
    begin_in_part(joined(kind.text, event), kind, index).key(field).raw(text.raw());
    if (kind.type == "output_text") events_->json().key("logprobs").raw(logprobs.is_array() ? logprobs.raw() : "[]");
    events_->end();
  };
  if (!text.string().empty()) write(".delta", "delta");
  const auto& annotations = part["annotations"].items();
  for (std::size_t each = 0; each < annotations.size(); ++each) {
    JsonWriter& json = begin_in_part("response.output_text.annotation.added", kind, index);
    index_field("annotation_index", each, &json).key("annotation").raw(annotations[each].raw());
    events_->end();
  }
  write(".done", kind.field);
}

void ItemEvents::part(const PartEvents& kind, const Json& part, std::size_t index) {
  JsonWriter& json = begin_in_part(kind.added, kind, index).key("part");
  if (kind.text.empty())
    json.raw(part.raw());
  else
    write_object(part, {{kind.field, "\"\""}, {"annotations", "[]"}, {"logprobs", "[]"}}, &json);
  events_->end();
  if (!kind.text.empty()) part_text(kind, part, index);
  begin_in_part(kind.done, kind, index).key("part").raw(part.raw());
  events_->end();
}

void ItemEvents::parts(const Json& list, const PartEvents& other) {
  const auto& items = list.items();
  for (std::size_t index = 0; index < items.size(); ++index) {
    const PartEvents* kind = find_row(kParts, items[index]);
    const bool known = kind != nullptr && kind->index == other.index && items[index][kind->field].is_string();
    part(known ? *kind : other, items[index], index);
  }
}

void ItemEvents::stages(const ToolEvents& kind, const std::array<std::string_view, 2>& stages) {
  const bool failed = item_["status"].string() == "failed" || (has(item_["error"]) && item_["error"].raw() != "null");
  for (const std::string_view stage : stages) {
    if (stage.empty()) continue;
    const bool last = stage == "completed";
    // Only these two have an event of a failure.
    if (last && failed && !kind.type.starts_with("mcp_")) continue;
    std::string name = joined("response.", kind.type);
    events_->begin_in_item(name.append(".").append(last && failed ? "failed" : stage));
    events_->end();
  }
}

void ItemEvents::tool(const ToolEvents& kind) {
  const Json& text = item_[kind.field];
  const bool streamed = !kind.field.empty() && text.is_string();
  add({{"status", "\"in_progress\""}, {streamed ? kind.field : "", "\"\""}, {kind.result, "null"}});
  stages(kind, kind.before);
  if (streamed) {
    if (!text.string().empty()) {
      events_->begin_in_item(joined(kind.text, ".delta")).key("delta").raw(text.raw());
      events_->end();
    }
    JsonWriter& json = events_->begin_in_item(joined(kind.text, ".done"));
    if (kind.type == "function_call") copy_field(item_, "name", &json);
    json.key(kind.field).raw(text.raw());
    events_->end();
  }
  stages(kind, kind.behind);
}

void ItemEvents::write() {
  const std::string_view type = item_["type"].string();
  if (const ToolEvents* kind = find_row(kTools, item_); kind != nullptr) {
    tool(*kind);
  } else if ((type == "message" || type == "reasoning") &&
             (item_["content"].is_array() || item_["summary"].is_array())) {
    const bool has_content = item_["content"].is_array();
    add({{"status", "\"in_progress\""},
         {"content", has_content ? "[]" : item_["content"].raw()},
         {"summary", item_["summary"].is_array() ? "[]" : item_["summary"].raw()}});
    parts(item_["summary"], kOtherSummary);
    parts(item_["content"], kOtherPart);
  } else {
    add({});
  }
  JsonWriter& json = events_->begin("response.output_item.done");
  index_field("output_index", events_->output_index(), &json).key("item").raw(item_.raw());
  events_->end();
}

}  // namespace

void append_item_events(const Json& item, std::size_t output_index, ResponseEvents* events) {
  events->enter(item, output_index);
  ItemEvents(item, events).write();
}

}  // namespace br
