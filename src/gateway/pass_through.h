#pragma once

#include <memory>
#include <string>

#include "gateway/call.h"
#include "gateway/reader.h"
#include "gateway/session.h"
#include "gateway/upstreams.h"

namespace br::gateway {

// A call that goes to the vendor as it is and comes back as it is, in pieces both ways: what one side does not take
// is not read from the other. Redirects are the caller's to follow, and so are retries.
class PassThrough : public Work, public std::enable_shared_from_this<PassThrough> {
 public:
  // The body follows by on_body, unless the call has it; `length` and `chunked`: how it was announced.
  PassThrough(std::shared_ptr<Session> session, Call call, std::optional<uint64_t> length, bool chunked,
              bool said_sync);
  void start();

  void on_body(std::string_view piece) override;
  void on_body_end() override;
  void on_drained() override { read_more(); }
  void on_gone() override;

 private:
  static constexpr size_t kReadBytes = 32 * 1024;

  void connect(bool fresh);
  void on_link(std::shared_ptr<Link> link, std::string problem);
  std::string request_head() const;
  void send_more();
  void on_sent(const boost::system::error_code& error);
  void read_more();
  void on_read(const boost::system::error_code& error, size_t size);
  void feed(std::string_view piece);
  void on_response_head();
  void on_broken(const std::string& why);
  bool may_try_again() const;
  void finish();
  void fresh_reader();
  void drop_link();
  void fail(int status, const std::string& why);

  std::shared_ptr<Session> session_;  // empty when done
  Call call_;
  Destination to_;
  std::optional<uint64_t> length_;
  bool chunked_;
  bool said_sync_;
  std::shared_ptr<Link> link_;
  std::unique_ptr<ResponseReader> reader_;
  std::unique_ptr<char[]> buffer_;
  std::string left_;     // bytes of the response that the reader wants again with more
  std::string to_send_;  // of the request
  std::string on_wire_;  // being written
  std::string to_client_;
  bool sending_ = false;
  bool reading_ = false;
  bool whole_body_ = false;    // the request's body has come
  bool head_written_ = false;  // the client has the response's head
  bool answered_ = false;      // a byte of a response came
  bool chunks_ = false;        // the body goes to the client in chunks
};

}  // namespace br::gateway
