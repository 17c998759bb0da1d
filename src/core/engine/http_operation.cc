#include "core/engine/http_operation.h"

#include <variant>

namespace br {
namespace {

Result<std::optional<HttpRequest>> always(Result<HttpRequest> request) {
  BR_RETURN_IF_ERROR(request);
  return std::optional<HttpRequest>(std::move(*request));
}

Result<std::optional<HttpRequest>> over() { return std::optional<HttpRequest>(); }

}  // namespace

HttpOperation::Next HttpOperation::begin(const CallContext& context) {
  switch (op_) {
    case Op::upload:
      return begin_upload(context);
    case Op::create:
      return begin_create(context);
    case Op::poll:
      return always(api_->poll_request(context));
    case Op::cancel:
      return always(api_->cancel_request(context));
    case Op::list:
      return always(api_->list_request(context, query()));
    case Op::find_upload:
      return api_->find_upload_request(context, query());
    case Op::delete_file:
      return api_->delete_request(context, input_.file_id);
  }
  return over();
}

HttpOperation::Next HttpOperation::read(const CallContext& context, const HttpResponse& response) {
  switch (op_) {
    case Op::upload:
      return read_upload(context, response);
    case Op::create:
      return read_create(context, response);
    case Op::poll:
      return take(api_->read_poll(context, response));
    case Op::cancel:
      return read_cancel(context, response);
    case Op::list:
      return read_list(context, response);
    case Op::find_upload:
      return read_find_upload(context, response);
    case Op::delete_file:
      BR_RETURN_IF_ERROR(api_->read_delete(context, response));
      return over();
  }
  return over();
}

HttpOperation::Next HttpOperation::take(Result<RemoteStatus> status) {
  BR_RETURN_IF_ERROR(status);
  outcome_.status = std::move(*status);
  return over();
}

HttpOperation::Next HttpOperation::begin_upload(const CallContext& context) {
  auto call = api_->upload_request(context);
  BR_RETURN_IF_ERROR(call);
  if (!*call) return over();
  upload_ = (*call)->state;
  return std::optional<HttpRequest>(std::move((*call)->request));
}

HttpOperation::Next HttpOperation::read_upload(const CallContext& context, const HttpResponse& response) {
  auto step = api_->read_upload(context, upload_, response);
  BR_RETURN_IF_ERROR(step);
  if (auto* call = std::get_if<UploadCall>(&*step)) {
    upload_ = call->state;
    return std::optional<HttpRequest>(std::move(call->request));
  }
  outcome_.input_file_id = std::get<UploadedFile>(*step).id;
  return over();
}

HttpOperation::Next HttpOperation::begin_create(const CallContext& context) {
  auto question = api_->ready_request(context);
  BR_RETURN_IF_ERROR(question);
  if (!*question) return create(context);
  asks_ready_ = true;
  return question;
}

// The lines go into the request: a copy of the operation must not carry them along.
HttpOperation::Next HttpOperation::create(const CallContext& context) {
  asks_ready_ = false;
  const std::string lines = std::exchange(input_.lines, {});
  return always(api_->create_request(context, lines));
}

HttpOperation::Next HttpOperation::read_create(const CallContext& context, const HttpResponse& response) {
  if (!asks_ready_) return take(api_->read_create(context, response));
  BR_RETURN_IF_ERROR(api_->read_ready(context, response));
  return create(context);
}

HttpOperation::Next HttpOperation::read_cancel(const CallContext& context, const HttpResponse& response) {
  auto cancelled = api_->read_cancel(context, response);
  BR_RETURN_IF_ERROR(cancelled);
  outcome_.status = std::move(cancelled->status);
  outcome_.already_ended = cancelled->already_ended;
  return over();
}

HttpOperation::Next HttpOperation::read_list(const CallContext& context, const HttpResponse& response) {
  auto page = api_->read_list(context, query(), response);
  BR_RETURN_IF_ERROR(page);
  outcome_.listed = std::move(page->batches);
  outcome_.unreadable = page->unreadable;
  outcome_.next_page = std::move(page->next);
  return over();
}

HttpOperation::Next HttpOperation::read_find_upload(const CallContext& context, const HttpResponse& response) {
  auto page = api_->read_find_upload(context, response);
  BR_RETURN_IF_ERROR(page);
  outcome_.uploads = std::move(page->ids);
  outcome_.next_page = std::move(page->next);
  return over();
}

}  // namespace br
