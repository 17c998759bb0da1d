// ResponseEvents: the typed events of OpenAI's Responses API, each with its number, and the place it belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "capture/stream/event_writer.h"

namespace br {

class ResponseEvents {
 public:
  explicit ResponseEvents(std::string* out) : events_(out) {}

  // The item that the next events are about.
  void enter(const Json& item, std::size_t output_index) {
    item_ = &item;
    output_index_ = output_index;
  }
  // An event that is begun: its type and number are written.
  JsonWriter& begin(std::string_view type) {
    return events_.begin(type).begin_object().field("type", type).field("sequence_number", number_++);
  }
  // The same of the item, and its place.
  JsonWriter& begin_in_item(std::string_view type) {
    JsonWriter& json = begin(type);
    if (const Json& id = (*item_)["id"]; has(id))
      json.key("item_id").raw(id.raw());
    else
      json.field("item_id", "");
    return index_field("output_index", output_index_, &json);
  }
  // Ends what was begun.
  void end() {
    events_.json().end_object();
    events_.end();
  }

  JsonWriter& json() { return events_.json(); }
  std::size_t output_index() const { return output_index_; }

 private:
  EventWriter events_;
  const Json* item_ = nullptr;
  std::size_t output_index_ = 0;
  std::int64_t number_ = 0;
};

// All events of one item, from output_item.added to output_item.done.
void append_item_events(const Json& item, std::size_t output_index, ResponseEvents* events);

}  // namespace br
