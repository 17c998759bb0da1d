/* Requests that Go wrote down, made with the calls of the builder. */
#include <string.h>

#include "shim.h"

static br_status make(const brgo_step *step, const char *name, const char *data, br_request **request, br_error **err) {
  if (step->what == BRGO_LINE) return br_request_from_json(data, step->data, request, err);
  *request = br_request_new(data, name);
  return *request == NULL ? BR_ENOMEM : BR_OK;
}

static br_status add(const brgo_step *step, const char *name, const char *data, br_request *request, br_error **err) {
  const char *media_type = step->name == 0 ? NULL : name;
  switch (step->what) {
    case BRGO_SET_SYSTEM:
      return br_request_set_system(request, data, step->data, err);
    case BRGO_ADD_SYSTEM:
      return br_request_add_system(request, data, step->data, err);
    case BRGO_MESSAGE:
      return br_request_add_message(request, step->number, err);
    case BRGO_ADD_TEXT:
      return br_request_add_text(request, data, step->data, err);
    case BRGO_IMAGE:
      return br_request_add_image(request, step->number, media_type, data, step->data, err);
    case BRGO_DOCUMENT:
      return br_request_add_document(request, step->number, media_type, data, step->data, err);
    case BRGO_AUDIO:
      return br_request_add_audio(request, step->number, media_type, data, step->data, err);
    case BRGO_GENERATION:
      return br_request_set_generation(request, name, data, step->data, err);
    default:
      return br_request_set_field(request, name, data, step->data, err);
  }
}

/* Makes the request that begins at *steps, and moves *steps behind it. NULL in *request when it fails. */
static br_status next(const char **steps, const char *end, br_request **request, br_error **err) {
  *request = NULL;
  br_status status = BR_OK;
  while (*steps < end && status >= 0) {
    brgo_step step;
    memcpy(&step, *steps, sizeof step);
    if (*request != NULL && step.what <= BRGO_LINE) return BR_OK; /* the next one begins */
    const char *name = *steps + sizeof step, *data = name + step.name + 1;
    *steps = data + step.data + 1;
    status = *request == NULL ? make(&step, name, data, request, err) : add(&step, name, data, *request, err);
  }
  if (status >= 0) return BR_OK;
  br_request_free(*request);
  *request = NULL;
  return status;
}

br_status brgo_add_requests(br_batch *batch, const char *steps, size_t length, br_error **err) {
  const char *end = steps + length;
  while (steps < end) {
    br_request *request;
    br_status status = next(&steps, end, &request, err);
    if (status < 0) return status;
    status = br_batch_add(batch, request, err);
    br_request_free(request);
    if (status < 0) return status;
  }
  return BR_OK;
}

br_status brgo_make_request(const char *steps, size_t length, br_request **request, br_error **err) {
  return next(&steps, steps + length, request, err);
}
