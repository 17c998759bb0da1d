"""Anthropic's Message Batches: requests in the body of the create call, results at a URL the vendor names."""
import hashlib
import re

from sim_base import Batch, Response, Script, Sim, dump, iso, jsonl, last_text, random_id


class AnthropicSim(Sim):
    vendor = "anthropic"
    max_requests, max_bytes = 100_000, 256 * 1024 * 1024
    key_variable = "ANTHROPIC_API_KEY"
    upload_calls = ()

    def key_of(self, request):
        return request.headers.get("x-api-key") or super().key_of(request)

    def check_auth(self, request, name):
        if not self.knows_key_of(request):
            return Response(401, self.error_body(401))
        if not re.fullmatch(r"20\d\d-\d\d-\d\d", request.headers.get("anthropic-version", "")):
            self.violation("anthropic-version: %r" % request.headers.get("anthropic-version"))
        return None

    def error_body(self, status, code=None):
        kinds = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
                 402: "billing_error", 404: "not_found_error", 429: "rate_limit_error", 500: "api_error",
                 503: "api_error", 529: "overloaded_error"}
        error = {"type": kinds.get(status, "api_error"), "message": "simulated refusal %d" % status}
        if code:
            error["details"] = {"error_code": code}
        return {"type": "error", "error": error, "request_id": "req_1"}

    def name_of(self, request):
        path = request.path
        if path == "/v1/messages/batches":
            return {"POST": "create", "GET": "list"}.get(request.method, "stray")
        match = re.fullmatch(r"/v1/messages/batches/([^/]+)(/results|/cancel)?", path)
        if not match:
            return "stray"
        if match.group(2) == "/results":
            return "content"
        if match.group(2) == "/cancel":
            return "cancel"
        return {"GET": "poll", "DELETE": "delete"}.get(request.method, "stray")

    def batch_object(self, batch):
        ended = batch.ended()
        counts = {"processing": len(batch.rows), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        word = "ended" if ended else "canceling" if batch.state == "cancelling" else "in_progress"
        value = {"id": batch.id, "type": "message_batch",
                 "processing_status": batch.script.words.get(batch.state, word), "request_counts": counts,
                 "created_at": iso(batch.created), "expires_at": iso(batch.created + 86400), "ended_at": None,
                 "cancel_initiated_at": iso(batch.created + 1) if batch.cancelling is not None else None,
                 "archived_at": None, "results_url": None}
        if batch.results_known():
            kinds = [kind for _, kind in batch.outcomes()]
            value["ended_at"] = iso(batch.created + 5)
            counts.update(processing=0, succeeded=kinds.count("ok"), errored=kinds.count("error"),
                          canceled=kinds.count("cancelled"), expired=kinds.count("expired"))
            counts["errored"] += len(batch.rows) - len(kinds)
            value["results_url"] = batch.script.results_url or "%s/v1/messages/batches/%s/results" % (
                self.origin, batch.id)
        return batch.script.patch(value, batch) if batch.script.patch else value

    def answer(self, params):
        text = "answer to " + last_text(params["messages"])
        return {"id": "msg_" + hashlib.sha1(text.encode()).hexdigest()[:12], "type": "message", "role": "assistant",
                "model": params["model"] + "-2026", "content": [{"type": "text", "text": text}],
                "stop_reason": "end_turn", "stop_sequence": None,
                "usage": {"input_tokens": 11, "output_tokens": 3, "cache_creation_input_tokens": 0,
                          "cache_read_input_tokens": 11, "service_tier": "batch"}}

    def answer_of(self, row):
        return self.answer(row[1])

    def row_line(self, row, kind, batch):
        if kind == "ok":
            result = {"type": "succeeded", "message": self.answer(row[1])}
        elif kind == "error":
            result = {"type": "errored", "error": {"type": "error", "request_id": "req_1", "error": {
                "type": "invalid_request_error", "message": "no good: " + row[0]}}}
        else:
            result = {"type": "canceled" if kind == "cancelled" else kind}
        return dump({"custom_id": row[0], "result": result})

    def do_create(self, request):
        body = request.json()
        if set(body) != {"requests"}:
            self.violation("create: fields %s" % sorted(body))
        if len(request.body) > self.max_bytes or not 1 <= len(body["requests"]) <= self.max_requests:
            self.violation("create: over the limit")
        if "application/json" not in request.headers.get("content-type", ""):
            self.violation("create: content type")
        rows, seen = [], set()
        for row in body["requests"]:
            if set(row) != {"custom_id", "params"} or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", row["custom_id"]):
                self.violation("create: row %s" % str(row)[:100])
            if row["custom_id"] in seen or row["params"].get("max_tokens", 0) < 1 or row["params"].get("stream"):
                self.violation("create: row %s" % str(row)[:100])
            seen.add(row["custom_id"])
            rows.append((row["custom_id"], row["params"]))
        number = len(self.own_batches())
        batch = Batch(number, rows, self.script_of(number), id="msgbatch_" + random_id())
        self.batches[batch.id] = batch
        return Response(200, self.batch_object(batch))

    def find(self, request):
        return self.batches.get(request.path.split("/")[4])

    def do_poll(self, request):
        batch = self.find(request)
        if batch is None or batch.script.not_found > 0:
            if batch is not None:
                batch.script.not_found -= 1
            return Response(404, self.error_body(404))
        batch.advance()
        return Response(200, self.batch_object(batch))

    def do_list(self, request):
        shown = []
        for batch in sorted(reversed(list(self.batches.values())), key=lambda batch: -batch.created):
            batch.lists += 1
            if batch.lists > batch.script.invisible_lists:
                shown.append(batch)
        limit = int(request.query.get("limit", 20))
        if not 1 <= limit <= 1000 or set(request.query) - {"limit", "after_id", "before_id"}:
            self.violation("list: query " + str(request.query))
        start = 0
        if "after_id" in request.query:
            start = [batch.id for batch in shown].index(request.query["after_id"]) + 1
        page = [self.batch_object(batch) for batch in shown[start:start + limit]]
        return Response(200, {"data": page, "has_more": start + limit < len(shown),
                              "first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None})

    def do_cancel(self, request):
        batch = self.find(request)
        if batch is None:
            return Response(404, self.error_body(404))
        if not batch.ended():
            batch.cancelling, batch.state = 0, "cancelling"
        return Response(200, self.batch_object(batch))

    def do_content(self, request):
        batch = self.find(request)
        if batch is None or not batch.ended():
            self.violation("results of a batch that is not there: " + request.path)
            return Response(404, self.error_body(404))
        batch.fetches += 1
        lines = [self.row_line(row, kind, batch) for row, kind in batch.outcomes()]
        if batch.script.mangle:
            lines = batch.script.mangle("output", lines)
        data = jsonl(lines)
        if batch.script.joined:
            data = batch.script.joined("output", data, batch.fetches)
        return Response(200, data, kind="application/x-jsonl")

    def do_delete(self, request):
        return Response(200, {"id": request.path.split("/")[4], "type": "message_batch_deleted"})

    def add_foreign_batch(self, rows):
        params = {"model": "other", "messages": [{"role": "user", "content": "somebody else's"}]}
        batch = Batch(0, [("other-%d" % i, params) for i in range(rows)], Script(), foreign=True,
                      id="msgbatch_" + random_id())
        batch.created -= 7200
        self.batches[batch.id] = batch
