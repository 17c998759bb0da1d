#include "emulator/openai/api.h"
#include "emulator/vendor/makers.h"

namespace br::emulator {

std::unique_ptr<Vendor> make_openai(World& world) {
  OpenAiTable table;
  table.name = "openai";
  table.base_path = "/v1";
  table.rows.body.schemas = SchemaTaste::kStrict;
  table.rows.body.reasoners = Reasoners::kOpenAi;
  table.rows.caches = true;
  table.endpoints = {"/v1/responses",   "/v1/chat/completions",   "/v1/embeddings",   "/v1/completions",
                     "/v1/moderations", "/v1/images/generations", "/v1/images/edits", "/v1/videos"};
  return std::make_unique<OpenAiApi>(std::move(table), world);
}

}  // namespace br::emulator
