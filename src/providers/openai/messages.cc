#include "providers/openai/messages.h"

#include "providers/shared/unified_fields.h"

namespace br {
namespace {

bool is_content(const Part& part) { return part.kind < PartKind::tool_call; }

// The arguments as a JSON string, as they were written where they were one.
void append_arguments(const Part& call, std::string* out) {
  if (call.text_json.size() > 2) out->append(call.text_json);
  else append_json_text(call.data_json, out);
}

}  // namespace

bool OpenAiMessages::write() {
  if (!check_no_cache("remove it; what begins alike is cached anyway")) return false;
  for (std::size_t i = 0; i < r_.messages.size(); ++i) {
    const Message& message = r_.messages[i];
    if (i > 0) out_->push_back(',');
    const bool good = !has_more(message) ? write_plain(message) : is_responses() ? items(message) : history(message);
    if (!good) return false;
  }
  return true;
}

bool OpenAiMessages::write_plain(const Message& message) {
  out_->append(message.role == Role::user ? "{\"role\":\"user\",\"content\":"
                                          : "{\"role\":\"assistant\",\"content\":");
  if (message.plain_string) out_->append(r_.parts[message.first_part].text_json);
  else if (!part_array(message, [&](const Part& each) { return content_.write(each, message.role); }))
    return false;
  end_message(message);
  return true;
}

// Whether the message says more than its role and content.
bool OpenAiMessages::has_more(const Message& message) const {
  if (message.role > Role::assistant || !message.name_json.empty() || !message.reasoning_json.empty()) return true;
  for (std::uint32_t k = 0; k < message.part_count; ++k) {
    if (!is_content(r_.parts[message.first_part + k])) return true;
  }
  return false;
}

// The results come first: they have to stand right behind the calls.
bool OpenAiMessages::history(const Message& message) {
  bool any = false;
  if (!results(message, &any)) return false;
  if (message.role == Role::tool) return true;
  bool speaks = message.role == Role::assistant;
  each_part(message.first_part, message.part_count,
            [&](const Part& part) { return speaks = speaks || is_content(part), true; });
  if (!speaks) return true;
  out_->append(any ? "," : "").append(message.role == Role::user        ? "{\"role\":\"user\""
                                      : message.role == Role::assistant ? "{\"role\":\"assistant\""
                                                                        : "{\"role\":\"system\"");
  if (!message.name_json.empty()) out_->append(",\"name\":").append(message.name_json);
  out_->append(",\"content\":");
  if (!spoken(message)) return false;
  if (!d_.thoughts.empty() && !message.reasoning_json.empty())
    out_->append(",\"").append(d_.thoughts).append("\":").append(message.reasoning_json);
  if (message.role == Role::assistant) tool_calls(message);
  out_->push_back('}');
  return true;
}

bool OpenAiMessages::results(const Message& message, bool* any) {
  return each_part(message.first_part, message.part_count, [&](const Part& part) {
    if (part.kind != PartKind::tool_result) return true;
    std::string text;
    if (!result_text(part, &text)) return false;
    out_->append(*any ? "," : "").append("{\"role\":\"tool\",\"tool_call_id\":");
    *any = true;
    append_call_id(d_.call_ids, part.id_json, out_);
    if (d_.named_results && !part.name_json.empty()) out_->append(",\"name\":").append(part.name_json);
    out_->append(",\"content\":").append(text).push_back('}');
    return true;
  });
}

// The content: a string, parts, or null where nothing is said.
bool OpenAiMessages::spoken(const Message& message) {
  const Part* only = nullptr;
  std::size_t count = 0;
  each_part(message.first_part, message.part_count, [&](const Part& part) {
    if (is_content(part)) only = &part, ++count;
    return true;
  });
  if (count == 0) {
    out_->append("null");
    return true;
  }
  if (count == 1 && only->kind == PartKind::text) {
    out_->append(only->text_json);
    return true;
  }
  return part_array(message, [&](const Part& each) { return !is_content(each) || content_.write(each, message.role); });
}

void OpenAiMessages::tool_calls(const Message& message) {
  bool any = false;
  each_part(message.first_part, message.part_count, [&](const Part& part) {
    if (part.kind != PartKind::tool_call) return true;
    out_->append(any ? ",{\"id\":" : ",\"tool_calls\":[{\"id\":");
    any = true;
    append_call_id(d_.call_ids, part.id_json, out_);
    out_->append(",\"type\":\"function\",\"function\":{\"name\":").append(part.name_json).append(",\"arguments\":");
    append_arguments(part, out_);
    out_->append("}}");
    return true;
  });
  if (any) out_->push_back(']');
}

// One message is several items: results and thoughts, what is said, calls.
bool OpenAiMessages::items(const Message& message) {
  if (!message.name_json.empty() &&
      !unsupported(message.column, "name", "has no names of speakers on responses", "remove it, or say it in the text"))
    return false;
  bool any = false, speaks = false;
  const auto write = [&](const Part& part, bool before) {
    speaks = speaks || is_content(part);
    if (is_content(part) || before == (part.kind == PartKind::tool_call)) return true;
    const std::size_t begun = out_->size();
    if (any) out_->push_back(',');
    bool written = false;
    if (!item(part, &written)) return false;
    if (!written) out_->resize(begun);
    any = any || written;
    return true;
  };
  const auto write_all = [&](bool before) {
    return each_part(message.first_part, message.part_count, [&](const Part& part) { return write(part, before); });
  };
  if (!write_all(true)) return false;
  if (speaks) {
    if (any) out_->push_back(',');
    any = true;
    out_->append(message.role == Role::user        ? "{\"role\":\"user\",\"content\":"
                 : message.role == Role::assistant ? "{\"role\":\"assistant\",\"content\":"
                                                   : "{\"role\":\"system\",\"content\":");
    if (!spoken(message)) return false;
    out_->push_back('}');
  }
  if (!write_all(false)) return false;
  return any || refuse(message.column, "messages",
                       "the message holds another vendor's thoughts alone, which mean nothing here; remove it");
}

bool OpenAiMessages::item(const Part& part, bool* written) {
  *written = true;
  if (part.kind == PartKind::tool_result) return output(part);
  if (part.kind == PartKind::thinking) {
    *written = field_of(part.data_json, "type") == "\"reasoning\"";
    if (*written) out_->append(part.data_json);
    return true;
  }
  out_->append("{\"type\":\"function_call\",\"call_id\":").append(part.id_json);
  out_->append(",\"name\":").append(part.name_json).append(",\"arguments\":");
  append_arguments(part, out_);
  out_->push_back('}');
  return true;
}

bool OpenAiMessages::output(const Part& result) {
  out_->append("{\"type\":\"function_call_output\",\"call_id\":").append(result.id_json).append(",\"output\":");
  if (result.inner_count == 0) out_->append(result.text_json);
  else if (!part_array(inner_of(result), result.inner_count,
                       [this](const Part& each) { return content_.write(each, Role::user); }))
    return false;
  out_->push_back('}');
  return true;
}

}  // namespace br
