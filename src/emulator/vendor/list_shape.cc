#include "emulator/vendor/list_shape.h"

#include <algorithm>
#include <utility>

#include "emulator/base/json.h"

namespace br::emulator {
namespace {

// How a vendor's lists are paged.
struct ListShape {
  std::string_view vendor;
  const char* size;   // the query that bounds a page; null: there are no pages
  const char* place;  // the query that says where a page begins
  const char* more;   // the field that says that there is another page
};

constexpr ListShape kShapes[] = {
    {"openai", "limit", "after", "has_more"},
    {"azure", "limit", "after", "has_more"},
    {"doubleword", "limit", "after", "has_more"},
    {"groq", "limit", "cursor", "next_cursor"},
    {"together", nullptr, nullptr, nullptr},
    {"anthropic", "limit", "after_id", "has_more"},
    {"google", "pageSize", "pageToken", "nextPageToken"},
    {"mistral", "page_size", "page", "total"},
    {"xai", "limit", "pagination_token", "pagination_token"},
    {"fireworks", "pageSize", "pageToken", "nextPageToken"},
    {"bedrock", "maxResults", "nextToken", "nextToken"},
    {"vertex", "pageSize", "pageToken", "nextPageToken"},
};
constexpr std::string_view kIdNames[] = {"batch_id", "id", "jobArn",
                                         "name"};  // a name is an id where there is no other
constexpr int64_t kManyMore = 1'000'000;

const ListShape* shape_of(std::string_view vendor) {
  const auto at = std::find_if(std::begin(kShapes), std::end(kShapes),
                               [&](const ListShape& shape) { return shape.vendor == vendor; });
  return at == std::end(kShapes) || at->size == nullptr ? nullptr : at;
}

void set_query(RequestHead& head, std::string_view name, std::string value) {
  std::erase_if(head.query, [&](const auto& entry) { return entry.first == name; });
  head.query.emplace_back(std::string(name), std::move(value));
}

// The list that the answer holds, or the answer itself; null if there is none.
json::Value* list_in(json::Document& answer) {
  if (answer.IsArray()) return &answer;
  if (!answer.IsObject()) return nullptr;
  for (auto& member : answer.GetObject()) {
    if (member.value.IsArray()) return &member.value;
  }
  return nullptr;
}

// What stands behind the last slash of an entry's id, which is how the emulator's vendors name the places of pages.
std::string place_of(const json::Value& entry) {
  for (const std::string_view name : kIdNames) {
    const std::string_view id = json::string_member(entry, name);
    if (!id.empty()) return std::string(id.substr(id.rfind('/') + 1));
  }
  return "emulated-more";
}

void set_member(json::Value& object, const char* name, json::Value value, json::Document& answer) {
  if (object.HasMember(name)) object.RemoveMember(name);
  object.AddMember(json::Value(name, answer.GetAllocator()), value, answer.GetAllocator());
}

// Says that there is another page, which begins at `place`.
void promise_more(const ListShape& shape, const std::string& place, json::Document& answer) {
  if (!answer.IsObject()) return;
  auto& memory = answer.GetAllocator();
  const std::string_view more = shape.more;
  if (more == "has_more") {
    set_member(answer, shape.more, json::Value(true), answer);
  } else if (more == "total") {
    set_member(answer, shape.more, json::Value(kManyMore), answer);
  } else if (more == "next_cursor") {
    json::Value paging(rapidjson::kObjectType);
    paging.AddMember("next_cursor", json::Value(place, memory), memory);
    set_member(answer, "paging", std::move(paging), answer);
  } else {
    set_member(answer, shape.more, json::Value(place, memory), answer);
  }
}

// Does something to the id of an entry; Gemini's operations have theirs twice.
template <typename Change>
void change_ids(json::Value& entry, Change change) {
  if (!entry.IsObject()) return;
  const auto name = std::find_if(std::begin(kIdNames), std::end(kIdNames),
                                 [&](std::string_view each) { return entry.HasMember(std::string(each)); });
  if (name != std::end(kIdNames)) change(entry, std::string(*name));
  if (entry.HasMember("metadata") && entry["metadata"].IsObject() && entry["metadata"].HasMember("name")) {
    change(entry["metadata"], "name");
  }
}

void damage_entry(const std::string& form, json::Value& entry, json::Document& answer) {
  auto& memory = answer.GetAllocator();
  if (form == "empty_id" || form == "null_id") {
    change_ids(entry, [&](json::Value& object, const std::string& name) {
      object[name].SetNull();
      if (form == "empty_id") object[name].SetString("", memory);
    });
  } else if (form == "no_id") {
    change_ids(entry, [](json::Value& object, const std::string& name) { object.RemoveMember(name); });
  } else if (form == "null") {
    entry.SetNull();
  } else if (form == "number") {
    entry.SetInt(17);
  } else if (form == "text") {
    entry.SetString("see the next entry", memory);
  } else {
    entry.SetObject();
    entry.AddMember("kind", "notice", memory).AddMember("detail", json::Value(rapidjson::kArrayType), memory);
  }
}

}  // namespace

void bend_list_request(const Fault& fault, std::string_view vendor, RequestHead& head) {
  const ListShape* const shape = shape_of(vendor);
  if (shape == nullptr) return;
  if (fault.kind == "small_pages") {
    set_query(head, shape->size, std::to_string(std::max<int64_t>(1, fault_number(fault, "entries", 1))));
  } else if (fault.kind == "page_repeats") {
    std::erase_if(head.query, [&](const auto& entry) { return entry.first == shape->place; });
  }
}

void damage_list(const Fault& fault, std::string_view vendor, const RequestHead& head, Reply& reply) {
  json::Document answer;
  if (reply.status != 200 || reply.blob || !json::parse(reply.body, answer)) return;
  const ListShape* const shape = shape_of(vendor);
  json::Value* const list = list_in(answer);
  if (fault.kind == "list_entry") {
    if (list == nullptr) return;
    const auto size = static_cast<int64_t>(list->Size());
    const int64_t only = fault_number(fault, "entry", 1);
    for (int64_t i = 1; i <= size; ++i) {
      if (only == 0 || only == i) {
        damage_entry(fault_text(fault, "form", "empty_id"), (*list)[static_cast<rapidjson::SizeType>(i - 1)], answer);
      }
    }
  } else {
    const std::string* const asked = shape == nullptr ? nullptr : head.query_value(shape->place);
    const bool empty = list == nullptr || list->Empty();
    const std::string place = !empty ? place_of((*list)[0]) : asked != nullptr ? *asked : "emulated-more";
    if (fault.kind == "empty_page" && list != nullptr) {
      list->Clear();
      for (const char* name : {"first_id", "last_id"}) {
        if (answer.IsObject() && answer.HasMember(name)) answer[name].SetNull();
      }
    }
    if (shape != nullptr) promise_more(*shape, place, answer);
  }
  reply.body = json::Writer().value(answer).str();
}

}  // namespace br::emulator
