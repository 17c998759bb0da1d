// FireworksHttpApi's uploads: the dataset is made, then filled; a large file goes to a signed address of the storage, with
// the headers that the signature covers.
#include <algorithm>
#include <charconv>
#include <string>

#include "codec/json_write.h"
#include "providers/fireworks/api.h"
#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::string_view kUploading = "uploading the request file";
constexpr std::int64_t kMostAtOnce = 150'000'000;  // what datasets/…:upload takes in one call

// The names in …SignedHeaders=content-type%3Bhost, as they stand in the address but in lower case; empty: it names
// none.
std::string signed_headers(std::string_view url) {
  constexpr std::string_view kMark = "signedheaders=";
  const std::string address = lower_case(url);
  const std::size_t at = address.find(kMark);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + kMark.size();
  return address.substr(begin, address.find('&', begin) - begin);
}

// The PUT of the batch's request file to the address that datasets/…:getUploadEndpoint gave for it.
Result<HttpRequest> signed_put(const Json& answer, std::string_view filename, const RemoteBatch& batch) {
  HttpRequest request;
  request.method = "PUT";
  for (const auto& [name, url] : answer["filenameToSignedUrls"].fields()) {
    const bool ours = name == filename || name.ends_with("/" + std::string(filename));
    if (ours) request.url = url.string_or("");
  }
  if (request.url.empty())
    return protocol_error("fireworks", "asking where the request file goes", "the answer has no address for it");
  // The key stays here. A header that the signature does not cover is not sent, one that it covers has this value.
  const std::string covered = signed_headers(request.url);
  if (covered.find("content-type") != std::string::npos)
    request.add_header("Content-Type", "application/octet-stream");
  if (covered.find("x-goog-content-length-range") != std::string::npos) {
    const std::string size = std::to_string(batch.bytes);
    request.add_header("x-goog-content-length-range", size + "," + size);
  }
  request.body_path = batch.request_path;
  return request;
}

std::int64_t most_at_once(const Account& account) {
  const std::string_view text = account.setting("direct_upload_bytes");
  std::int64_t most = kMostAtOnce;
  std::from_chars(text.data(), text.data() + text.size(), most);
  return std::clamp<std::int64_t>(most, 0, kMostAtOnce);
}

// A signed address that is refused has expired; the next attempt gets another one. It says nothing of the key. What is
// not valid after its upload may not have arrived, though the storage's address answered well.
Error upload_refused(const UploadState& state, Error error) {
  if (state.stage == UploadStage::confirm && error.code == Code::provider) error.transient = true;
  if (state.stage != UploadStage::storage || error.code != Code::auth) return error;
  error.code = Code::provider;
  error.transient = true;
  error.hint.clear();
  return error;
}

// It looks at the file first; the next attempt finds the dataset, and fills it again only if it still is not ready.
Error not_ready(const Json& dataset) {
  Error error(Code::provider, "[fireworks] the dataset is not READY after its upload but " +
                                  dataset["state"].string_or("in no state"));
  error.provider = "fireworks";
  error.transient = true;
  return error;
}

UploadStep ask(HttpRequest request, UploadStage stage) { return UploadCall{std::move(request), {stage}}; }

}  // namespace

Result<std::optional<UploadCall>> FireworksHttpApi::upload_request(const CallContext& context) const {
  std::string body;
  JsonWriter json(&body);
  json.begin_object().field("datasetId", input_id(context.batch)).key("dataset").begin_object();
  json.key("userUploaded").begin_object().end_object();
  json.field("exampleCount", std::to_string(context.batch.rows)).end_object().end_object();
  auto request = checked(context.account, json_call(context.account, "/datasets", std::move(body)));
  BR_RETURN_IF_ERROR(request);
  return one_exchange(std::move(*request));
}

Result<UploadStep> FireworksHttpApi::read_upload(const CallContext& context, const UploadState& state,
                                             const HttpResponse& response) const {
  const UploadStage asked = state.stage;
  if (asked == UploadStage::announce && response.status == 409) return ask(dataset_call(context), UploadStage::look);
  // The dataset of an earlier attempt refuses to be filled once more: the bytes may have arrived and only the answer was
  // lost. What it has become says more.
  const bool was_filled = asked == UploadStage::bytes_again && response.failure == Failure::none &&
                          (response.status == 400 || response.status == 409);
  if (was_filled) return ask(dataset_call(context), UploadStage::check);
  if (!response.ok()) return upload_refused(state, read_http_error("fireworks", kUploading, response));
  if (asked == UploadStage::storage) {
    const std::string path = openai_path("/datasets", input_id(context.batch), ":validateUpload");
    return ask(json_call(context.account, path, "{}"), UploadStage::confirm);
  }
  // Whoever stands in the way may have answered all of them: the dataset says whether it has the file.
  if (asked == UploadStage::confirm || asked == UploadStage::bytes || asked == UploadStage::bytes_again)
    return ask(dataset_call(context), UploadStage::check);
  return read_dataset(context, asked, response);
}

Result<UploadStep> FireworksHttpApi::read_dataset(const CallContext& context, UploadStage asked,
                                              const HttpResponse& response) const {
  auto json = read_object("fireworks", kUploading, response);
  BR_RETURN_IF_ERROR(json);
  if (asked == UploadStage::address) {
    auto request = signed_put(**json, input_id(context.batch) + ".jsonl", context.batch);
    BR_RETURN_IF_ERROR(request);
    return ask(std::move(*request), UploadStage::storage);
  }
  if (!(**json)["name"].is_string())
    return protocol_error("fireworks", kUploading, "the answer is no dataset: it has no name");
  if (asked == UploadStage::announce) return fill(context, UploadStage::bytes);
  if ((**json)["state"].string() == "READY") return UploadStep(UploadedFile{input_id(context.batch)});
  if (asked == UploadStage::check) return not_ready(**json);
  return fill(context, UploadStage::bytes_again);
}

UploadStep FireworksHttpApi::fill(const CallContext& context, UploadStage stage) const {
  const std::string id = input_id(context.batch), filename = id + ".jsonl";
  if (context.batch.bytes > most_at_once(context.account)) {
    std::string body;
    JsonWriter json(&body);
    json.begin_object().key("filenameToSize").begin_object().field(filename, context.batch.bytes);
    json.end_object().end_object();
    return ask(json_call(context.account, openai_path("/datasets", id, ":getUploadEndpoint"), body),
               UploadStage::address);
  }
  HttpRequest request = call(context.account, "POST", openai_path("/datasets", id, ":upload"));
  request.form.push_back({"file", "", context.batch.request_path, filename, "application/jsonl"});
  return ask(std::move(request), stage);
}

}  // namespace br
