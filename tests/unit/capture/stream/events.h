// Streams as tests compare them: the events one by one, and the data of each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/cmocka.h"

namespace br::test {

// The events of a stream without what separates them.
inline std::vector<std::string> split_events(std::string_view stream, std::string_view separator = "\n\n") {
  std::vector<std::string> events;
  while (!stream.empty()) {
    const std::size_t end = stream.find(separator);
    assert_true(end != std::string_view::npos);  // the last one ends too
    events.emplace_back(stream.substr(0, end));
    stream.remove_prefix(end + separator.size());
  }
  return events;
}

// Each event is what was expected, byte for byte, and there is none more.
inline void assert_events(std::string_view stream, const std::vector<std::string>& expected) {
  const std::vector<std::string> events = split_events(stream);
  for (std::size_t i = 0; i < events.size() && i < expected.size(); ++i)
    assert_string_equal(events[i].c_str(), expected[i].c_str());
  assert_int_equal(events.size(), expected.size());
}

inline bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// The name of each event, or of those without one the data.
inline std::vector<std::string> names_of(std::string_view stream) {
  std::vector<std::string> names;
  for (const std::string& event : split_events(stream)) {
    const std::string line = event.substr(0, event.find('\n'));
    names.push_back(line.substr(line.find(' ') + 1));
  }
  return names;
}

inline std::string joined_names(std::string_view stream) {
  std::string joined;
  for (const std::string& name : names_of(stream)) joined.append(joined.empty() ? "" : " ").append(name);
  return joined;
}

}  // namespace br::test
