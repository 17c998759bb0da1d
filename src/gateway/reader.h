#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "gateway/head.h"

namespace br::gateway {

// Beast's parser of a request: the head as it came, the body in pieces to whoever takes them.
class RequestReader : public boost::beast::http::basic_parser<true> {
 public:
  explicit RequestReader(size_t max_head_bytes);

  RequestHead head;
  std::function<void(std::string_view)> body;

 private:
  using error_code = boost::beast::error_code;
  using view = boost::beast::string_view;
  using field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb, view method, view target, int version, error_code& error) override;
  void on_response_impl(int, view, int, error_code& error) override;
  void on_field_impl(field, view name, view value, error_code& error) override;
  void on_header_impl(error_code& error) override;
  void on_body_init_impl(const boost::optional<uint64_t>& length, error_code& error) override;
  size_t on_body_impl(view piece, error_code& error) override;
  void on_chunk_header_impl(uint64_t, view, error_code& error) override;
  size_t on_chunk_body_impl(uint64_t, view piece, error_code& error) override;
  void on_finish_impl(error_code& error) override;

  bool in_head_ = true;  // fields behind the body (trailers) are dropped
};

// The same for a response.
class ResponseReader : public boost::beast::http::basic_parser<false> {
 public:
  ResponseReader();

  int status = 0;
  std::string reason;
  Headers headers;
  std::function<void(std::string_view)> body;

 private:
  using error_code = boost::beast::error_code;
  using view = boost::beast::string_view;
  using field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb, view, view, int, error_code& error) override;
  void on_response_impl(int code, view text, int, error_code& error) override;
  void on_field_impl(field, view name, view value, error_code& error) override;
  void on_header_impl(error_code& error) override;
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code& error) override;
  size_t on_body_impl(view piece, error_code& error) override;
  void on_chunk_header_impl(uint64_t, view, error_code& error) override;
  size_t on_chunk_body_impl(uint64_t, view piece, error_code& error) override;
  void on_finish_impl(error_code& error) override;

  bool in_head_ = true;
};

}  // namespace br::gateway
