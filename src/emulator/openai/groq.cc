#include "emulator/openai/api.h"
#include "emulator/vendor/makers.h"

namespace br::emulator {

std::unique_ptr<Vendor> make_groq(World& world) {
  OpenAiTable table;
  table.name = "groq";
  table.base_path = "/groq/openai/v1";
  table.form_fields = {};
  table.file_prefix = "file_";
  table.endpoints = {"/v1/chat/completions"};
  table.windows = {"24h", "48h", "72h", "96h", "120h", "144h", "168h", "1d", "2d", "3d", "4d", "5d", "6d", "7d"};
  table.create_fields = {"input_file_id", "endpoint", "completion_window", "metadata"};
  table.tells_usage = false;
  table.bare_files = true;
  table.bare_file_lists = true;
  table.most_ids = 200;
  table.paging = Paging::kCursor;
  table.limits = {50'000, 100'000'000, 100'000'000};
  table.rows.answers = AnswerShape::kGroq;
  table.rows.mixed_models = true;
  table.rows.body.schemas = SchemaTaste::kStrict;
  table.rows.body.more = {"reasoning_format", "include_reasoning", "documents",       "search_settings",
                          "compound_custom",  "citation_options",  "exclude_domains", "include_domains"};
  table.rows.body.unknown = {"audio", "modalities", "moderation", "prediction", "web_search_options", "verbosity"};
  return std::make_unique<OpenAiApi>(std::move(table), world);
}

}  // namespace br::emulator
