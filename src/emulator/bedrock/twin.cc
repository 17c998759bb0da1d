#include <utility>

#include "emulator/bedrock/api.h"
#include "emulator/vendor/look_alike.h"

namespace br::emulator {

// The stranger's input and results lie beside the client's, under a folder of their own.
void BedrockApi::make_twin(const Batch& original, Batch& twin) {
  const BedrockJob& model = jobs_.at(original.id);
  twin.id = world_.ids.next("", 12);
  twin.name = "nightly-" + twin.id;
  const std::string bucket = ObjectPlace::of(model.output).bucket;
  StoredObject input;
  input.key = "nightly/" + twin.id + ".jsonl";
  input.written_ms = world_.clock.now_ms();
  input.blob = twin.input;
  input.tenant = twin.tenant;
  twin.input_file_id = "s3://" + bucket + "/" + input.key;
  objects_.put(bucket, std::move(input));
  BedrockJob job;
  job.arn = model.arn.substr(0, model.arn.rfind('/') + 1) + twin.id;
  job.output = "s3://" + bucket + "/nightly/out/";
  job.request = with_text_at(model.request, {"jobName"}, twin.name);
  job.request = with_text_at(job.request, {"clientRequestToken"}, {});
  job.request = with_text_at(job.request, {"inputDataConfig", "s3InputDataConfig", "s3Uri"}, twin.input_file_id);
  job.request = with_text_at(job.request, {"outputDataConfig", "s3OutputDataConfig", "s3Uri"}, job.output);
  jobs_.emplace(twin.id, std::move(job));
}

void BedrockApi::unmake(const Batch& batch) {
  jobs_.erase(batch.id);
  std::erase_if(by_token_, [&](const auto& entry) { return entry.second == batch.id; });
}

}  // namespace br::emulator
