// Reads the messages of a request: roles, texts, parts with their sources.
#pragma once

#include "codec/field_reader.h"

namespace br {

class MessageReader : public FieldReader {
 public:
  bool read_messages();

 private:
  bool read_message();
  bool read_role(Message* message);
  bool read_content(Message* message);
  bool read_kwargs(Message* message);
  bool read_part();
  bool read_part_field(std::size_t field, Part* part, std::string_view* type);
  bool default_source(Part* part, std::size_t offset);
  bool check_part(const Part& part, std::string_view type, std::size_t offset);
};

}  // namespace br
