#pragma once

#include <map>
#include <memory>
#include <string>

#include "emulator/openai/rows.h"
#include "emulator/vendor/form_upload.h"
#include "emulator/vendor/stored.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

struct FireworksDataset {
  std::string name;  // "accounts/A/datasets/in-1"
  std::string example_count;
  int64_t created_ms = 0;
  bool ready = false;
  bool uploaded = false;  // by the user; else a job's
  Tenant tenant;
  std::map<std::string, std::shared_ptr<const Blob>> files;
  std::map<std::string, int64_t> promised;  // files that signed addresses were asked for, and their sizes
};

// Fireworks: datasets and jobs whose ids the client chooses, results behind signed addresses.
class FireworksApi : public Vendor, public BatchOwner {
 public:
  explicit FireworksApi(World& world);

  std::string_view name() const override { return "fireworks"; }
  std::string_view base_path() const override { return "/fireworks/v1"; }
  Opening begin(const RequestHead& head, Path path) override;
  Reply refusal(const ApiError& error) const override;

  std::unique_ptr<LineCheck> check(const Batch& batch) override { return rows_.check(batch); }
  RowAnswer answer(const Batch& batch, const Row& row) override { return rows_.answer(batch, row); }
  std::string unanswered(const Batch&, const Row& row, Unanswered why) override { return rows_.unanswered(row, why); }
  void results_ready(Batch& batch) override;
  void make_twin(const Batch& original, Batch& twin) override;
  void unmake(const Batch& batch) override;

 private:
  // fireworks.cc
  Opening begin_datasets(const RequestHead& head, const std::string& account, const std::string& id,
                         std::string_view verb);
  Reply create_dataset(const std::string& account, const std::string& body);
  Opening begin_upload(const RequestHead& head, const std::string& name);
  Reply receive_upload(const std::string& name, Form& form);
  Reply download_addresses(const RequestHead& head, const FireworksDataset& dataset);
  Reply signed_download(const RequestHead& head, const std::string& signature);
  // Null if there is none of that name, or it is another project's.
  FireworksDataset* dataset(std::string_view name);

  // fireworks_uploads.cc
  Reply upload_addresses(const RequestHead& head, const std::string& name, const std::string& body);
  Opening begin_signed_upload(const RequestHead& head, const std::string& signature);
  Reply validate_upload(const std::string& name, const std::string& body);

  // fireworks_jobs.cc
  Opening begin_jobs(const RequestHead& head, const std::string& account, const std::string& id, std::string_view verb);
  Reply create_job(const RequestHead& head, const std::string& account, const std::string& body);
  std::string job_problem(const json::Value& body) const;
  Reply list_jobs(const RequestHead& head, const std::string& account);
  Reply cancel(const std::string& id);
  Reply remove(const std::string& id);

  Reply ok(std::string json) const {
    Reply reply;
    reply.body = std::move(json);
    return reply;
  }
  Reply bad(std::string message) const { return refusal({400, {}, {}, std::move(message), {}}); }
  Reply unready(std::string message) const { return refusal({400, {}, "9", std::move(message), {}}); }
  Reply not_found(const std::string& what) const { return refusal({404, {}, {}, what + " not found", {}}); }

  struct SignedFile {
    std::shared_ptr<const Blob> blob;
    int64_t expires_ms;
  };

  struct SignedPlace {
    std::string dataset, filename;
    int64_t size, expires_ms;
  };

  World& world_;
  std::map<std::string, FireworksDataset, std::less<>> datasets_;  // by name
  std::map<std::string, SignedFile, std::less<>> signed_;
  std::map<std::string, SignedPlace, std::less<>> signed_places_;
  StoredBatches batches_;
  OpenAiRows rows_;
  Limits limits_;
};

inline constexpr int64_t kFireworksSignedLifeMs = 3'600'000;

// A refusal of the object store behind the signed addresses.
Reply fireworks_store_refusal(int status, const char* code);

// Ids take lower-case letters, digits and hyphens only.
bool is_fireworks_id(std::string_view id);

}  // namespace br::emulator
