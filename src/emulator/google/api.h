#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "emulator/google/rows.h"
#include "emulator/vendor/inline_create.h"
#include "emulator/vendor/stored.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

// A resumable upload that has begun.
struct GoogleUpload {
  std::string name;  // that the client chose, or empty
  std::string display_name;
  std::string mime_type;
  int64_t bytes = 0;  // that were announced
  std::shared_ptr<Blob> blob;
  Tenant tenant;  // who began it
};

// The Gemini API's files and batches.
class GoogleApi : public Vendor, public BatchOwner {
 public:
  explicit GoogleApi(World& world);

  std::string_view name() const override { return "google"; }
  std::string_view base_path() const override { return "/google"; }
  Opening begin(const RequestHead& head, Path path) override;
  Reply refusal(const ApiError& error) const override;

  std::unique_ptr<LineCheck> check(const Batch& batch) override {
    return GoogleRows::check(batch.is_inline, batch.endpoint == "embed");
  }
  RowAnswer answer(const Batch& batch, const Row& row) override { return rows_.answer(batch, row); }
  // A batch that did not end well has no results at all.
  std::string unanswered(const Batch&, const Row&, Unanswered) override { return {}; }
  void results_ready(Batch& batch) override;
  void make_twin(const Batch& original, Batch& twin) override;
  void unmake(const Batch&) override {}

 private:
  friend class GoogleChunk;

  // google_files.cc
  Opening begin_upload(const RequestHead& head);
  Reply start_upload(const RequestHead& head, const std::string& body);
  Reply upload_answer(const std::string& upload_id, std::string_view command, int64_t offset);
  Opening begin_files(const RequestHead& head, const std::string& id, std::string_view verb);
  Reply list_files(const RequestHead& head, const std::string& root);
  Reply download(const std::string& id);
  Reply delete_file(const std::string& id);
  std::string file_json(const StoredFile& file, const std::string& root) const;

  // google_batches.cc
  Opening begin_create(const RequestHead& head, const std::string& model, bool embeds);
  Reply create(InlineBody& body, const std::string& model, bool embeds);
  Opening begin_batches(const RequestHead& head, const std::string& id, std::string_view verb);
  Reply list_batches(const RequestHead& head);
  Reply cancel(const std::string& id);
  Reply remove(const std::string& id);
  std::string operation_json(const Batch& batch, bool with_rows) const;
  Reply ok(std::string json) const;
  Reply bad(std::string message) const { return refusal({400, {}, {}, std::move(message), {}}); }
  Reply not_found(const std::string& what) const;

  World& world_;
  StoredFiles files_;
  StoredBatches batches_;
  GoogleRows rows_;
  Limits limits_;
  std::map<std::string, GoogleUpload, std::less<>> uploads_;
};

}  // namespace br::emulator
