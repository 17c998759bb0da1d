"""Together's batch API: OpenAI's files with other names, upper-case states, no counters, no metadata, a bare list."""
import re

from sim_base import Response, dump, iso, parse_multipart
from sim_openai import OpenAISim, chat_answer


class TogetherSim(OpenAISim):
    vendor = "together"
    upload_path = "/files/upload"
    purpose = "batch-api"
    line_keys = {"custom_id", "body", "method", "url"}
    max_bytes = 100 * 1024 * 1024
    error_rows = ("error",)
    key_variable = "TOGETHER_API_KEY"
    batch_id = "01234567-"
    words = {"cancelling": "CANCELING", "in_progress": "IN_PROGRESS", "finalizing": "IN_PROGRESS"}

    def error_body(self, status, code=None):
        return {"error": code or "simulated refusal %d" % status, "request_id": "req_1"}

    def read_rows(self, data, endpoint):
        for line in bytes(data).split(b"\n"):
            if len(line) > 10 * 1024 * 1024:
                self.violation("a line of more than 10 MB")
        keys, self.line_keys = self.line_keys, {"custom_id", "body"}
        try:
            return super().read_rows(data, endpoint)
        finally:
            self.line_keys = keys

    def do_upload(self, request):
        parts = parse_multipart(request)
        headers, data = parts["file"]
        if bytes(parts["purpose"][1]) != b"batch-api":
            self.violation("purpose: %r" % bytes(parts["purpose"][1]))
        if "file_name" not in parts or not bytes(parts["file_name"][1]).endswith(b".jsonl"):
            self.violation("file_name is missing or wrong")
        if len(data) > self.max_bytes:
            self.violation("a file of %d bytes" % len(data))
        name = re.search(r'filename="([^"]*)"', headers["content-disposition"])
        file = self.add_file(name.group(1) if name else "", data, "batch-api")
        return Response(200, self.file_object(file))

    def file_object(self, file):
        return {"id": file["id"], "object": "file", "created_at": int(file["created"]), "filename": file["name"],
                "bytes": len(file["data"]), "purpose": "batch-api", "FileType": "jsonl", "Processed": True,
                "LineCount": 0, "processing_status": "COMPLETED"}

    def check_create(self, body):
        allowed = {"input_file_id", "endpoint", "completion_window", "model_id", "priority"}
        if set(body) - allowed:
            self.violation("create: unknown fields %s" % sorted(set(body) - allowed))

    def new_batch(self, body):
        body.setdefault("endpoint", "/v1/chat/completions")
        return super().new_batch(body)

    def batch_object(self, batch):
        state = batch.state
        word = batch.script.words.get(state, self.words.get(state, state.upper()))
        value = {"id": batch.id, "user_id": "u1", "input_file_id": batch.input_file_id, "file_size_bytes": 1,
                 "status": word, "job_deadline": iso(batch.created + 86400), "created_at": iso(batch.created),
                 "endpoint": batch.endpoint, "progress": 0, "model_id": batch.model}
        if state == "failed":
            errors = batch.script.errors or [{"message": "The provided model is not supported."}]
            value["error"] = "; ".join("%s %s" % (e.get("code", ""), e["message"]) for e in errors).strip()
        elif batch.results_known():
            self.make_files(batch)
            value["progress"] = 100.0
            value["completed_at"] = iso(batch.created + 5)
            if batch.output_id:
                value["output_file_id"] = batch.output_id
            if batch.error_id:
                value["error_file_id"] = batch.error_id
        return batch.script.patch(value, batch) if batch.script.patch else value

    def row_line(self, row, kind, batch):
        custom_id, body = row
        if kind == "ok":
            return dump({"id": "br_1", "custom_id": custom_id,
                         "response": {"status_code": 200, "body": self.answer(body)}})
        code = "batch_client_error" if kind == "error" else "batch_" + kind
        return dump({"id": "br_1", "custom_id": custom_id,
                     "error": {"code": code, "message": "no good: " + custom_id}})

    def answer(self, body):
        value = chat_answer(body)
        value["choices"][0]["message"]["tool_calls"] = []
        return value

    def do_create(self, request):
        body = request.json()
        self.check_create(body)
        return Response(201, {"job": self.batch_object(self.new_batch(body))})

    def do_list(self, request):
        return Response(200, [self.batch_object(batch) for batch in self.visible()])
