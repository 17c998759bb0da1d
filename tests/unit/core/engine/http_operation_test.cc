// Which request follows which answer, and what an operation comes to: a create call is asked for once, and only where the
// vendor can use the file.
#include "core/engine/http_operation.h"

#include <string>
#include <utility>
#include <vector>

#include "support/cmocka.h"

namespace {

using br::HttpRequest;
using br::Op;
using br::UploadStage;

HttpRequest request_to(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

br::HttpResponse answer(std::string body) {
  br::HttpResponse response;
  response.status = 200;
  response.body = std::move(body);
  return response;
}

// Every request names its operation, every answer is taken at its word; "bad" is an answer that cannot be read.
class WordyApi : public br::HttpApi {
 public:
  br::Result<std::optional<br::UploadCall>> upload_request(const br::CallContext&) const override {
    if (!uploads) return std::optional<br::UploadCall>();
    return std::optional<br::UploadCall>({request_to("announce"), {UploadStage::announce, 3}});
  }
  br::Result<br::UploadStep> read_upload(const br::CallContext&, const br::UploadState& state,
                                         const br::HttpResponse& response) const override {
    if (response.body == "bad") return unreadable();
    if (state.stage == UploadStage::announce)
      return br::UploadStep(br::UploadCall{request_to("bytes"), {UploadStage::bytes, state.media_type}});
    return br::UploadStep(br::UploadedFile{response.body + " " + std::to_string(state.media_type)});
  }
  br::Result<std::optional<HttpRequest>> ready_request(const br::CallContext&) const override {
    if (!asks) return std::optional<HttpRequest>();
    return std::optional<HttpRequest>(request_to("ready?"));
  }
  br::Result<void> read_ready(const br::CallContext&, const br::HttpResponse& response) const override {
    if (response.body == "bad") return unreadable();
    return {};
  }
  br::Result<HttpRequest> create_request(const br::CallContext&, std::string_view lines) const override {
    HttpRequest request = request_to("create");
    request.body = lines;
    return request;
  }
  br::Result<br::RemoteStatus> read_create(const br::CallContext&, const br::HttpResponse& response) const override {
    return status_of("created ", response);
  }
  br::Result<HttpRequest> poll_request(const br::CallContext&) const override { return request_to("poll"); }
  br::Result<br::RemoteStatus> read_poll(const br::CallContext&, const br::HttpResponse& response) const override {
    return status_of("polled ", response);
  }
  br::Result<HttpRequest> cancel_request(const br::CallContext&) const override { return request_to("cancel"); }
  br::Result<br::Cancelled> read_cancel(const br::CallContext&, const br::HttpResponse& response) const override {
    if (response.body == "bad") return unreadable();
    br::Cancelled cancelled;
    cancelled.already_ended = response.body == "ended";
    if (!cancelled.already_ended) cancelled.status = *status_of("cancelling ", response);
    return cancelled;
  }
  br::Result<HttpRequest> list_request(const br::CallContext&, const br::PageQuery& query) const override {
    return request_to("list " + std::string(query.cursor) + " " + std::to_string(query.limit));
  }
  br::Result<br::BatchPage> read_list(const br::CallContext&, const br::PageQuery& query,
                                      const br::HttpResponse& response) const override {
    if (response.body == "bad") return unreadable();
    br::BatchPage page;
    page.batches.push_back(*status_of("listed ", response));
    page.unreadable = 2;
    page.next = "after " + std::string(query.cursor);
    return page;
  }
  br::Result<std::optional<HttpRequest>> find_upload_request(const br::CallContext&,
                                                             const br::PageQuery& query) const override {
    return std::optional<HttpRequest>(request_to("files " + std::string(query.cursor)));
  }
  br::Result<br::FilePage> read_find_upload(const br::CallContext&, const br::HttpResponse& response) const override {
    if (response.body == "bad") return unreadable();
    br::FilePage page;
    page.ids.push_back(response.body);
    page.next = "more files";
    return page;
  }
  br::Result<std::optional<HttpRequest>> delete_request(const br::CallContext&, std::string_view id) const override {
    return std::optional<HttpRequest>(request_to("delete " + std::string(id)));
  }
  br::Result<void> read_delete(const br::CallContext&, const br::HttpResponse& response) const override {
    if (response.body == "bad") return unreadable();
    return {};
  }
  std::vector<br::Download> downloads(const br::Account&, const br::RemoteBatch&) const override { return {}; }

  bool uploads = true, asks = false;

 private:
  static br::Error unreadable() { return br::Error(br::Code::protocol, "bad"); }
  static br::Result<br::RemoteStatus> status_of(const char* what, const br::HttpResponse& response) {
    if (response.body == "bad") return unreadable();
    br::RemoteStatus status;
    status.id = what + response.body;
    return status;
  }
};

br::OperationInput with_lines(std::string lines) {
  br::OperationInput input;
  input.lines = std::move(lines);
  return input;
}

br::OperationInput page_at(std::string cursor, int limit) {
  br::OperationInput input;
  input.cursor = std::move(cursor);
  input.list_limit = limit;
  return input;
}

br::OperationInput of_file(std::string id) {
  br::OperationInput input;
  input.file_id = std::move(id);
  return input;
}

struct Room {
  br::HttpOperation operation(Op op, br::OperationInput input = {}) { return {api, op, std::move(input)}; }
  std::string begin(br::HttpOperation* operation) { return url_of(operation->begin({account, batch})); }
  std::string read(br::HttpOperation* operation, std::string body) {
    return url_of(operation->read({account, batch}, answer(std::move(body))));
  }
  static std::string url_of(br::Result<std::optional<HttpRequest>> next) {
    if (!next) return "error";
    return *next ? (*next)->url + ((*next)->body.empty() ? "" : ": " + (*next)->body) : "over";
  }

  WordyApi api;
  br::Account account;
  br::RemoteBatch batch;
};

void create_is_one_request_with_the_lines(void**) {
  Room room;
  auto create = room.operation(Op::create, with_lines("lines"));
  assert_string_equal(room.begin(&create).c_str(), "create: lines");
  assert_string_equal(room.read(&create, "b1").c_str(), "over");
  assert_string_equal(create.outcome().status->id.c_str(), "created b1");
}

void create_is_sent_once_the_vendor_can_use_the_file(void**) {
  Room room;
  room.api.asks = true;
  auto create = room.operation(Op::create, with_lines("lines"));
  assert_string_equal(room.begin(&create).c_str(), "ready?");
  assert_string_equal(room.read(&create, "yes").c_str(), "create: lines");
  assert_string_equal(room.read(&create, "b1").c_str(), "over");
  assert_string_equal(create.outcome().status->id.c_str(), "created b1");
}

// The question is free: an answer to it is never taken for that to the create call.
void file_that_cannot_be_used_is_not_created_from(void**) {
  Room room;
  room.api.asks = true;
  auto create = room.operation(Op::create);
  assert_string_equal(room.begin(&create).c_str(), "ready?");
  assert_string_equal(room.read(&create, "bad").c_str(), "error");
  assert_false(create.outcome().status.has_value());
}

void upload_in_steps_keeps_where_it_stands(void**) {
  Room room;
  auto upload = room.operation(Op::upload);
  assert_string_equal(room.begin(&upload).c_str(), "announce");
  assert_string_equal(room.read(&upload, "ok").c_str(), "bytes");
  assert_string_equal(upload.outcome().input_file_id.c_str(), "");
  assert_string_equal(room.read(&upload, "file").c_str(), "over");
  assert_string_equal(upload.outcome().input_file_id.c_str(), "file 3");
}

void upload_that_the_vendor_does_not_need_is_over_at_once(void**) {
  Room room;
  room.api.uploads = false;
  auto upload = room.operation(Op::upload);
  assert_string_equal(room.begin(&upload).c_str(), "over");
  assert_string_equal(upload.outcome().input_file_id.c_str(), "");
}

void poll_comes_to_the_status(void**) {
  Room room;
  auto poll = room.operation(Op::poll);
  assert_string_equal(room.begin(&poll).c_str(), "poll");
  assert_string_equal(room.read(&poll, "b1").c_str(), "over");
  assert_string_equal(poll.outcome().status->id.c_str(), "polled b1");
}

void cancel_tells_what_had_ended_before(void**) {
  Room room;
  auto cancel = room.operation(Op::cancel);
  assert_string_equal(room.begin(&cancel).c_str(), "cancel");
  assert_string_equal(room.read(&cancel, "b1").c_str(), "over");
  assert_string_equal(cancel.outcome().status->id.c_str(), "cancelling b1");
  assert_false(cancel.outcome().already_ended);
  auto late = room.operation(Op::cancel);
  assert_string_equal(room.read(&late, "ended").c_str(), "over");
  assert_false(late.outcome().status.has_value());
  assert_true(late.outcome().already_ended);
}

// What could not be read, and that there is more, is part of a proof of absence.
void page_of_a_list_is_asked_for_by_its_cursor_and_told_whole(void**) {
  Room room;
  auto list = room.operation(Op::list, page_at("c", 7));
  assert_string_equal(room.begin(&list).c_str(), "list c 7");
  assert_string_equal(room.read(&list, "b1").c_str(), "over");
  assert_int_equal(list.outcome().listed.size(), 1);
  assert_string_equal(list.outcome().listed[0].id.c_str(), "listed b1");
  assert_int_equal(list.outcome().unreadable, 2);
  assert_string_equal(list.outcome().next_page.c_str(), "after c");
}

void page_of_uploads_is_asked_for_by_its_cursor_and_told_whole(void**) {
  Room room;
  auto files = room.operation(Op::find_upload, page_at("c", 1));
  assert_string_equal(room.begin(&files).c_str(), "files c");
  assert_string_equal(room.read(&files, "f1").c_str(), "over");
  assert_string_equal(files.outcome().uploads.at(0).c_str(), "f1");
  assert_string_equal(files.outcome().next_page.c_str(), "more files");
}

void deletion_names_the_file(void**) {
  Room room;
  auto gone = room.operation(Op::delete_file, of_file("f1"));
  assert_string_equal(room.begin(&gone).c_str(), "delete f1");
  assert_string_equal(room.read(&gone, "").c_str(), "over");
}

void answer_that_cannot_be_read_is_an_error_of_every_operation(void**) {
  for (const Op op : {Op::upload, Op::create, Op::poll, Op::cancel, Op::list, Op::find_upload, Op::delete_file}) {
    Room room;
    auto operation = room.operation(op);
    (void)room.begin(&operation);
    assert_string_equal(room.read(&operation, "bad").c_str(), "error");
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(create_is_one_request_with_the_lines),
      cmocka_unit_test(create_is_sent_once_the_vendor_can_use_the_file),
      cmocka_unit_test(file_that_cannot_be_used_is_not_created_from),
      cmocka_unit_test(upload_in_steps_keeps_where_it_stands),
      cmocka_unit_test(upload_that_the_vendor_does_not_need_is_over_at_once),
      cmocka_unit_test(poll_comes_to_the_status),
      cmocka_unit_test(cancel_tells_what_had_ended_before),
      cmocka_unit_test(page_of_a_list_is_asked_for_by_its_cursor_and_told_whole),
      cmocka_unit_test(page_of_uploads_is_asked_for_by_its_cursor_and_told_whole),
      cmocka_unit_test(deletion_names_the_file),
      cmocka_unit_test(answer_that_cannot_be_read_is_an_error_of_every_operation),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
