#include "providers/google/upload.h"

#include <array>
#include <string>

#include "codec/json_write.h"
#include "providers/google/lines.h"
#include "providers/google/wire.h"
#include "providers/shared/http_error.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

// The types that have each been taken at some time, and refused at others.
constexpr std::array<std::string_view, 4> kTypes = {"application/jsonl", "jsonl", "text/plain", "application/json"};

UploadCall announce(const CallContext& context, std::size_t type) {
  HttpRequest request = google_request(context.account, "POST", "/upload", "/files");
  request.add_header("X-Goog-Upload-Protocol", "resumable");
  request.add_header("X-Goog-Upload-Command", "start");
  request.add_header("X-Goog-Upload-Header-Content-Length", std::to_string(context.batch.bytes));
  request.add_header("X-Goog-Upload-Header-Content-Type", std::string(kTypes[type]));
  std::string body;
  JsonWriter json(&body);
  json.begin_object().key("file").begin_object().field("displayName", context.batch.marker + ".jsonl");
  json.end_object().end_object();
  add_google_body(&request, std::move(body));
  return {std::move(request), {UploadStage::announce, type}};
}

Result<UploadStep> send_bytes(const CallContext& context, std::size_t type, const HttpResponse& answer) {
  const std::string_view url = answer.header("x-goog-upload-url");
  if (url.empty())
    return protocol_error(context.account.provider, "announcing the upload", "the answer has no x-goog-upload-url");
  HttpRequest request = google_request(context.account, "POST", "/upload", "");
  request.url = url;
  request.add_header("X-Goog-Upload-Offset", "0");
  request.add_header("X-Goog-Upload-Command", "upload, finalize");
  request.body_path = context.batch.request_path;
  return UploadStep(UploadCall{std::move(request), {UploadStage::bytes, type}});
}

bool is_refused_type(const Error& error) {
  return error.http_status == 400 && lower_case(error.message).find("mime") != std::string::npos;
}

// The address of this upload is of no more use: the bytes arrived before and the answer was lost, or it has expired.
// Another upload can begin.
bool is_over(const HttpResponse& answer, const Error& error) {
  if (answer.failure != Failure::none) return false;
  if (answer.status == 404 || answer.status == 410) return true;
  const std::string_view status = answer.header("x-goog-upload-status");
  return answer.status >= 400 && answer.status < 500 && (status == "final" || status == "cancelled") &&
         lower_case(error.message).find("already") != std::string::npos;
}

// An answer with status 200 can hold an error all the same.
HttpResponse with_inner_status(const HttpResponse& response) {
  HttpResponse out = response;
  const auto json = Json::parse(response.body);
  if (!response.ok() || json == nullptr || !(*json)["error"].is_object()) return out;
  const int status = http_status_of_rpc_code((*json)["error"]["code"].integer().value_or(0));
  if (status >= 400) out.status = status;
  return out;
}

}  // namespace

UploadCall begin_google_upload(const CallContext& context) { return announce(context, 0); }

Result<UploadStep> read_google_upload(const CallContext& context, const UploadState& state,
                                      const HttpResponse& response) {
  constexpr std::string_view kWhat = "uploading the request file";
  const bool bytes_sent = state.stage == UploadStage::bytes;
  const HttpResponse answer = with_inner_status(response);
  if (!answer.ok()) {
    Error error = refine_google_error(answer, read_http_error(context.account.provider, kWhat, answer));
    const std::size_t next_type = state.media_type + 1;
    if (is_refused_type(error) && next_type < kTypes.size()) return UploadStep(announce(context, next_type));
    if (bytes_sent && is_over(answer, error)) error.code = Code::network, error.transient = true;
    return error;
  }
  if (!bytes_sent) return send_bytes(context, state.media_type, answer);
  auto json = read_google_answer(context, kWhat, answer);
  BR_RETURN_IF_ERROR(json);
  std::string id = (**json)["file"]["name"].string_or("");
  if (id.empty()) return protocol_error(context.account.provider, kWhat, "the answer has no file.name");
  return UploadStep(UploadedFile{std::move(id)});
}

}  // namespace br
