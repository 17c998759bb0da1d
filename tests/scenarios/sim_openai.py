"""OpenAI's files and batches API, and what Groq and Together share with it."""
import hashlib
import json
import re
import time

from sim_base import Batch, Response, Sim, dump, jsonl, last_text, parse_multipart, random_id

WORDS = ("validating", "failed", "in_progress", "finalizing", "completed", "expired", "cancelling", "cancelled")


def chat_answer(body, text=None):
    text = text if text is not None else "answer to " + last_text(body["messages"])
    return {"id": "chatcmpl-" + hashlib.sha1(text.encode()).hexdigest()[:12], "object": "chat.completion",
            "created": 1711652795, "model": body["model"] + "-2026",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "logprobs": None,
                         "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 22, "completion_tokens": 3, "total_tokens": 25}, "system_fingerprint": "fp_1"}


class OpenAISim(Sim):
    vendor = "openai"
    prefix = "/v1"
    file_id, batch_id = "file-", "batch_"
    upload_path = "/files"
    purpose = "batch"
    line_keys = {"custom_id", "method", "url", "body"}
    windows = ("24h",)
    max_requests, max_bytes = 50_000, 200 * 1024 * 1024
    key_variable = "OPENAI_API_KEY"
    upload_calls = ("upload",)
    error_rows = ("error", "expired", "cancelled")  # what the error file has a row for

    def base_url(self):
        return self.origin + self.prefix

    # ---- the vendor's objects ----

    def error_body(self, status, code=None):
        kinds = {400: "invalid_request_error", 401: "invalid_request_error", 403: "permission_error",
                 404: "invalid_request_error", 429: "requests", 500: "server_error", 503: "server_error"}
        codes = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
        return {"error": {"message": "simulated refusal %d" % status, "type": kinds.get(status, "error"), "param": None,
                          "code": code or codes.get(status)}}

    def name_of(self, request):
        path = request.path
        if not path.startswith(self.prefix + "/"):
            return "stray"
        path = path[len(self.prefix):]
        for pattern, names in self.routes():
            if re.fullmatch(pattern, path):
                return names.get(request.method, "stray")
        return "stray"

    def routes(self):
        return ((re.escape(self.upload_path), {"POST": "upload", "GET": "file_list"}),
                ("/files", {"GET": "file_list"}),
                ("/files/[^/]+/content", {"GET": "content"}),
                ("/files/[^/]+", {"GET": "file_get", "DELETE": "delete"}),
                ("/batches", {"POST": "create", "GET": "list"}),
                ("/batches/[^/]+", {"GET": "poll"}),
                ("/batches/[^/]+/cancel", {"POST": "cancel"}))

    def file_object(self, file):
        return {"id": file["id"], "object": "file", "bytes": len(file["data"]), "created_at": int(file["created"]),
                "expires_at": int(file["created"]) + 2592000, "filename": file["name"], "purpose": file["purpose"],
                "status": "processed", "status_details": None}

    def add_file(self, name, data, purpose):
        file = {"id": self.file_id + random_id(), "name": name, "data": data, "purpose": purpose,
                "created": time.time(), "fetches": 0}
        self.files[file["id"]] = file
        return file

    def batch_object(self, batch):
        now = int(time.time())
        counts = {"total": 0, "completed": 0, "failed": 0}
        value = {"id": batch.id, "object": "batch", "endpoint": batch.endpoint, "model": batch.model, "errors": None,
                 "input_file_id": batch.input_file_id, "completion_window": "24h",
                 "status": batch.script.words.get(batch.state, batch.state), "output_file_id": None,
                 "error_file_id": None, "created_at": int(batch.created), "in_progress_at": None,
                 "expires_at": int(batch.created) + 86400, "finalizing_at": None, "completed_at": None,
                 "failed_at": None, "expired_at": None, "cancelling_at": None, "cancelled_at": None,
                 "request_counts": counts, "metadata": batch.metadata}
        if batch.state != "validating" and batch.state != "failed":
            counts["total"] = len(batch.rows)
            value["in_progress_at"] = now
        if batch.state in WORDS and batch.state + "_at" in value:
            value[batch.state + "_at"] = now
        if batch.state == "failed":
            value["errors"] = {"object": "list", "data": batch.script.errors or [
                {"code": "model_not_found", "message": "The provided model is not supported.", "param": "body.model",
                 "line": 1}]}
        elif batch.results_known():
            self.make_files(batch)
            kinds = [kind for _, kind in batch.outcomes()]
            counts["completed"] = kinds.count("ok")
            counts["failed"] = len(kinds) - kinds.count("ok")
            value["output_file_id"], value["error_file_id"] = batch.output_id, batch.error_id
        return batch.script.patch(value, batch) if batch.script.patch else value

    def make_files(self, batch):
        if hasattr(batch, "output_id"):
            return
        good = [self.row_line(row, kind, batch) for row, kind in batch.outcomes() if kind == "ok"]
        bad = [self.row_line(row, kind, batch) for row, kind in batch.outcomes() if kind in self.error_rows]
        for kind, lines in (("output", good), ("error", bad)):
            if batch.script.mangle:
                lines = batch.script.mangle(kind, lines)
            data = jsonl(lines)
            file = self.add_file("%s_%s.jsonl" % (batch.id, kind), data, "batch_output") if lines else None
            if file:
                file["batch"], file["kind"] = batch, kind
            setattr(batch, kind + "_id", file["id"] if file else None)

    def row_line(self, row, kind, batch):
        custom_id, body = row
        value = {"id": "batch_req_" + hashlib.sha1(custom_id.encode()).hexdigest()[:12], "custom_id": custom_id}
        if kind == "ok":
            value["response"] = {"status_code": 200, "request_id": "req_" + value["id"], "body": self.answer(body)}
            value["error"] = None
        elif kind == "error":
            refusal = {"error": {"message": "no good: " + custom_id, "type": "invalid_request_error", "param": "x",
                                 "code": "bad_thing"}}
            value["response"] = {"status_code": 400, "request_id": "req_1", "body": refusal}
            value["error"] = None
        else:
            value["response"] = None
            value["error"] = {"code": "batch_" + kind, "message": "not executed: " + kind}
        return dump(value)

    def answer(self, body):
        return chat_answer(body)

    def answer_of(self, row):
        """What `response` of the unified result has to hold."""
        return self.answer(row[1])

    # ---- calls ----

    def do_upload(self, request):
        parts = parse_multipart(request)
        headers, data = parts["file"]
        name = re.search(r'filename="([^"]*)"', headers["content-disposition"]).group(1)
        if bytes(parts["purpose"][1]) != self.purpose.encode():
            self.violation("purpose: %r" % bytes(parts["purpose"][1]))
        if not name.endswith(".jsonl"):
            self.violation("file name: " + name)
        if len(data) > self.max_bytes:
            self.violation("a file of %d bytes" % len(data))
        return Response(200, self.file_object(self.add_file(name, data, "batch")))

    def check_create(self, body):
        allowed = {"input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after"}
        if set(body) - allowed:
            self.violation("create: unknown fields %s" % sorted(set(body) - allowed))
        if body["completion_window"] not in self.windows:
            self.violation("create: completion_window %r" % body["completion_window"])
        metadata = body.get("metadata") or {}
        if len(metadata) > 16 or any(len(k) > 64 or len(v) > 512 for k, v in metadata.items()):
            self.violation("create: metadata out of bounds")

    def read_rows(self, data, endpoint):
        rows, models, seen = [], set(), set()
        data = bytes(data)
        if data.startswith(b"\xef\xbb\xbf") or not data.endswith(b"\n") or b"\r" in data:
            self.violation("input file: BOM, CR or no newline at the end")
        for number, line in enumerate(data[:-1].split(b"\n"), 1):
            value = json.loads(line)
            if not self.line_keys >= set(value) >= {"custom_id", "body"}:
                self.violation("line %d: keys %s" % (number, sorted(value)))
            if value["custom_id"] in seen:
                self.violation("line %d: duplicate custom_id" % number)
            if "url" in self.line_keys and (value["url"] != endpoint or value["method"] != "POST"):
                self.violation("line %d: url %s" % (number, value.get("url")))
            if value["body"].get("stream"):
                self.violation("line %d: stream" % number)
            seen.add(value["custom_id"])
            models.add(value["body"].get("model"))
            rows.append((value["custom_id"], value["body"]))
        if len(models) > 1 or None in models:
            self.violation("models in one file: %s" % models)
        if len(rows) > self.max_requests:
            self.violation("%d requests in one batch" % len(rows))
        return rows, models.pop() if models else None

    def new_batch(self, body):
        rows, model = self.read_rows(self.files[body["input_file_id"]]["data"], body["endpoint"])
        number = len(self.own_batches())
        batch = Batch(number, rows, self.script_of(number), id=self.batch_id + random_id(), model=model,
                      endpoint=body["endpoint"], input_file_id=body["input_file_id"], metadata=body.get("metadata"))
        self.batches[batch.id] = batch
        return batch

    def do_create(self, request):
        body = request.json()
        self.check_create(body)
        if "application/json" not in request.headers.get("content-type", ""):
            self.violation("create: content type")
        return Response(200, self.batch_object(self.new_batch(body)))

    def find(self, request, position=3):
        return self.batches.get(request.path[len(self.prefix):].split("/")[position - 1])

    def do_poll(self, request):
        batch = self.find(request)
        if batch is None:
            return Response(404, self.error_body(404))
        if batch.script.not_found > 0:
            batch.script.not_found -= 1
            return Response(404, self.error_body(404))
        batch.advance()
        return Response(200, self.batch_object(batch))

    def visible(self):
        shown = []
        for batch in reversed(list(self.batches.values())):
            batch.lists += 1
            if batch.lists > batch.script.invisible_lists:
                shown.append(batch)
        return shown

    def do_list(self, request):
        shown = self.visible()
        limit = int(request.query.get("limit", 20))
        if not 1 <= limit <= 100:
            self.violation("list: limit %d" % limit)
        if set(request.query) - {"limit", "after"}:
            self.violation("list: query " + str(request.query))
        start = 0
        if "after" in request.query:
            start = [batch.id for batch in shown].index(request.query["after"]) + 1
        page = [self.batch_object(batch) for batch in shown[start:start + limit]]
        return Response(200, {"object": "list", "data": page, "first_id": page[0]["id"] if page else None,
                              "last_id": page[-1]["id"] if page else None, "has_more": start + limit < len(shown)})

    def do_cancel(self, request):
        batch = self.find(request)
        if batch is None:
            return Response(404, self.error_body(404))
        if batch.ended():
            return Response(409, self.error_body(409, "batch_already_ended"))
        batch.cancelling, batch.state = 0, "cancelling"
        return Response(200, self.batch_object(batch))

    def do_content(self, request):
        file = self.files.get(request.path[len(self.prefix):].split("/")[2])
        if file is None:
            self.violation("content of an unknown file: " + request.path)
            return Response(404, self.error_body(404))
        data = bytes(file["data"])
        batch = file.get("batch")
        if batch is not None:
            file["fetches"] += 1
            if batch.script.joined:
                data = batch.script.joined(file["kind"], data, file["fetches"])
        return Response(200, data, kind="application/octet-stream")

    def do_file_get(self, request):
        file = self.files.get(request.path.split("/")[-1])
        return Response(200, self.file_object(file)) if file else Response(404, self.error_body(404))

    def do_file_list(self, request):
        files = [self.file_object(file) for file in self.files.values()]
        return Response(200, {"object": "list", "data": files, "has_more": False})

    def do_delete(self, request):
        self.files.pop(request.path.split("/")[-1], None)
        return Response(200, {"id": request.path.split("/")[-1], "object": "file", "deleted": True})

    def add_foreign_batch(self, rows):
        """A batch of somebody else on the same account; it must be left alone."""
        file = self.add_file("other.jsonl", b"", "batch")
        batch = Batch(0, [("other-%d" % i, {}) for i in range(rows)], self.scripts[-1].__class__(), foreign=True,
                      id=self.batch_id + random_id(), model="other", endpoint="/v1/chat/completions",
                      input_file_id=file["id"], metadata={})
        self.batches[batch.id] = batch


class GroqSim(OpenAISim):
    vendor = "groq"
    prefix = "/openai/v1"
    file_id = "file_"
    windows = ("24h", "7d")
    max_bytes = 200 * 1024 * 1024
    key_variable = "GROQ_API_KEY"

    def batch_object(self, batch):
        value = super().batch_object(batch)
        if not batch.script.patch:
            value.pop("model", None)
        return value

    def do_list(self, request):
        shown = self.visible()
        if set(request.query) - {"cursor", "limit"}:
            self.violation("list: query " + str(request.query))
        start = int(request.query.get("cursor", "c0")[1:] or 0)
        page = [self.batch_object(batch) for batch in shown[start:start + 20]]
        more = "c%d" % (start + 20) if start + 20 < len(shown) else None
        return Response(200, {"object": "list", "data": page, "paging": {"next_cursor": more}})
