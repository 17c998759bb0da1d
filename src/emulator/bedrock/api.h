#pragma once

#include <map>
#include <memory>
#include <string>

#include "emulator/bedrock/rows.h"
#include "emulator/bedrock/s3.h"
#include "emulator/vendor/stored.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

// What a job was asked for, as the answers repeat it.
struct BedrockJob {
  std::string arn;
  std::string request;  // the create call's body, as it came
  std::string token;    // clientRequestToken
  std::string output;   // s3://bucket/prefix
};

// Bedrock's model invocation jobs, and below /s3 the S3 that they read from and write to.
class BedrockApi : public Vendor, public BatchOwner {
 public:
  explicit BedrockApi(World& world);

  std::string_view name() const override { return "bedrock"; }
  std::string_view base_path() const override { return "/bedrock"; }
  Opening begin(const RequestHead& head, Path path) override;
  Reply refusal(const ApiError& error) const override;
  Reply refusal_of(const RequestHead& head, const ApiError& error) const override;

  std::unique_ptr<LineCheck> check(const Batch&) override { return rows_.check(); }
  RowAnswer answer(const Batch& batch, const Row& row) override { return rows_.answer(batch, row); }
  // Records that nobody came to are in no file.
  std::string unanswered(const Batch&, const Row&, Unanswered) override { return {}; }
  void results_ready(Batch& batch) override;
  void make_twin(const Batch& original, Batch& twin) override;
  void unmake(const Batch& batch) override;

 private:
  // bedrock.cc
  Reply signed_call(const RequestHead& head, Path path, const std::string& body);
  Reply call(const RequestHead& head, Path path, const std::string& body);
  Reply error(int status, std::string_view type, std::string_view message) const;
  Reply invalid(std::string_view message) const { return error(400, "ValidationException", message); }
  Reply no_job(const std::string& id) const {
    return error(404, "ResourceNotFoundException", "Could not find a job with the identifier " + id);
  }

  // bedrock_jobs.cc
  Reply create(const RequestHead& head, const std::string& body);
  std::string create_problem(const json::Value& body) const;
  Reply start(const RequestHead& head, const std::string& text, const json::Value& body);
  Reply get(const std::string& id);
  Reply stop(const std::string& id);
  Reply list(const RequestHead& head);
  std::string job_json(const Batch& batch) const;

  World& world_;
  Limits limits_;
  ObjectStore objects_;
  S3 s3_;
  StoredBatches batches_;
  std::map<std::string, BedrockJob> jobs_;       // by the id of the batch
  std::map<std::string, std::string> by_token_;  // ids of batches
  BedrockRows rows_;
};

}  // namespace br::emulator
