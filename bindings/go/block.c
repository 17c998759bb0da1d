/* A block of results: what all of them say to one question is fetched in one crossing. */
#include <stdlib.h>
#include <string.h>

#include "shim.h"

brgo_block *brgo_block_new(void) {
  brgo_block *block = malloc(sizeof *block);
  if (block != NULL) block->count = 0;
  return block;
}

static void drop(brgo_block *block) {
  for (size_t i = 0; i < block->count; i++) br_result_free(block->results[i]);
  block->count = 0;
}

void brgo_block_free(brgo_block *block) {
  drop(block);
  free(block);
}

static br_status look(brgo_block *block, br_status status) {
  for (size_t i = 0; i < block->count; i++) {
    block->heads[i].status = br_result_status(block->results[i]);
    block->heads[i].redelivered = br_result_redelivered(block->results[i]);
  }
  return status;
}

br_status brgo_next(br_router *router, br_job *job, brgo_block *block, br_error **err) {
  return look(block, br_next_results(router, job, 0, block->results, BRGO_BLOCK, &block->count, err));
}

br_status brgo_stored(br_results *results, brgo_block *block, br_error **err) {
  return look(block, br_results_next(results, block->results, BRGO_BLOCK, &block->count, err));
}

static const char *data_of(const br_result *result, int32_t which, size_t *length) {
  switch (which) {
    case BRGO_CUSTOM_ID:
      return br_result_custom_id(result, length);
    case BRGO_TEXT:
      return br_result_text(result, length);
    case BRGO_TOOL_CALLS:
      return br_result_tool_calls(result, length);
    case BRGO_RESPONSE:
      return br_result_response(result, length);
    default:
      return br_result_json(result, length);
  }
}

static const char *name_of(const br_result *result, int32_t which) {
  switch (which) {
    case BRGO_JOB_ID:
      return br_result_job_id(result);
    case BRGO_BATCH_ID:
      return br_result_batch_id(result);
    case BRGO_MODEL:
      return br_result_model(result);
    case BRGO_FINISH_REASON:
      return br_result_finish_reason(result);
    case BRGO_ERROR_TYPE:
      return br_result_error_type(result);
    case BRGO_ERROR_CODE:
      return br_result_error_code(result);
    default:
      return br_result_error_message(result);
  }
}

static brgo_text ask_one(const br_result *result, int32_t which) {
  brgo_text text = {NULL, 0};
  switch (which) {
    case BRGO_CUSTOM_ID:
    case BRGO_TEXT:
    case BRGO_TOOL_CALLS:
    case BRGO_RESPONSE:
    case BRGO_JSON:
      text.at = data_of(result, which, &text.length);
      break;
    default:
      text.at = name_of(result, which);
      if (text.at != NULL) text.length = strlen(text.at);
  }
  return text;
}

size_t brgo_ask(brgo_block *block, int32_t which) {
  size_t bytes = 0;
  for (size_t i = 0; i < block->count; i++) {
    block->texts[i] = ask_one(block->results[i], which);
    bytes += block->texts[i].length;
  }
  return bytes;
}

void brgo_ask_tokens(brgo_block *block) {
  for (size_t i = 0; i < block->count; i++) {
    for (int32_t which = 0; which < 4; which++) block->tokens[i][which] = br_result_tokens(block->results[i], which);
  }
}

void brgo_return(brgo_block *block, size_t from) {
  for (size_t i = from; i < block->count; i++) br_result_return(block->results[i], NULL);
  if (from < block->count) block->count = from;
}

brgo_view *brgo_view_new(void) {
  brgo_view *view = malloc(sizeof *view);
  if (view == NULL) return NULL;
  view->block.count = 0;
  view->asked = 0;
  return view;
}

void brgo_view_free(brgo_view *view) {
  drop(&view->block);
  free(view);
}

/* Result by result, so that each is asked while it is near. */
static br_status fill(brgo_view *view, br_status status) {
  brgo_block *block = &view->block;
  for (size_t i = 0; i < block->count; i++) {
    for (uint32_t left = view->asked; left != 0; left &= left - 1) {
      const int32_t which = __builtin_ctz(left);
      view->columns[which][i] = ask_one(block->results[i], which);
    }
    block->heads[i].status = br_result_status(block->results[i]);
  }
  return status;
}

br_status brgo_view_next(br_router *router, br_job *job, brgo_view *view, br_error **err) {
  brgo_block *block = &view->block;
  drop(block);
  return fill(view, br_next_results(router, job, 0, block->results, BRGO_BLOCK, &block->count, err));
}

br_status brgo_view_stored(br_results *results, brgo_view *view, br_error **err) {
  brgo_block *block = &view->block;
  drop(block);
  return fill(view, br_results_next(results, block->results, BRGO_BLOCK, &block->count, err));
}

void brgo_view_ask(brgo_view *view, int32_t which) {
  for (size_t i = 0; i < view->block.count; i++) view->columns[which][i] = ask_one(view->block.results[i], which);
  view->asked |= UINT32_C(1) << which;
}

br_status brgo_view_ack(brgo_view *view, br_error **err) {
  br_status status = BR_OK;
  for (size_t i = 0; i < view->block.count && status >= 0; i++) status = br_result_ack(view->block.results[i], err);
  return status;
}
