//! Every function of `batchrouter.h`, in the header's order.

use crate::*;
use core::ffi::{c_char, c_void};

#[link(name = "batchrouter")]
unsafe extern "C" {
    pub fn br_status_name(status: br_status) -> *const c_char;
    pub fn br_version() -> *const c_char;
    pub fn br_abi_version() -> i32;
    pub fn br_build_info() -> *const c_char;
    pub fn br_error_free(error: *mut br_error);
    pub fn br_error_code(error: *const br_error) -> br_status;
    pub fn br_error_message(error: *const br_error) -> *const c_char;
    pub fn br_error_hint(error: *const br_error) -> *const c_char;
    pub fn br_error_provider(error: *const br_error) -> *const c_char;
    pub fn br_error_vendor_code(error: *const br_error) -> *const c_char;
    pub fn br_error_request_id(error: *const br_error) -> *const c_char;
    pub fn br_error_http_status(error: *const br_error) -> i32;
    pub fn br_error_is_transient(error: *const br_error) -> i32;
    pub fn br_error_retry_after_ms(error: *const br_error) -> i64;
    pub fn br_error_issue_count(error: *const br_error) -> usize;
    pub fn br_error_issue_total(error: *const br_error) -> usize;
    pub fn br_error_issue(error: *const br_error, index: usize) -> *const c_char;
    pub fn br_config_new() -> *mut br_config;
    pub fn br_config_free(config: *mut br_config);
    pub fn br_config_set(
        config: *mut br_config,
        key: *const c_char,
        value: *const c_char,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_config_get(config: *const br_config, key: *const c_char) -> *const c_char;
    pub fn br_config_property_count() -> usize;
    pub fn br_config_property_name(index: usize) -> *const c_char;
    pub fn br_config_property_default(index: usize) -> *const c_char;
    pub fn br_config_property_doc(index: usize) -> *const c_char;
    pub fn br_config_set_log(
        config: *mut br_config,
        level: i32,
        r#fn: br_log_fn,
        user_data: *mut c_void,
        destroy: br_destroy_fn,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_event_name(event: i32) -> *const c_char;
    pub fn br_config_set_event(
        config: *mut br_config,
        r#fn: br_event_fn,
        user_data: *mut c_void,
        destroy: br_destroy_fn,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_request_new(custom_id: *const c_char, model: *const c_char) -> *mut br_request;
    pub fn br_request_from_json(
        json: *const c_char,
        length: usize,
        request: *mut *mut br_request,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_request_free(request: *mut br_request);
    pub fn br_request_set_system(
        request: *mut br_request,
        text: *const c_char,
        length: usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_request_add_system(
        request: *mut br_request,
        text: *const c_char,
        length: usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_request_add_message(request: *mut br_request, role: i32, err: *mut *mut br_error) -> br_status;
    pub fn br_request_add_text(
        request: *mut br_request,
        text: *const c_char,
        length: usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_request_add_image(
        request: *mut br_request,
        source: i32,
        media_type: *const c_char,
        data: *const c_char,
        length: usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_request_add_document(
        request: *mut br_request,
        source: i32,
        media_type: *const c_char,
        data: *const c_char,
        length: usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_request_add_audio(
        request: *mut br_request,
        source: i32,
        media_type: *const c_char,
        data: *const c_char,
        length: usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_request_set_generation(
        request: *mut br_request,
        name: *const c_char,
        json: *const c_char,
        length: usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_request_set_field(
        request: *mut br_request,
        name: *const c_char,
        json: *const c_char,
        length: usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_request_json(request: *mut br_request, length: *mut usize) -> *const c_char;
    pub fn br_batch_new(provider: *const c_char) -> *mut br_batch;
    pub fn br_batch_free(batch: *mut br_batch);
    pub fn br_batch_set_name(batch: *mut br_batch, name: *const c_char, err: *mut *mut br_error) -> br_status;
    pub fn br_batch_set_meta(
        batch: *mut br_batch,
        key: *const c_char,
        value: *const c_char,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_batch_set(
        batch: *mut br_batch,
        key: *const c_char,
        value: *const c_char,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_batch_add(batch: *mut br_batch, request: *mut br_request, err: *mut *mut br_error) -> br_status;
    pub fn br_batch_add_jsonl(
        batch: *mut br_batch,
        data: *const c_char,
        length: usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_batch_add_jsonl_file(batch: *mut br_batch, path: *const c_char, err: *mut *mut br_error) -> br_status;
    pub fn br_validate(config: *const br_config, batch: *mut br_batch, err: *mut *mut br_error) -> br_status;
    pub fn br_convert(
        config: *const br_config,
        batch: *mut br_batch,
        write: br_write_fn,
        user_data: *mut c_void,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_decode_file(
        config: *const br_config,
        provider: *const c_char,
        path: *const c_char,
        write: br_write_fn,
        user_data: *mut c_void,
        rows: *mut i64,
        failed: *mut i64,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_plan_new(
        config: *const br_config,
        batch: *mut br_batch,
        plan: *mut *mut br_plan,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_plan_free(plan: *mut br_plan);
    pub fn br_plan_batches(plan: *const br_plan) -> i64;
    pub fn br_plan_requests(plan: *const br_plan) -> i64;
    pub fn br_plan_bytes(plan: *const br_plan) -> i64;
    pub fn br_plan_input_tokens(plan: *const br_plan) -> i64;
    pub fn br_plan_output_tokens_max(plan: *const br_plan) -> i64;
    pub fn br_plan_sync_usd(plan: *const br_plan) -> f64;
    pub fn br_plan_batch_usd(plan: *const br_plan) -> f64;
    pub fn br_plan_json(plan: *const br_plan, length: *mut usize) -> *const c_char;
    pub fn br_provider_count() -> usize;
    pub fn br_provider_name(index: usize) -> *const c_char;
    pub fn br_provider_json(name: *const c_char) -> *const c_char;
    pub fn br_registry_register(
        vtbl: *const br_provider_vtbl,
        user_data: *mut c_void,
        destroy: br_destroy_fn,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_registry_unregister(name: *const c_char, err: *mut *mut br_error) -> br_status;
    pub fn br_registry_get(name: *const c_char) -> *const c_char;
    pub fn br_registry_is_registered(name: *const c_char) -> i32;
    pub fn br_registry_count() -> usize;
    pub fn br_registry_name(index: usize) -> *const c_char;
    pub fn br_call_batch_id(call: *const br_provider_call) -> *const c_char;
    pub fn br_call_requests_path(call: *const br_provider_call) -> *const c_char;
    pub fn br_call_rows(call: *const br_provider_call) -> i64;
    pub fn br_call_model(call: *const br_provider_call) -> *const c_char;
    pub fn br_call_marker(call: *const br_provider_call) -> *const c_char;
    pub fn br_call_limit(call: *const br_provider_call) -> i64;
    pub fn br_call_meta_count(call: *const br_provider_call) -> usize;
    pub fn br_call_meta_key(call: *const br_provider_call, index: usize) -> *const c_char;
    pub fn br_call_meta_value(call: *const br_provider_call, index: usize) -> *const c_char;
    pub fn br_call_set_batch_id(call: *mut br_provider_call, batch_id: *const c_char) -> br_status;
    pub fn br_call_set_state(call: *mut br_provider_call, state: i32, word: *const c_char) -> br_status;
    pub fn br_call_set_counts(
        call: *mut br_provider_call,
        total: i64,
        succeeded: i64,
        errored: i64,
        cancelled: i64,
        expired: i64,
    ) -> br_status;
    pub fn br_call_set_time(call: *mut br_provider_call, which: i32, time_ms: i64) -> br_status;
    pub fn br_call_set_message(call: *mut br_provider_call, message: *const c_char) -> br_status;
    pub fn br_call_add_batch(call: *mut br_provider_call, batch_id: *const c_char, marker: *const c_char) -> br_status;
    pub fn br_call_write(call: *mut br_provider_call, data: *const c_char, length: usize) -> br_status;
    pub fn br_call_fail(
        call: *mut br_provider_call,
        status: br_status,
        transient: i32,
        retry_after_ms: i64,
        vendor_code: *const c_char,
        message: *const c_char,
    ) -> br_status;
    pub fn br_router_new(config: *const br_config, router: *mut *mut br_router, err: *mut *mut br_error) -> br_status;
    pub fn br_router_close(router: *mut br_router, timeout_ms: i64, err: *mut *mut br_error) -> br_status;
    pub fn br_router_free(router: *mut br_router);
    pub fn br_router_fd(router: *const br_router) -> i32;
    pub fn br_router_wakeup(router: *mut br_router);
    pub fn br_router_interrupt(router: *mut br_router);
    pub fn br_router_interrupt_count(router: *mut br_router) -> i64;
    pub fn br_router_interrupt_since(router: *mut br_router, count: i64);
    pub fn br_poll(router: *mut br_router, timeout_ms: i64, err: *mut *mut br_error) -> br_status;
    pub fn br_router_add_provider(router: *mut br_router, name: *const c_char, err: *mut *mut br_error) -> br_status;
    pub fn br_router_remove_provider(router: *mut br_router, name: *const c_char, err: *mut *mut br_error)
    -> br_status;
    pub fn br_router_has_provider(router: *mut br_router, name: *const c_char) -> i32;
    pub fn br_router_provider(router: *mut br_router, index: usize) -> *const c_char;
    pub fn br_stats_json(router: *mut br_router, length: *mut usize) -> *const c_char;
    pub fn br_submit(
        router: *mut br_router,
        batch: *mut br_batch,
        done: br_done_fn,
        user_data: *mut c_void,
        destroy: br_destroy_fn,
        job: *mut *mut br_job,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_job_open(
        router: *mut br_router,
        job_id: *const c_char,
        job: *mut *mut br_job,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_attach(
        router: *mut br_router,
        provider: *const c_char,
        batch_id: *const c_char,
        job: *mut *mut br_job,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_attach_with(
        router: *mut br_router,
        provider: *const c_char,
        batch_id: *const c_char,
        options: *const br_batch,
        job: *mut *mut br_job,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_resume(router: *mut br_router, job: *mut br_job, err: *mut *mut br_error) -> br_status;
    pub fn br_list(
        router: *mut br_router,
        provider: *const c_char,
        limit: i64,
        list: *mut *mut br_job_list,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_list_remote(
        router: *mut br_router,
        provider: *const c_char,
        limit: i64,
        timeout_ms: i64,
        list: *mut *mut br_job_list,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_job_list_free(list: *mut br_job_list);
    pub fn br_job_list_count(list: *const br_job_list) -> usize;
    pub fn br_job_list_get(list: *const br_job_list, index: usize) -> *mut br_job;
    pub fn br_job_free(job: *mut br_job);
    pub fn br_retry(
        router: *mut br_router,
        job: *mut br_job,
        done: br_done_fn,
        user_data: *mut c_void,
        destroy: br_destroy_fn,
        new_job: *mut *mut br_job,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_retry_with(
        router: *mut br_router,
        job: *mut br_job,
        options: *const br_batch,
        done: br_done_fn,
        user_data: *mut c_void,
        destroy: br_destroy_fn,
        new_job: *mut *mut br_job,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_job_write_failed(
        job: *mut br_job,
        write: br_write_fn,
        user_data: *mut c_void,
        rows: *mut i64,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_submit_many(
        router: *mut br_router,
        batches: *const *mut br_batch,
        count: usize,
        jobs: *mut *mut br_job,
        errors: *mut *mut br_error,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_run(
        router: *mut br_router,
        batches: *const *mut br_batch,
        count: usize,
        timeout_ms: i64,
        jobs: *mut *mut br_job,
        errors: *mut *mut br_error,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_wait_many(
        router: *mut br_router,
        jobs: *const *mut br_job,
        count: usize,
        timeout_ms: i64,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_refresh_many(
        router: *mut br_router,
        jobs: *const *mut br_job,
        count: usize,
        timeout_ms: i64,
        errors: *mut *mut br_error,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_cancel_many(
        router: *mut br_router,
        jobs: *const *mut br_job,
        count: usize,
        timeout_ms: i64,
        cancelled: *mut i32,
        errors: *mut *mut br_error,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_state_name(state: i32) -> *const c_char;
    pub fn br_state_compat(state: i32) -> i32;
    pub fn br_state_is_terminal(state: i32) -> i32;
    pub fn br_job_id(job: *const br_job) -> *const c_char;
    pub fn br_job_provider(job: *const br_job) -> *const c_char;
    pub fn br_job_parent(job: *const br_job) -> *const c_char;
    pub fn br_job_attempt(job: *const br_job) -> i32;
    pub fn br_job_name(job: *const br_job) -> *const c_char;
    pub fn br_job_output(job: *const br_job) -> *const c_char;
    pub fn br_job_base_url(job: *const br_job) -> *const c_char;
    pub fn br_job_state(job: *const br_job) -> i32;
    pub fn br_job_submission(job: *const br_job) -> i32;
    pub fn br_job_is_done(job: *const br_job) -> i32;
    pub fn br_job_count(job: *const br_job, counter: i32) -> i64;
    pub fn br_job_time(job: *const br_job, which: i32) -> i64;
    pub fn br_job_batch_count(job: *const br_job) -> usize;
    pub fn br_job_batch_id(job: *const br_job, index: usize) -> *const c_char;
    pub fn br_job_raw(job: *const br_job, index: usize, length: *mut usize) -> *const c_char;
    pub fn br_job_error_code(job: *const br_job) -> br_status;
    pub fn br_job_error_message(job: *const br_job) -> *const c_char;
    pub fn br_job_is_blocked(job: *const br_job) -> i32;
    pub fn br_job_json(job: *const br_job, length: *mut usize) -> *const c_char;
    pub fn br_job_update(job: *mut br_job, err: *mut *mut br_error) -> br_status;
    pub fn br_job_refresh(job: *mut br_job, timeout_ms: i64, err: *mut *mut br_error) -> br_status;
    pub fn br_job_wait(job: *mut br_job, timeout_ms: i64, err: *mut *mut br_error) -> br_status;
    pub fn br_job_wait_submitted(job: *mut br_job, timeout_ms: i64, err: *mut *mut br_error) -> br_status;
    pub fn br_cancel(job: *mut br_job, timeout_ms: i64, cancelled: *mut i32, err: *mut *mut br_error) -> br_status;
    pub fn br_job_remove(job: *mut br_job, err: *mut *mut br_error) -> br_status;
    pub fn br_next_result(
        router: *mut br_router,
        job: *mut br_job,
        timeout_ms: i64,
        result: *mut *mut br_result,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_next_results(
        router: *mut br_router,
        job: *mut br_job,
        timeout_ms: i64,
        results: *mut *mut br_result,
        capacity: usize,
        count: *mut usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_result_ack(result: *mut br_result, err: *mut *mut br_error) -> br_status;
    pub fn br_result_return(result: *mut br_result, err: *mut *mut br_error) -> br_status;
    pub fn br_job_ack_all(job: *mut br_job, err: *mut *mut br_error) -> br_status;
    pub fn br_job_adopt(job: *mut br_job, part: i32, batch_id: *const c_char, err: *mut *mut br_error) -> br_status;
    pub fn br_job_abandon(job: *mut br_job, err: *mut *mut br_error) -> br_status;
    pub fn br_job_refetch(job: *mut br_job, timeout_ms: i64, changed: *mut i64, err: *mut *mut br_error) -> br_status;
    pub fn br_job_result_raw(
        job: *mut br_job,
        custom_id: *const c_char,
        custom_id_length: usize,
        row: *mut *const c_char,
        length: *mut usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_result_free(result: *mut br_result);
    pub fn br_result_custom_id(result: *const br_result, length: *mut usize) -> *const c_char;
    pub fn br_result_status(result: *const br_result) -> i32;
    pub fn br_result_status_name(status: i32) -> *const c_char;
    pub fn br_result_job_id(result: *const br_result) -> *const c_char;
    pub fn br_result_batch_id(result: *const br_result) -> *const c_char;
    pub fn br_result_text(result: *const br_result, length: *mut usize) -> *const c_char;
    pub fn br_result_model(result: *const br_result) -> *const c_char;
    pub fn br_result_finish_reason(result: *const br_result) -> *const c_char;
    pub fn br_result_tool_calls(result: *const br_result, length: *mut usize) -> *const c_char;
    pub fn br_result_response(result: *const br_result, length: *mut usize) -> *const c_char;
    pub fn br_result_raw(
        result: *const br_result,
        row: *mut *const c_char,
        length: *mut usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_result_error_type(result: *const br_result) -> *const c_char;
    pub fn br_result_error_code(result: *const br_result) -> *const c_char;
    pub fn br_result_error_message(result: *const br_result) -> *const c_char;
    pub fn br_result_http_status(result: *const br_result) -> i32;
    pub fn br_result_is_transient(result: *const br_result) -> i32;
    pub fn br_result_tokens(result: *const br_result, which: i32) -> i64;
    pub fn br_result_redelivered(result: *const br_result) -> i32;
    pub fn br_result_json(result: *const br_result, length: *mut usize) -> *const c_char;
    pub fn br_results_open(job: *mut br_job, results: *mut *mut br_results, err: *mut *mut br_error) -> br_status;
    pub fn br_results_follow(
        job: *mut br_job,
        timeout_ms: i64,
        results: *mut *mut br_results,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_results_set_order(results: *mut br_results, order: i32, err: *mut *mut br_error) -> br_status;
    pub fn br_results_next(
        results: *mut br_results,
        out: *mut *mut br_result,
        capacity: usize,
        count: *mut usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_results_write(
        results: *mut br_results,
        write: br_write_fn,
        user_data: *mut c_void,
        rows: *mut i64,
        failed: *mut i64,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_results_free(results: *mut br_results);
    pub fn br_exchange_new(method: *const c_char, url: *const c_char) -> *mut br_exchange;
    pub fn br_exchange_free(exchange: *mut br_exchange);
    pub fn br_exchange_add_header(
        exchange: *mut br_exchange,
        name: *const c_char,
        value: *const c_char,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_exchange_set_body(
        exchange: *mut br_exchange,
        data: *const c_char,
        length: usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_exchange_set(
        exchange: *mut br_exchange,
        option: *const c_char,
        value: *const c_char,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_capture_new(router: *mut br_router, capture: *mut *mut br_capture, err: *mut *mut br_error) -> br_status;
    pub fn br_capture_close(capture: *mut br_capture, timeout_ms: i64, err: *mut *mut br_error) -> br_status;
    pub fn br_capture_free(capture: *mut br_capture);
    pub fn br_capture_take(
        capture: *mut br_capture,
        exchange: *const br_exchange,
        r#fn: br_answer_fn,
        user_data: *mut c_void,
        destroy: br_destroy_fn,
        id: *mut i64,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_capture_take_many(
        capture: *mut br_capture,
        exchanges: *const *const br_exchange,
        count: usize,
        ids: *mut i64,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_capture_leave(capture: *mut br_capture, id: i64, err: *mut *mut br_error) -> br_status;
    pub fn br_capture_next(
        capture: *mut br_capture,
        timeout_ms: i64,
        answers: *mut *mut br_answer,
        capacity: usize,
        count: *mut usize,
        err: *mut *mut br_error,
    ) -> br_status;
    pub fn br_capture_flush(capture: *mut br_capture, err: *mut *mut br_error) -> br_status;
    pub fn br_capture_stats_json(capture: *mut br_capture, length: *mut usize) -> *const c_char;
    pub fn br_capture_call_json(capture: *mut br_capture, id: i64, length: *mut usize) -> *const c_char;
    pub fn br_answer_free(answer: *mut br_answer);
    pub fn br_answer_id(answer: *const br_answer) -> i64;
    pub fn br_answer_status(answer: *const br_answer) -> i32;
    pub fn br_answer_header_count(answer: *const br_answer) -> usize;
    pub fn br_answer_header_name(answer: *const br_answer, index: usize) -> *const c_char;
    pub fn br_answer_header_value(answer: *const br_answer, index: usize) -> *const c_char;
    pub fn br_answer_body(answer: *const br_answer, length: *mut usize) -> *const c_char;
    pub fn br_answer_events(answer: *const br_answer, length: *mut usize) -> *const c_char;
    pub fn br_answer_batch_id(answer: *const br_answer) -> *const c_char;
    pub fn br_answer_is_cached(answer: *const br_answer) -> i32;
    pub fn br_answer_delivered(answer: *mut br_answer, err: *mut *mut br_error) -> br_status;
}
