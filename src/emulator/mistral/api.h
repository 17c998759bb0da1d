#pragma once

#include <memory>
#include <string>

#include "emulator/openai/rows.h"
#include "emulator/vendor/form_upload.h"
#include "emulator/vendor/inline_create.h"
#include "emulator/vendor/stored.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

// Mistral: files whose lines are judged at the upload, jobs with a model of their own, results in files or inside.
class MistralApi : public Vendor, public BatchOwner {
 public:
  explicit MistralApi(World& world);

  std::string_view name() const override { return "mistral"; }
  std::string_view base_path() const override { return "/mistral"; }
  Opening begin(const RequestHead& head, Path path) override;
  Reply refusal(const ApiError& error) const override;

  std::unique_ptr<LineCheck> check(const Batch& batch) override { return rows_.check(batch); }
  RowAnswer answer(const Batch& batch, const Row& row) override { return rows_.answer(batch, row); }
  std::string unanswered(const Batch&, const Row& row, Unanswered why) override { return rows_.unanswered(row, why); }
  void results_ready(Batch& batch) override;
  void make_twin(const Batch& original, Batch& twin) override;
  void unmake(const Batch&) override {}

 private:
  // mistral_files.cc
  Opening begin_files(const RequestHead& head, Path path);
  Reply receive_upload(Form& form);
  std::string line_problem(const Blob& file, int64_t& lines) const;
  Reply list_files(const RequestHead& head);
  Reply download(const std::string& id);
  Reply delete_file(const std::string& id);

  // mistral_jobs.cc
  Opening begin_jobs(const RequestHead& head, Path path);
  std::string create_problem(const json::Value& body, const InlineBody& given) const;
  Reply create(InlineBody& body);
  Reply list_jobs(const RequestHead& head);
  Reply cancel(const std::string& id);
  Reply delete_job(const std::string& id);
  std::string job_json(const Batch& batch, bool with_rows) const;

  Reply ok(std::string json) const {
    Reply reply;
    reply.body = std::move(json);
    return reply;
  }
  Reply not_found(const std::string& what) const { return refusal({404, "not_found", {}, what + " not found.", {}}); }
  Reply invalid(const std::string& why) const { return refusal({422, "invalid_request_error", {}, why, {}}); }

  World& world_;
  StoredFiles files_;
  StoredBatches batches_;
  OpenAiRows rows_;
  Limits limits_;
};

}  // namespace br::emulator
