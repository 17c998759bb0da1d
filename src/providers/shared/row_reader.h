// LineRowReader: what reading one native result line is for every vendor: check it, repair what takes nothing away from an
// answer that was paid for, and find the id of a damaged one.
#pragma once

#include <string>
#include <string_view>

#include "codec/json_cursor.h"
#include "providers/provider.h"

namespace br {

class LineRowReader : public RowReader {
 public:
  // id_field: the name of the field that holds the id, "custom_id".
  explicit LineRowReader(std::string_view id_field) : id_field_(id_field) {}
  bool read(char* line, std::size_t size, Row* row) final;

 protected:
  // Reads the object's fields into *row (a fresh one); the cursor stands before the object. row->custom_id_json is set
  // from the id's token. What goes wrong in the JSON is left to the cursor.
  virtual void read_fields(JsonCursor* cursor, Row* row) = 0;
  // After the last field: decides row->status and fills the error fields.
  virtual void judge(Row* row) = 0;

  // A number, or a string, or nothing where the vendor sent something else.
  static void number(JsonCursor* c, std::int64_t* value);
  static void string(JsonCursor* c, std::string_view* token);
  static void skip(JsonCursor* c);
  // Enters an object and returns true, or skips what is none.
  static bool enter_object(JsonCursor* c);
  static bool enter_array(JsonCursor* c);

 private:
  bool read_checked(const char* line, std::size_t size, Row* row);
  void find_damaged_id(const char* line, std::size_t size, Row* row) const;

  std::string id_field_, repaired_, id_;
  bool anonymous_ = false;  // the line that was read last: Row::anonymous
};

// Joins JSON strings into one: the texts of several parts of an answer.
class JoinedText {
 public:
  void clear() { text_.clear(); }
  void add(std::string_view token);
  // The JSON string; empty if nothing was added. Valid until the next add() or clear().
  std::string_view token() const { return text_; }

 private:
  std::string text_;
};

}  // namespace br
