"""Native result rows of every vendor, and what the unified result has to say, worked out from the fact sheets."""
import json

STOP, LENGTH, TOOLS = ("stop", "end_turn", "STOP"), ("length", "max_tokens", "MAX_TOKENS"), (
    "tool_calls", "tool_use", "STOP")
FILTER = ("content_filter", "refusal", "SAFETY")


def chat_body(message, finish="stop", usage=None):
    return {"id": "c1", "object": "chat.completion", "model": "m-1", "choices": [
        {"index": 0, "message": dict({"role": "assistant"}, **message), "finish_reason": finish}],
        "usage": usage or {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}}


def good(body, **more):
    return dict({"id": "x", "custom_id": "r1", "response": {"status_code": 200, "request_id": "q", "body": body},
                 "error": None}, **more)


def bad(status, body, error=None):
    return {"id": "x", "custom_id": "r1", "response": {"status_code": status, "request_id": "q", "body": body},
            "error": error}


CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}
USAGE = {"input_tokens": 9, "output_tokens": 5}
OKAY = {"custom_id": "r1", "status": "succeeded", "text": "Hi", "finish_reason": STOP, "usage": USAGE, "model": "m-1"}
REFUSAL = {"error": {"message": "bad temperature", "type": "invalid_request_error", "param": "t", "code": "oops"}}


def family():
    body = chat_body({"content": "Hi"})
    rich = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14,
            "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 2}}
    return {
        "plain": (good(body), dict(OKAY, response=body)),
        "length": (good(chat_body({"content": ""}, "length")), {"status": "succeeded", "finish_reason": LENGTH}),
        "tool-calls": (good(chat_body({"content": None, "tool_calls": [CALL]}, "tool_calls")),
                       {"status": "succeeded", "text": None, "finish_reason": TOOLS, "tool_calls": [("f", {"a": 1})]}),
        "tool-calls-null": (good(chat_body({"content": "Hi", "tool_calls": None})), OKAY),
        "tool-calls-empty": (good(chat_body({"content": "Hi", "tool_calls": []})), OKAY),
        "refusal": (good(chat_body({"content": None, "refusal": "no"})), {"status": "succeeded", "refusal": "no"}),
        "cached-and-reasoning": (good(chat_body({"content": "Hi"}, usage=rich)), dict(OKAY, usage=dict(
            USAGE, cached_input_tokens=4, reasoning_tokens=2))),
        "no-usage": (good({"choices": [{"message": {"content": "Hi"}}]}), {"status": "succeeded", "text": "Hi"}),
        "status-400": (bad(400, REFUSAL), {"status": "errored", "error": {
            "message": "bad temperature", "code": "oops", "http_status": 400, "transient": False}}),
        "status-429": (bad(429, {"error": {"message": "slow down", "type": "r", "code": "rate_limit_exceeded"}}),
                       {"status": "errored", "error": {"http_status": 429, "transient": True}}),
        "status-500": (bad(500, {"error": {"message": "oh"}}), {"status": "errored", "error": {
            "http_status": 500, "transient": True, "message": "oh"}}),
        "status-0": (bad(0, None), {"status": "errored"}),
        "body-null": (bad(500, None), {"status": "errored"}),
        "status-200-with-error": (good(body, error={"code": "x", "message": "not good"}), {
            "status": "errored", "error": {"message": "not good"}}),
        "expired": ({"id": "x", "custom_id": "r1", "response": None, "error": {
            "code": "batch_expired", "message": "window over"}}, {"status": "expired", "error": {"message": "window"}}),
        "cancelled": ({"id": "x", "custom_id": "r1", "response": None, "error": {
            "code": "batch_cancelled", "message": "was cancelled"}}, {"status": "cancelled"}),
        "unicode": (good(chat_body({"content": "ü\U0001f600\u0000\""})), {"text": "ü\U0001f600\u0000\""}),
        "surrogate-pair": ('{"custom_id":"r1","response":{"status_code":200,"body":{"choices":[{"message":{"content":'
                           '"\\ud83d\\ude00"}}]}}}', {"text": "\U0001f600"}),
    }


def of_mistral():
    rows = family()
    chunks = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "Hi"}]
    text = json.dumps({"object": "error", "message": "no fetch", "type": "invalid_request_file", "code": "3310"})
    rows["content-chunks"] = (good(chat_body({"content": chunks})), dict(OKAY, reasoning="hm"))
    rows["string-body"] = (bad(400, text), {"status": "errored", "error": {"message": "no fetch", "http_status": 400}})
    return rows


def of_together():
    rows = family()
    rows["reasoning"] = (good(chat_body({"content": "Hi", "reasoning": "hm"})), dict(OKAY, reasoning="hm"))
    rows["error-without-response"] = ({"id": "b", "custom_id": "r1", "error": {
        "code": "batch_client_error", "message": "no access"}}, {"status": "errored", "error": {
            "message": "no access", "code": "batch_client_error"}})
    return rows


def of_vllm():
    rows = family()
    rows["reasoning"] = (good(chat_body({"content": "Hi", "reasoning_content": "hm"})), dict(OKAY, reasoning="hm"))
    rows["error-string"] = (bad(400, None, "URL was used"), {"status": "errored", "error": {"message": "URL was used"}})
    rows["error-nested"] = (bad(404, None, {"error": {"message": "gone", "type": "NotFoundError", "code": 404}}),
                            {"status": "errored", "error": {"message": "gone", "http_status": 404}})
    rows["error-flat"] = (bad(400, None, {"object": "error", "message": "flat", "type": "t", "code": 400}),
                          {"status": "errored", "error": {"message": "flat"}})
    return rows


