#include "providers/shared/request_encoder.h"

#include <algorithm>
#include <functional>


namespace br {

bool RequestEncoder::refuse(std::uint32_t column, std::string_view field, const std::string& message) {
  issue_->column = std::max<std::uint32_t>(1, column);
  issue_->custom_id = std::string(r_.custom_id);
  issue_->field = field;
  issue_->message = message;
  return false;
}

bool RequestEncoder::unsupported(std::uint32_t column, std::string_view field, const std::string& why,
                                 const std::string& fix) {
  const std::string what = std::string(field) + ": " + std::string(vendor_) + " " + why;
  if (!options_.drop_unsupported) return refuse(column, field, what + "; " + fix);
  if (warnings_ != nullptr) warnings_->push_back(what + "; it was left out");
  return true;
}

std::uint32_t RequestEncoder::column_of(std::string_view slice) const {
  const std::less<const char*> before;
  const char* line = r_.line.data();
  if (before(slice.data(), line) || !before(slice.data(), line + r_.line.size())) return 1;
  return static_cast<std::uint32_t>(slice.data() - line + 1);
}

const ModelFacts& RequestEncoder::facts_of_model(std::string_view provider) const {
  if (options_.models != nullptr) return options_.models->find(provider, r_.model);
  return ModelTable::built_in().find(provider, r_.model);
}

bool RequestEncoder::check_only_input() {
  const Generation& g = r_.generation;
  const bool generates = !g.max_tokens.empty() || !g.temperature.empty() || !g.top_p.empty() || !g.top_k.empty() ||
                         !g.stop_sequences_json.empty() || !g.presence_penalty.empty() || !g.frequency_penalty.empty();
  struct GivenField {
    std::string_view name;
    bool is_there;
    std::uint32_t column;
  };
  for (const GivenField& field : {GivenField{"generation_config", generates, r_.generation_column},
                             GivenField{"system_prompt", !r_.system.empty(), r_.system_column},
                             GivenField{"tools", !r_.tools_json.empty(), r_.tools_column},
                             GivenField{"tool_choice", !r_.tool_choice_json.empty(), r_.tool_choice_column},
                             GivenField{"response_format", !r_.response_format_json.empty(), r_.response_format_column},
                             GivenField{"reasoning", !r_.reasoning_json.empty(), r_.reasoning_column},
                             GivenField{"seed", !r_.seed_json.empty(), r_.seed_column}}) {
    if (field.is_there && !unsupported(field.column, field.name, r_.endpoint == Endpoint::moderations ? "generates nothing for moderations"
                                                               : "generates nothing for embeddings", "remove it"))
      return false;
  }
  return true;
}

bool RequestEncoder::check_stream(std::string_view value, std::string_view field) {
  if (value != "true") return true;
  return refuse(column_of(value), field,
                std::string(field) +
                    " asks for a stream; a batch cannot stream and would fail as a whole; "
                    "remove \"stream\"");
}

bool RequestEncoder::rewritten_schema(const SchemaRules& rules, std::string_view schema, const std::string& at,
                                      bool may_leave_out, std::string* out) {
  RewrittenSchema rewritten = rewrite_schema(rules, schema, at);
  if (!report(rewritten, schema, may_leave_out)) return false;
  *out = rewritten.usable() ? std::move(rewritten.json) : std::string();
  return true;
}

bool RequestEncoder::report(const RewrittenSchema& rewritten, std::string_view schema, bool may_leave_out) {
  return std::all_of(rewritten.faults.begin(), rewritten.faults.end(), [&](const SchemaFault& each) {
    const std::uint32_t column = column_of(schema.substr(std::min(each.offset, schema.size())));
    if (!each.whole || may_leave_out) return unsupported(column, each.path, each.why, each.fix);
    return refuse(column, each.path, each.path + ": " + std::string(vendor_) + " " + each.why + "; " + each.fix);
  });
}

// Moderations and the paths that have no unified fields may have a model of the vendor's own choice.
bool RequestEncoder::check_body_model(BodyModel where) {
  const bool needs = r_.endpoint != Endpoint::moderations && r_.endpoint != Endpoint::other;
  if (where == BodyModel::elsewhere || !needs || !r_.model_json.empty()) return true;
  return refuse(1, "model",
                "no model is named, neither in the body nor beside it; " + std::string(vendor_) +
                    (where == BodyModel::in_body ? " would refuse the request" : " would refuse the batch") +
                    "; add \"model\" to the line, or give --model (default_model)");
}

void RequestEncoder::write_body(bool add_model) {
  if (!add_model) {
    out_->append(r_.body_json);
    return;
  }
  const bool empty = r_.body_json.find_first_not_of(" \t\r\n", 1) == r_.body_json.size() - 1;
  out_->append("{\"model\":").append(r_.model_json).append(empty ? "" : ",").append(r_.body_json.substr(1));
}

bool RequestEncoder::refuse_place(std::string_view value, const std::string& at, const std::string& place) {
  return refuse(column_of(value), at,
                at + ": " + std::string(vendor_) + " takes it as " + place + " and nowhere else; write it there");
}

bool RequestEncoder::check_places(const BodyWriter& w, std::span<const MovedField> moved) {
  if (r_.provider_kwargs_json.empty()) return true;
  for (const MovedField& field : moved) {
    const std::string_view value = w.under_name(field.name);
    if (!value.empty() && value != "null")
      return refuse_place(value, "provider_kwargs." + std::string(field.name),
                          "provider_kwargs." + std::string(field.place));
  }
  return true;
}

void RequestEncoder::message_kwargs(const Message& message) {
  JsonCursor cursor(message.kwargs_json.data(), message.kwargs_json.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) out_->append(",").append(key).append(":").append(value);
}

bool RequestEncoder::result_text(const Part& result, std::string* text) {
  if (result.inner_count == 0) {
    text->append(result.text_json);
    return true;
  }
  std::string joined;
  const auto add = [&](const Part& part) {
    if (part.kind != PartKind::text)
      return unsupported(part.column, "tool result", "takes only texts as the result of a tool",
                         "say in text what it shows, or send it in a user message");
    joined.append(joined.empty() ? "" : "\\n").append(inside(part.text_json));
    return true;
  };
  if (!each_part(inner_of(result), result.inner_count, add)) return false;
  text->append("\"").append(joined).push_back('"');
  return true;
}

std::size_t RequestEncoder::turn_end(std::size_t i, bool with_user) const {
  std::size_t end = i + 1;
  if (r_.messages[i].role != Role::tool) return end;
  while (end < r_.messages.size() && r_.messages[end].role == Role::tool) ++end;
  if (with_user && end < r_.messages.size() && r_.messages[end].role == Role::user) ++end;
  return end;
}

bool RequestEncoder::check_no_cache(const std::string& instead) {
  for (const Part& part : r_.parts) {
    if (!part.cache_json.empty() && !unsupported(part.column, "cache_control", "has no marks of what to cache", instead))
      return false;
  }
  for (const SystemText& text : r_.system) {
    if (!text.cache_json.empty() &&
        !unsupported(r_.system_column, "cache_control", "has no marks of what to cache", instead))
      return false;
  }
  return true;
}

bool RequestEncoder::check_tool_maker(std::string_view tool, std::initializer_list<ToolMaker> known,
                                      std::size_t index) {
  const ToolMaker maker = tool_maker(tool);
  if (maker == ToolMaker::unknown || std::count(known.begin(), known.end(), maker) > 0) return true;
  const std::string at = "tools[" + std::to_string(index) + "]";
  return refuse(column_of(tool), at,
                at + " is one of " + std::string(tool_maker_name(maker)) + "'s own tools, which " +
                    std::string(vendor_) + " has not; remove it, or use that provider");
}

bool RequestEncoder::check_no_names() {
  for (const Message& message : r_.messages) {
    if (!message.name_json.empty() &&
        !unsupported(message.column, "name", "has no names of speakers", "remove it, or say it in the text"))
      return false;
  }
  return true;
}

void RequestEncoder::system_text() {
  out_->push_back('"');
  for (std::size_t i = 0; i < r_.system.size(); ++i) {
    if (i > 0) out_->append("\\n");
    out_->append(inside(r_.system[i].text_json));
  }
  out_->push_back('"');
}

void RequestEncoder::data_uri(const Part& part, std::string_view default_type) {
  out_->append("\"data:").append(media_type(part, default_type));
  out_->append(";base64,").append(inside(part.data_json)).push_back('"');
}

std::string_view RequestEncoder::media_type(const Part& part, std::string_view default_type) {
  return part.media_type_json.empty() ? default_type : inside(part.media_type_json);
}

int RequestEncoder::count_strings(std::string_view array) {
  if (array.empty()) return 0;
  JsonCursor cursor(array.data(), array.size());
  cursor.enter_array();
  int count = 0;
  std::string_view item;
  while (cursor.next_element() && cursor.read_string(&item)) ++count;
  return count;
}

}  // namespace br
