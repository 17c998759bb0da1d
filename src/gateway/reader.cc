#include "gateway/reader.h"

namespace br::gateway {
namespace {

constexpr uint32_t kResponseHeadBytes = 256 * 1024;

std::string_view std_view(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

RequestReader::RequestReader(size_t max_head_bytes) {
  header_limit(static_cast<uint32_t>(max_head_bytes));
  body_limit(boost::none);
  eager(true);
}

void RequestReader::on_request_impl(boost::beast::http::verb, view method, view target, int version, error_code&) {
  head.method = std_view(method);
  head.target = std_view(target);
  head.version = version;
}
void RequestReader::on_response_impl(int, view, int, error_code&) {}
void RequestReader::on_field_impl(field, view name, view value, error_code&) {
  if (in_head_) head.headers.emplace_back(std_view(name), std_view(value));
}
void RequestReader::on_header_impl(error_code&) {
  in_head_ = false;
  head.keep_alive = keep_alive();
  head.chunked = chunked();
  if (const auto length = content_length()) head.content_length = *length;
}
void RequestReader::on_body_init_impl(const boost::optional<uint64_t>&, error_code&) {}
size_t RequestReader::on_body_impl(view piece, error_code&) {
  if (body) body(std_view(piece));
  return piece.size();
}
void RequestReader::on_chunk_header_impl(uint64_t, view, error_code&) {}
size_t RequestReader::on_chunk_body_impl(uint64_t, view piece, error_code&) {
  if (body) body(std_view(piece));
  return piece.size();
}
void RequestReader::on_finish_impl(error_code&) {}

ResponseReader::ResponseReader() {
  header_limit(kResponseHeadBytes);
  body_limit(boost::none);
  eager(true);
}

void ResponseReader::on_request_impl(boost::beast::http::verb, view, view, int, error_code&) {}
void ResponseReader::on_response_impl(int code, view text, int, error_code&) {
  status = code;
  reason = std_view(text);
}
void ResponseReader::on_field_impl(field, view name, view value, error_code&) {
  if (in_head_) headers.emplace_back(std_view(name), std_view(value));
}
void ResponseReader::on_header_impl(error_code&) { in_head_ = false; }
void ResponseReader::on_body_init_impl(const boost::optional<uint64_t>&, error_code&) {}
size_t ResponseReader::on_body_impl(view piece, error_code&) {
  if (body) body(std_view(piece));
  return piece.size();
}
void ResponseReader::on_chunk_header_impl(uint64_t, view, error_code&) {}
size_t ResponseReader::on_chunk_body_impl(uint64_t, view piece, error_code&) {
  if (body) body(std_view(piece));
  return piece.size();
}
void ResponseReader::on_finish_impl(error_code&) {}

}  // namespace br::gateway
