#pragma once

#include <map>
#include <memory>
#include <string>

#include "emulator/vendor/stored.h"
#include "emulator/vendor/vendor.h"
#include "emulator/vertex/gcs.h"
#include "emulator/vertex/google_tokens.h"
#include "emulator/vertex/rows.h"

namespace br::emulator {

// What a job was asked for, as the answers repeat it.
struct VertexJob {
  std::string name;       // projects/P/locations/L/batchPredictionJobs/NUMBER
  std::string request;    // the create call's body, as it came
  std::string prefix;     // gs://bucket/prefix
  std::string directory;  // of the results; empty until there are some
};

// Vertex AI's batch prediction jobs, the Cloud Storage that they read from and write to, and the endpoint that gives
// out access tokens for both.
class VertexApi : public Vendor, public BatchOwner {
 public:
  explicit VertexApi(World& world);

  std::string_view name() const override { return "vertex"; }
  std::string_view base_path() const override { return "/vertex"; }
  Opening begin(const RequestHead& head, Path path) override;
  Reply refusal(const ApiError& error) const override;
  Reply refusal_of(const RequestHead& head, const ApiError& error) const override;

  std::unique_ptr<LineCheck> check(const Batch&) override { return VertexRows::check(); }
  RowAnswer answer(const Batch& batch, const Row& row) override { return rows_.answer(batch, row); }
  // Lines that nobody came to are in no file.
  std::string unanswered(const Batch&, const Row&, Unanswered) override { return {}; }
  void results_ready(Batch& batch) override;
  void make_twin(const Batch& original, Batch& twin) override;
  void unmake(const Batch& batch) override;

 private:
  // vertex_jobs.cc
  Opening begin_jobs(const RequestHead& head, const std::string& parent, const std::string& id, std::string_view verb);
  Reply create(const std::string& parent, const std::string& body);
  std::string create_problem(const json::Value& body) const;
  Reply list(const RequestHead& head, const std::string& parent);
  Reply cancel(const std::string& id);
  Reply remove(const std::string& id);
  std::string job_json(const Batch& batch) const;

  Reply ok(std::string json) const {
    Reply reply;
    reply.content_type = "application/json; charset=UTF-8";
    reply.body = std::move(json);
    return reply;
  }
  Reply bad(std::string message) const { return refusal({400, {}, {}, std::move(message), {}}); }
  Reply no_job(const std::string& id) const {
    return refusal({404, {}, {}, "The BatchPredictionJob does not exist: " + id, {}});
  }

  World& world_;
  Limits limits_;
  ObjectStore objects_;
  Gcs gcs_;
  GoogleTokens tokens_;
  StoredBatches batches_;
  std::map<std::string, VertexJob> jobs_;  // by the id of the batch
  VertexRows rows_;
};

}  // namespace br::emulator