def of_anthropic():
    def message(content, stop="end_turn", usage=None):
        return {"id": "m", "type": "message", "role": "assistant", "model": "m-1", "content": content,
                "stop_reason": stop, "usage": usage or {"input_tokens": 9, "output_tokens": 5}}

    def row(**result):
        return {"custom_id": "r1", "result": result}
    hi = [{"type": "text", "text": "Hi"}]
    error = {"type": "invalid_request_error", "message": "bad temperature"}
    return {
        "plain": (row(type="succeeded", message=message(hi)), dict(OKAY, response=message(hi))),
        "two-texts": (row(type="succeeded", message=message(hi + [{"type": "text", "text": " you"}])), {"text": "Hi you"}),
        "thinking": (row(type="succeeded", message=message([{"type": "thinking", "thinking": "hm", "signature": "s"}] + hi)),
                     dict(OKAY, reasoning="hm")),
        "tool-use": (row(type="succeeded", message=message([{"type": "tool_use", "id": "t", "name": "f",
                                                             "input": {"a": 1}}], "tool_use")),
                     {"finish_reason": TOOLS, "tool_calls": [("f", {"a": 1})]}),
        "max-tokens": (row(type="succeeded", message=message(hi, "max_tokens")), {"finish_reason": LENGTH}),
        "refusal": (row(type="succeeded", message=message([], "refusal")), {
            "status": "succeeded", "finish_reason": FILTER}),
        "cache-usage": (row(type="succeeded", message=message(hi, usage={
            "input_tokens": 9, "output_tokens": 5, "cache_creation_input_tokens": 2, "cache_read_input_tokens": 4})),
            {"usage": {"input_tokens": 15, "output_tokens": 5, "cached_input_tokens": 4,
                       "cache_creation_input_tokens": 2}}),
        "null-usage": (row(type="succeeded", message=message(hi, usage={
            "input_tokens": 9, "output_tokens": 5, "cache_read_input_tokens": None})), {"usage": USAGE}),
        "errored": (row(type="errored", error={"type": "error", "error": error, "request_id": None}), {
            "status": "errored", "error": {"type": "invalid_request_error", "message": "bad temp", "transient": False}}),
        "errored-flat": (row(type="errored", error=error), {"status": "errored", "error": {"message": "bad temp"}}),
        "overloaded": (row(type="errored", error={"type": "error", "error": {
            "type": "overloaded_error", "message": "busy"}}), {"status": "errored", "error": {"transient": True}}),
        "canceled": (row(type="canceled"), {"status": "cancelled"}),
        "expired": (row(type="expired"), {"status": "expired", "error": {"transient": True}}),
    }


def of_google():
    def response(parts, finish="STOP", usage=None):
        return {"candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": finish, "index": 0}],
                "usageMetadata": usage or {"promptTokenCount": 9, "candidatesTokenCount": 5, "totalTokenCount": 14},
                "modelVersion": "m-1", "responseId": "x"}

    def row(value):
        return {"key": "r1", "response": value}
    hi = [{"text": "Hi"}]
    return {
        "plain": (row(response(hi)), dict(OKAY, response=response(hi))),
        "two-parts": (row(response(hi + [{"text": " you"}])), {"text": "Hi you"}),
        "thought": (row(response([{"text": "hm", "thought": True}] + hi)), dict(OKAY, reasoning="hm")),
        "function-call": (row(response([{"functionCall": {"name": "f", "args": {"a": 1}}}])), {
            "finish_reason": TOOLS, "tool_calls": [("f", {"a": 1})]}),
        "max-tokens-no-parts": (row({"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}]}), {
            "status": "succeeded", "finish_reason": LENGTH}),
        "safety": (row({"candidates": [{"finishReason": "SAFETY"}]}), {"finish_reason": FILTER}),
        "usage": (row(response(hi, usage={"promptTokenCount": 9, "cachedContentTokenCount": 4, "candidatesTokenCount": 1,
                                          "thoughtsTokenCount": 4, "toolUsePromptTokenCount": 2})), {"usage": {
            "input_tokens": 11, "output_tokens": 5, "cached_input_tokens": 4, "reasoning_tokens": 4}}),
        "error": ({"key": "r1", "error": {"code": 400, "message": "bad temp", "status": "INVALID_ARGUMENT"}}, {
            "status": "errored", "error": {"message": "bad temp", "http_status": 400, "transient": False}}),
        "error-rpc-code": ({"key": "r1", "error": {"code": 8, "message": "slow"}}, {
            "status": "errored", "error": {"http_status": 429, "transient": True}}),
        "status-object": ({"key": "r1", "status": {"code": 3, "message": "bad temp"}}, {
            "status": "errored", "error": {"message": "bad temp"}}),
    }


ROWS = {"openai": family(), "groq": family(), "vllm": of_vllm(), "together": of_together(), "mistral": of_mistral(),
        "anthropic": of_anthropic(), "google": of_google()}
ROWS["groq"]["reasoning"] = (good(chat_body({"content": "Hi", "reasoning": "hm"})), dict(OKAY, reasoning="hm"))
