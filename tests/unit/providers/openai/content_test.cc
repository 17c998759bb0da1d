// Images, documents and sounds in the form of each vendor of the family; what one does not take is refused by name.
#include "providers/openai/content.h"

#include <string>

#include "support/openai_room.h"

namespace {

using br::test::on_responses;
using br::test::OpenAiRoom;

// The only part of the request's message.
std::string written(const std::string& part, const br::OpenAiLines& form = {}, bool responses = false) {
  const std::string more = R"("messages":[{"role":"user","content":[)" + part + "]}]";
  OpenAiRoom room(responses ? on_responses(more) : more, form);
  if (!br::OpenAiContent(room.line()).write(room.request.parts.at(0), br::Role::user))
    return room.issue.field + ": " + room.issue.message;
  return room.out;
}

std::string of_kind(const char* kind, const char* source, const char* data, const std::string& more = "") {
  return std::string(R"({"type":")") + kind + R"(","source_type":")" + source + R"(","data":")" + data + "\"" + more + "}";
}

void image_is_an_address_or_its_bytes(void**) {
  assert_string_equal(written(of_kind("image", "url", "https://a/b")).c_str(),
                      R"({"type":"image_url","image_url":{"url":"https://a/b"}})");
  assert_string_equal(written(of_kind("image", "base64", "QUJD", R"(,"media_type":"image/png")")).c_str(),
                      R"({"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}})");
  assert_string_equal(written(of_kind("image", "url", "https://a/b"), {}, true).c_str(),
                      R"({"type":"input_image","image_url":"https://a/b"})");
}

void image_is_a_bare_address_where_the_vendor_wants_it_so(void**) {
  br::OpenAiLines mistral;
  mistral.image_as_string = true;
  assert_string_equal(written(of_kind("image", "url", "https://a/b"), mistral).c_str(),
                      R"({"type":"image_url","image_url":"https://a/b"})");
}

void image_by_file_is_for_responses(void**) {
  assert_true(written(of_kind("image", "file_uri", "file-1")).find("use url or base64, or the endpoint responses") !=
              std::string::npos);
  assert_string_equal(written(of_kind("image", "file_uri", "file-1"), {}, true).c_str(),
                      R"({"type":"input_image","file_id":"file-1"})");
}

void document_stands_in_the_form_of_its_vendor(void**) {
  const std::string file = of_kind("document", "file_uri", "file-1"), url = of_kind("document", "url", "https://a/b");
  br::OpenAiLines form;
  assert_string_equal(written(file, form).c_str(), R"({"type":"file","file":{"file_id":"file-1"}})");
  assert_true(written(url, form).starts_with("document: "));
  assert_string_equal(written(url, form, true).c_str(), R"({"type":"input_file","file_url":"https://a/b"})");
  form.documents = br::DocumentForm::document_url;
  assert_string_equal(written(file, form).c_str(), R"({"type":"file","file_id":"file-1"})");
  assert_string_equal(written(url, form).c_str(), R"({"type":"document_url","document_url":"https://a/b"})");
  form.documents = br::DocumentForm::file_url;
  assert_string_equal(written(url, form).c_str(), R"({"type":"file","file":{"url":"https://a/b"}})");
  form.documents = br::DocumentForm::none;
  assert_true(written(url, form).starts_with("document: "));
}

// Its extension tells OpenAI what it holds.
void document_of_bytes_has_a_name_that_fits_its_type(void**) {
  assert_string_equal(written(of_kind("document", "base64", "QUJD", R"(,"media_type":"text/csv")")).c_str(),
                      R"({"type":"file","file":{"filename":"document.csv","file_data":"data:text/csv;base64,QUJD"}})");
}

void sound_is_what_its_vendor_takes(void**) {
  const std::string wav = of_kind("audio", "base64", "QUJD", R"(,"media_type":"audio/wav")");
  const std::string url = of_kind("audio", "url", "https://a/b");
  br::OpenAiLines form;
  assert_string_equal(written(wav, form).c_str(), R"({"type":"input_audio","input_audio":{"data":"QUJD","format":"wav"}})");
  assert_true(written(url, form).starts_with("audio: "));
  assert_true(written(wav, form, true).starts_with("audio: "));
  assert_true(written(of_kind("audio", "base64", "QUJD", R"(,"media_type":"audio/flac")"), form).starts_with("audio: "));
  form.audio = br::AudioForm::data_or_url;
  assert_string_equal(written(url, form).c_str(), R"({"type":"audio_url","audio_url":{"url":"https://a/b"}})");
  form.audio = br::AudioForm::text;
  assert_string_equal(written(url, form).c_str(), R"({"type":"input_audio","input_audio":"https://a/b"})");
  form.audio = br::AudioForm::none;
  assert_true(written(wav, form).starts_with("audio: "));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(image_is_an_address_or_its_bytes),
      cmocka_unit_test(image_is_a_bare_address_where_the_vendor_wants_it_so),
      cmocka_unit_test(image_by_file_is_for_responses),
      cmocka_unit_test(document_stands_in_the_form_of_its_vendor),
      cmocka_unit_test(document_of_bytes_has_a_name_that_fits_its_type),
      cmocka_unit_test(sound_is_what_its_vendor_takes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
