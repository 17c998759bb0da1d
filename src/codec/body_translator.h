// BodyTranslator: what turning one vendor's body into the fields of the unified line is for every vendor: a table that
// says what becomes of each field, and a refusal for all that are not in it. The bodies themselves are its kinds.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/generation_fields.h"
#include "codec/json_slices.h"
#include "codec/line_translator.h"
#include "codec/translated_text.h"

namespace br {

// What becomes of a field of a body.
enum class Fate : std::uint8_t {
  copied,      // the value of the unified field `to`
  generation,  // the value of generation_config.`to`
  own,         // take() of the body's kind
  elsewhere,   // read before
  left,  // no counterpart: refused, or left out where the caller wants it so. `to`: what says nothing, such as false
  never  // without it the request would be another one: always refused, but for `to`
};

struct BodyField {
  std::string_view name;
  Fate fate = Fate::left;
  std::string_view to = {};   // left, never: JSON values that are what happens anyway, each between blanks
  std::string_view why = {};  // left, never: continues "it "
};

class BodyTranslator {
 public:
  struct Place {
    const Request* native;
    const TranslationTarget* target;
    TranslatedText* out;
    Issue* issue;
    std::vector<std::string>* warnings;
  };
  explicit BodyTranslator(const Place& place)
      : native_(*place.native),
        target_(*place.target),
        out_(*place.out),
        issue_(place.issue),
        warnings_(place.warnings) {}
  virtual ~BodyTranslator() = default;
  BodyTranslator(const BodyTranslator&) = delete;
  BodyTranslator& operator=(const BodyTranslator&) = delete;

  // Writes the fields of the unified line behind its id and its model.
  bool translate();

 protected:
  virtual std::span<const BodyField> fields() const = 0;
  // Whether snake_case is another spelling of the names in the table, which are in camelCase.
  virtual bool camel_names() const { return false; }
  // One of the fields whose fate is `own`. Its name is that of the table.
  virtual bool take(std::string_view name, std::string_view value) = 0;
  // Behind the last field.
  virtual bool finish() { return true; }

  // Every member of an object by the table. camel: snake_case is the same name.
  bool by_table(std::string_view object, std::span<const BodyField> table, bool camel = false);

  bool refuse(std::string_view value, const std::string& why_and_fix);
  // Refused, or left out with a warning. why: continues "it "; fix: what to do.
  bool left_out(std::string_view value, std::string_view why = {}, std::string_view fix = "remove it");
  void warn(std::string_view value, const std::string& what);
  bool expect(std::string_view value, char first, std::string_view want);

  bool generation(std::string_view name, std::string_view value);
  // A string, or an array of strings.
  bool stops(std::string_view value);
  bool tools(std::string_view array);
  bool tool_choice(std::string_view value);
  void serial_calls(std::string_view value) { serial_ = value; }
  bool effort(std::string_view value);
  bool budget(std::string_view value);
  void no_reasoning(std::string_view value) { no_reasoning_ = value; }
  // How many answers are asked for.
  bool answers(std::string_view value);
  // How long the vector of an embedded text is to be.
  bool dimensions(std::string_view value);
  void kwarg(std::string_view name, std::string_view member, std::string_view value);

  const Request& native_;
  const TranslationTarget& target_;
  TranslatedText& out_;

 private:
  bool by_rule(const BodyField& rule, std::string_view value);
  bool check_function(std::string_view tool);
  bool write_reasoning();
  void write_generation();
  void write_tool_choice();

  Issue* issue_;
  std::vector<std::string>* warnings_;
  std::array<std::string_view, kGenerationFields.size()> generation_{};
  std::string_view serial_, tool_choice_, effort_, budget_, no_reasoning_;
  std::string kwargs_;
};

// One for each form that a body may have; nullptr where it is none that can be translated.
std::unique_ptr<BodyTranslator> make_chat_translator(const BodyTranslator::Place& place);
std::unique_ptr<BodyTranslator> make_input_translator(const BodyTranslator::Place& place);  // embeddings, moderations
std::unique_ptr<BodyTranslator> make_responses_translator(const BodyTranslator::Place& place);
std::unique_ptr<BodyTranslator> make_anthropic_translator(const BodyTranslator::Place& place);
std::unique_ptr<BodyTranslator> make_gemini_translator(const BodyTranslator::Place& place);
std::unique_ptr<BodyTranslator> make_gemini_embedding_translator(const BodyTranslator::Place& place);

}  // namespace br
