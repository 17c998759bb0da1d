"""Mistral's files and batch jobs: pages by number, UUID ids, its own state words, string bodies in the error file."""
import json
import uuid

from sim_base import Batch, Response, Script, dump
from sim_openai import OpenAISim, chat_answer

WORDS = {"validating": "QUEUED", "in_progress": "RUNNING", "finalizing": "RUNNING", "completed": "SUCCESS",
         "failed": "FAILED", "expired": "TIMEOUT_EXCEEDED", "cancelling": "CANCELLATION_REQUESTED",
         "cancelled": "CANCELLED"}


class MistralSim(OpenAISim):
    vendor = "mistral"
    line_keys = {"custom_id", "body"}
    max_requests, max_bytes = 100_000, 512 * 1024 * 1024
    error_rows = ("error",)
    key_variable = "MISTRAL_API_KEY"

    def base_url(self):
        return self.origin

    def routes(self):
        return (("/files", {"POST": "upload", "GET": "file_list"}),
                ("/files/[^/]+/content", {"GET": "content"}),
                ("/files/[^/]+", {"GET": "file_get", "DELETE": "delete"}),
                ("/batch/jobs", {"POST": "create", "GET": "list"}),
                ("/batch/jobs/[^/]+", {"GET": "poll", "DELETE": "delete_job"}),
                ("/batch/jobs/[^/]+/cancel", {"POST": "cancel"}))

    def error_body(self, status, code=None):
        if status == 401:
            return {"detail": "Invalid API Key"}
        return {"object": "error", "message": code or "simulated refusal %d" % status, "type": code or "simulated",
                "param": None, "code": code or str(status)}

    def add_file(self, name, data, purpose):
        file = super().add_file(name, data, purpose)
        del self.files[file["id"]]
        file["id"] = str(uuid.uuid4())
        self.files[file["id"]] = file
        return file

    def file_object(self, file):
        return {"id": file["id"], "object": "file", "bytes": len(file["data"]), "created_at": int(file["created"]),
                "filename": file["name"], "purpose": "batch", "sample_type": "batch_request", "num_lines": 2,
                "source": "upload", "expires_at": None}

    def check_create(self, body):
        allowed = {"input_files", "requests", "model", "endpoint", "metadata", "timeout_hours", "agent_id"}
        if set(body) - allowed:
            self.violation("create: unknown fields %s" % sorted(set(body) - allowed))
        for key, value in (body.get("metadata") or {}).items():
            if not 1 <= len(key) <= 32 or not 1 <= len(value) <= 512:
                self.violation("create: metadata %s" % key)
        if not body.get("model"):
            self.violation("create: no model")

    def new_batch(self, body):
        if body.get("requests"):
            rows = [(row["custom_id"], row["body"]) for row in body["requests"]]
            if len(rows) > 10_000:
                self.violation("%d inline requests" % len(rows))
        else:
            (file_id,) = body["input_files"]
            for line in bytes(self.files[file_id]["data"])[:-1].split(b"\n"):
                value = json.loads(line)
                value["body"].setdefault("model", body["model"])
            rows, _ = self.read_rows(self.files[file_id]["data"], body["endpoint"])
        rows = [(row[0], dict(row[1], model=body["model"])) for row in rows]
        for _, row in rows:
            if "max_completion_tokens" in row or "seed" in row:
                self.violation("a field that Mistral forbids: %s" % sorted(row))
        number = len(self.own_batches())
        batch = Batch(number, rows, self.script_of(number), id=str(uuid.uuid4()), model=body["model"],
                      endpoint=body["endpoint"], input_files=body.get("input_files") or [],
                      metadata=body.get("metadata"))
        self.batches[batch.id] = batch
        return batch

    def read_rows(self, data, endpoint):
        rows, seen = [], set()
        for line in bytes(data)[:-1].split(b"\n"):
            value = json.loads(line)
            if not {"custom_id", "body"} >= set(value):
                self.violation("line keys %s" % sorted(value))
            if value["custom_id"] in seen:
                self.violation("duplicate custom_id")
            seen.add(value["custom_id"])
            rows.append((value["custom_id"], value["body"]))
        if len(rows) > self.max_requests:
            self.violation("%d requests in one batch" % len(rows))
        return rows, None

    def batch_object(self, batch):
        value = {"id": batch.id, "object": "batch", "input_files": batch.input_files, "metadata": batch.metadata,
                 "endpoint": batch.endpoint, "model": batch.model, "agent_id": None, "output_file": None,
                 "error_file": None, "errors": [], "outputs": None,
                 "status": batch.script.words.get(batch.state, WORDS.get(batch.state, batch.state)),
                 "created_at": int(batch.created), "started_at": None, "completed_at": None,
                 "total_requests": len(batch.rows) if batch.polls >= 0 else 0, "completed_requests": 0,
                 "succeeded_requests": 0, "failed_requests": 0}
        if batch.state == "failed":
            value["errors"] = batch.script.errors or [{"message": "The provided model is not supported.", "count": 1}]
        elif batch.results_known():
            self.make_files(batch)
            kinds = [kind for _, kind in batch.outcomes()]
            value.update(output_file=batch.output_id, error_file=batch.error_id, completed_at=int(batch.created) + 5,
                         completed_requests=len(kinds), succeeded_requests=kinds.count("ok"),
                         failed_requests=len(kinds) - kinds.count("ok"))
        return batch.script.patch(value, batch) if batch.script.patch else value

    def row_line(self, row, kind, batch):
        custom_id, body = row
        value = {"id": "batch-1", "custom_id": custom_id}
        if kind == "ok":
            value["response"] = {"status_code": 200, "body": self.answer(body)}
        else:
            text = {"object": "error", "message": "no good: " + custom_id, "type": "invalid_request_" + kind,
                    "param": None, "code": "3310", "raw_status_code": 400}
            value["response"] = {"status_code": 400, "body": json.dumps(text)}
        value["error"] = None
        return dump(value)

    def answer(self, body):
        value = chat_answer(body)
        value["choices"][0]["message"]["tool_calls"] = None
        return value

    def find(self, request, position=4):
        return self.batches.get(request.path.split("/")[4])

    def do_list(self, request):
        shown = self.visible()
        known = {"page", "page_size", "model", "agent_id", "created_after", "created_by_me", "status", "order_by"}
        size, page = int(request.query.get("page_size", 100)), int(request.query.get("page", 0))
        for name, wanted in request.query.items():
            if name not in known:
                shown = [batch for batch in shown if (batch.metadata or {}).get(name) == wanted]
        part = [self.batch_object(batch) for batch in shown[page * size:(page + 1) * size]]
        return Response(200, {"object": "list", "data": part, "total": len(shown)})

    def do_delete_job(self, request):
        return Response(200, {"id": request.path.split("/")[4], "object": "batch", "deleted": True})

    def add_foreign_batch(self, rows):
        batch = Batch(0, [("other-%d" % i, {}) for i in range(rows)], Script(), foreign=True, id=str(uuid.uuid4()),
                      model="other", endpoint="/v1/chat/completions", input_files=[str(uuid.uuid4())], metadata={})
        self.batches[batch.id] = batch
