#include <utility>

#include "emulator/base/hash.h"
#include "emulator/base/json_lines.h"
#include "emulator/xai/api.h"

namespace br::emulator {
namespace {

constexpr int64_t kWindowMs = int64_t{30} * 86'400'000;

// The body of a request, and where it goes; null if the emulator knows no such request.
const json::Value* body_of(const json::Value& request, std::string& url) {
  const json::Value* const wrapped = json::member(request, "batch_request");
  if (wrapped == nullptr) return nullptr;
  for (const auto& [name, path] :
       {std::pair("chat_get_completion", "/v1/chat/completions"), std::pair("responses", "/v1/responses")}) {
    const json::Value* const body = json::member(*wrapped, name);
    if (body == nullptr || !body->IsObject()) continue;
    url = path;
    return body;
  }
  return nullptr;
}

// The request as a line of a file.
std::string as_line(const json::Value& request) {
  std::string url;
  const json::Value& body = *body_of(request, url);
  json::Writer out;
  out.begin_object().field("custom_id", json::string_member(request, "batch_request_id")).field("method", "POST");
  return out.field("url", url).key("body").value(body).end_object().str();
}

}  // namespace

Opening XaiApi::begin_add(const std::string& id) {
  return Opening::of(std::make_unique<InlineCreate>(world_, std::vector<std::string>{"batch_requests"}, nullptr,
                                                    limits_.batch_bytes,
                                                    [this, id](InlineBody& body) { return add(id, body); }));
}

// An empty message: it is taken, or was before.
ApiError XaiApi::request_problem(const XaiContainer& container, const json::Value& request) const {
  const std::string id(json::string_member(request, "batch_request_id"));
  if (id.empty()) return {400, {}, {}, "batch_request_id is required.", {}};
  std::string url;
  const json::Value* const body = body_of(request, url);
  if (body == nullptr) return {400, {}, {}, "batch_request of " + id + " has no chat_get_completion or responses.", {}};
  const std::string model(json::string_member(*body, "model"));
  if (!model_is_known(world_.options, model)) {
    return {400, {}, {}, "Model " + model + " is not supported for batch processing.", {}};
  }
  const auto at = container.added.find(id);
  if (at == container.added.end() || at->second == hash_of(as_line(request))) return {};
  return {412, {}, {}, "batch_request_id " + id + " was used with another request.", {}};
}

// All requests of a call are taken, or none.
Reply XaiApi::add(const std::string& id, InlineBody& given) {
  XaiContainer* const container = find(id);
  if (container == nullptr) return not_found("Batch " + id);
  if (!container->input_file_id.empty())
    return refusal({412, {}, {}, "The batch was made of a file and is sealed.", {}});
  if (container->cancelled_ms > 0) return refusal({403, {}, {}, "The batch was cancelled.", {}});
  if (!given.whole || given.too_large) return bad("The body is no JSON object, or too large.");
  if (!given.has_array || given.requests == 0) return bad("batch_requests is required.");
  auto lines = std::make_shared<Blob>(world_.bodies);
  std::map<std::string, uint64_t> fresh;
  ApiError problem;
  for_each_line(*given.lines, [&](char* line, size_t size) {
    json::Document request;
    if (!json::parse({line, size}, request)) problem = {400, {}, {}, "A request is no JSON object.", {}};
    if (problem.message.empty()) problem = request_problem(*container, request);
    if (!problem.message.empty()) return false;
    const std::string request_id(json::string_member(request, "batch_request_id"));
    const std::string text = as_line(request);
    if (container->added.count(request_id) != 0) return true;
    const auto [at, is_new] = fresh.emplace(request_id, hash_of(text));
    if (is_new) lines->append(text + "\n");
    if (at->second != hash_of(text)) problem = {412, {}, {}, request_id + " is there twice with two requests.", {}};
    return problem.message.empty();
  });
  if (!problem.message.empty()) return refusal(problem);
  if (static_cast<int64_t>(container->added.size() + fresh.size()) > limits_.requests) {
    return bad("The batch has more requests than " + std::to_string(limits_.requests) + ".");
  }
  if (!fresh.empty()) fill(*container, lines, static_cast<int64_t>(fresh.size()));
  container->added.merge(fresh);
  return ok("{}");
}

// Starts the work on what a file, or one call, holds.
void XaiApi::fill(XaiContainer& container, std::shared_ptr<const Blob> input, int64_t requests) {
  auto batch = std::make_unique<Batch>();
  batch->vendor = "xai";
  batch->id = container.id;
  if (!container.portions.empty()) batch->id += "/" + std::to_string(container.portions.size());
  batch->name = container.name;
  batch->input_file_id = container.input_file_id;
  batch->input = std::move(input);
  batch->is_inline = container.input_file_id.empty();
  batch->window_ms = kWindowMs;
  batch->max_requests = limits_.requests;
  batch->max_bytes = limits_.batch_bytes;
  batch->one_result_file = true;
  batch->owner = this;
  container.portions.push_back({&batches_.start(std::move(batch)), requests});
}

}  // namespace br::emulator
