// Reads a line of a vendor's own batch file into a Request: its id, its endpoint and its body, which stays as it is.
#pragma once

#include <string_view>

#include "codec/field_reader.h"

namespace br {

// A field that stands in a vendor's line and in no unified one.
bool is_native_field(std::string_view name);

class NativeReader : public FieldReader {
 public:
  // `line` as RequestReader::read() has it. The form of the line follows from the field that holds the body.
  bool read_line(const char* line, std::size_t size);

 private:
  enum Field : std::size_t { kCustomId, kKey, kRecordId, kModel, kProvider, kMethod, kUrl, kMetadata,
                             kBody, kParams, kRequest, kModelInput, kFields };

  bool read_field(std::size_t field, std::string_view key);
  bool read_id();
  bool read_method();
  bool read_url();
  bool read_metadata(std::string_view key);
  bool read_carrier(std::size_t field);
  void read_gemini_body();
  bool check_form(std::string_view first_key);
  bool check_fields();

  std::size_t carrier_ = kFields;  // the field that holds the body
  std::string_view label_id_;      // request.labels.custom_id
  std::string_view method_;
  std::string_view native_key_;    // the first field that no unified line has
};

}  // namespace br
