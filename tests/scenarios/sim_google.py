"""The Gemini API's batch mode: resumable upload, long-running operations, results in a file or inside the operation."""
import hashlib
import json
import re
import time

from sim_base import Batch, Response, Script, Sim, dump, iso, jsonl, random_id

STATES = {"validating": "PENDING", "in_progress": "RUNNING", "finalizing": "RUNNING", "completed": "SUCCEEDED",
          "failed": "FAILED", "expired": "EXPIRED", "cancelled": "CANCELLED", "cancelling": "RUNNING"}
REQUEST_FIELDS = {"contents", "systemInstruction", "system_instruction", "tools", "toolConfig", "generationConfig",
                  "generation_config", "safetySettings", "cachedContent", "model", "labels", "serviceTier"}


class GoogleSim(Sim):
    vendor = "google"
    key_variable = "GOOGLE_API_KEY"
    upload_calls = ("upload_start", "upload_bytes")
    max_requests = None

    def __init__(self, *more, **named):
        super().__init__(*more, **named)
        self.uploads = {}
        self.state_prefix = "BATCH_STATE_"
        self.upload_origin = None
        self.refused_types = ()

    def key_of(self, request):
        return request.headers.get("x-goog-api-key")

    def check_auth(self, request, name):
        if not self.knows_key_of(request):
            if name == "upload_bytes":
                return None
            return Response(400, self.error_body(400, "API_KEY_INVALID"))
        return None

    def error_body(self, status, code=None):
        words = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
                 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}
        error = {"code": status, "message": "simulated refusal %d" % status, "status": words.get(status, "UNKNOWN")}
        if code:
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code}]
        return {"error": error}

    def name_of(self, request):
        path, method = request.path, request.method
        if path == "/upload/v1beta/files":
            return "upload_bytes" if "upload_id" in request.query else "upload_start"
        if re.fullmatch(r"/v1beta/models/[^/]+:(batchGenerateContent|asyncBatchEmbedContent)", path):
            return "create"
        if path == "/v1beta/batches":
            return "list"
        if re.fullmatch(r"/v1beta/batches/[^/]+:cancel", path):
            return "cancel"
        if re.fullmatch(r"/v1beta/batches/[^/:]+", path):
            return {"GET": "poll", "DELETE": "delete_job"}.get(method, "stray")
        if re.fullmatch(r"(/download)?/v1beta/files/[^/:]+:download", path):
            return "content"
        if re.fullmatch(r"/v1beta/files/[^/:]+", path):
            return {"GET": "file_get", "DELETE": "delete"}.get(method, "stray")
        return "file_list" if path == "/v1beta/files" else "stray"

    # ---- the vendor's objects ----

    def batch_object(self, batch):
        stats = {"requestCount": str(len(batch.rows))}
        word = self.state_prefix + STATES.get(batch.state, batch.state)
        metadata = {"@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
                    "model": "models/" + batch.model, "displayName": batch.display, "createTime": iso(batch.created),
                    "updateTime": iso(batch.created), "batchStats": stats, "name": batch.id,
                    "state": batch.script.words.get(batch.state, word)}
        value = {"name": batch.id, "metadata": metadata}
        if not batch.ended():
            stats["pendingRequestCount"] = str(len(batch.rows))
            return batch.script.patch(value, batch) if batch.script.patch else value
        value["done"] = True
        metadata["endTime"] = iso(batch.created + 5)
        if batch.state == "failed":
            reason = (batch.script.errors or [{"message": "The model is not supported."}])[0]["message"]
            value["error"] = {"code": 3, "message": reason}
        elif batch.results_known():
            self.fill_results(batch, value, metadata, stats)
        if batch.state in ("cancelled", "expired"):
            value["error"] = {"code": 1 if batch.state == "cancelled" else 4, "message": "The batch was " + batch.state}
        return batch.script.patch(value, batch) if batch.script.patch else value

    def fill_results(self, batch, value, metadata, stats):
        kinds = [kind for _, kind in batch.outcomes()]
        if kinds.count("ok"):
            stats["successfulRequestCount"] = str(kinds.count("ok"))
        if len(kinds) - kinds.count("ok"):
            stats["failedRequestCount"] = str(len(kinds) - kinds.count("ok"))
        if batch.inline:
            items = [json.loads(line) for line in self.lines_of(batch)]
            for item in items:
                item["metadata"] = {"key": item.pop("key")}
            output = {"inlinedResponses": {"inlinedResponses": items}}
        else:
            output = {"responsesFile": "files/batch-" + batch.id.split("/")[1]}
        metadata["output"] = output
        if batch.state == "completed":
            value["response"] = dict(output, **{"@type": "type.googleapis.com/x.GenerateContentBatchOutput"})

    def lines_of(self, batch):
        # What was not executed when a batch expired or was cancelled has no row at all.
        lines = [self.row_line(row, kind) for row, kind in batch.outcomes() if kind in ("ok", "error")]
        return batch.script.mangle("output", lines) if batch.script.mangle else lines

    def answer(self, body):
        parts = body["contents"][-1]["parts"]
        text = "answer to " + "".join(part.get("text", "") for part in parts)
        return {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": "STOP",
                                "index": 0}],
                "usageMetadata": {"promptTokenCount": 22, "candidatesTokenCount": 1, "thoughtsTokenCount": 2,
                                  "totalTokenCount": 25},
                "modelVersion": "gemini-2026", "responseId": hashlib.sha1(text.encode()).hexdigest()[:12]}

    def answer_of(self, row):
        return self.answer(row[1])

    def row_line(self, row, kind):
        if kind == "ok":
            return dump({"key": row[0], "response": self.answer(row[1])})
        return dump({"key": row[0], "error": {"code": 400, "message": "no good: " + row[0],
                                              "status": "INVALID_ARGUMENT"}})

    # ---- calls ----

    def do_upload_start(self, request):
        if request.headers.get("x-goog-upload-protocol") != "resumable":
            self.violation("upload: protocol %r" % request.headers.get("x-goog-upload-protocol"))
        if request.headers.get("x-goog-upload-command") != "start":
            self.violation("upload: command %r" % request.headers.get("x-goog-upload-command"))
        kind = request.headers.get("x-goog-upload-header-content-type", "")
        if kind in self.refused_types:
            body = self.error_body(400)
            body["error"]["message"] = "Unsupported MIME type: " + kind
            return Response(400, body)
        upload = {"id": random_id(), "size": int(request.headers["x-goog-upload-header-content-length"]), "data": b"",
                  "display": (request.json() if request.body else {}).get("file", {}), "kind": kind}
        self.uploads[upload["id"]] = upload
        url = "%s/upload/v1beta/files?upload_id=%s&upload_protocol=resumable" % (
            self.upload_origin or self.origin, upload["id"])
        return Response(200, b"", {"x-goog-upload-url": url, "x-goog-upload-status": "active"})

    def do_upload_bytes(self, request):
        upload = self.uploads[request.query["upload_id"]]
        command = request.headers.get("x-goog-upload-command", "")
        if command == "query":
            return Response(200, b"", {"x-goog-upload-status": "active",
                                       "x-goog-upload-size-received": str(len(upload["data"]))})
        if int(request.headers["x-goog-upload-offset"]) != len(upload["data"]):
            return Response(400, self.error_body(400))
        upload["data"] += bytes(request.body)
        if "finalize" not in command:
            return Response(200, b"", {"x-goog-upload-status": "active"})
        if len(upload["data"]) != upload["size"]:
            self.violation("upload: %d bytes announced, %d sent" % (upload["size"], len(upload["data"])))
        name = upload["display"].get("name") or "files/" + random_id(12)
        if not re.fullmatch(r"files/[a-z0-9][a-z0-9-]{0,38}[a-z0-9]", name):
            self.violation("file name " + name)
        if name in self.files:
            return Response(409, self.error_body(409))
        self.files[name] = {"id": name, "data": upload["data"], "created": time.time(), "display": upload["display"],
                            "kind": upload["kind"]}
        return Response(200, {"file": self.file_object(name)}, {"x-goog-upload-status": "final"})

    def file_object(self, name):
        file = self.files[name]
        return {"name": name, "displayName": file["display"].get("displayName", ""),
                "mimeType": file["kind"], "sizeBytes": str(len(file["data"])), "createTime": iso(file["created"]),
                "uri": self.origin + "/v1beta/" + name, "state": "ACTIVE", "source": "UPLOADED"}

    def read_file_rows(self, data):
        if not data.endswith(b"\n"):
            self.violation("input file without newline at its end")
        return [self.check_row(json.loads(line)) for line in data[:-1].split(b"\n")]

    def check_row(self, value):
        if set(value) != {"key", "request"} or set(value["request"]) - REQUEST_FIELDS:
            self.violation("line: %s" % str(value)[:200])
        return (value["key"], value["request"])

    def do_create(self, request):
        whole = request.json()
        body = whole["batch"]
        if set(whole) != {"batch"} or set(body) - {"displayName", "model", "priority", "inputConfig", "display_name"}:
            self.violation("create: %s" % str(body)[:200])
        config = body["inputConfig"]
        inline = "requests" in config
        if inline:
            if len(request.body) >= 20_000_000:
                self.violation("an inline batch of %d bytes" % len(request.body))
            rows = [self.check_row({"key": item["metadata"]["key"], "request": item["request"]})
                    for item in config["requests"]["requests"]]
        else:
            rows = self.read_file_rows(self.files[config["fileName"]]["data"])
        keys = [row[0] for row in rows]
        if len(set(keys)) != len(keys):
            self.violation("duplicate keys")
        number = len(self.own_batches())
        model = request.path.split("/")[3].split(":")[0]
        batch = Batch(number, rows, self.script_of(number), id="batches/" + random_id(16), model=model, inline=inline,
                      display=body.get("displayName") or body.get("display_name"))
        if not batch.display:
            self.violation("create: no displayName")
        self.batches[batch.id] = batch
        return Response(200, self.batch_object(batch))

    def find(self, request):
        return self.batches.get("batches/" + request.path.split("/")[3].split(":")[0])

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
        for batch in reversed(list(self.batches.values())):
            batch.lists += 1
            if batch.lists > batch.script.invisible_lists:
                shown.append(batch)
        if set(request.query) - {"pageSize", "pageToken"}:
            self.violation("list: query " + str(request.query))
        size, start = int(request.query.get("pageSize", 50)), int(request.query.get("pageToken") or 0)
        value = {}
        if shown[start:start + size]:
            value["operations"] = [self.batch_object(batch) for batch in shown[start:start + size]]
        if start + size < len(shown):
            value["nextPageToken"] = str(start + size)
        return Response(200, value)

    def do_cancel(self, request):
        batch = self.find(request)
        if batch is None:
            return Response(404, self.error_body(404))
        if not batch.ended():
            batch.cancelling, batch.state = 0, "cancelling"
        return Response(200, {})

    def do_content(self, request):
        name = re.search(r"files/[^/:]+", request.path).group(0)
        if request.query.get("alt") != "media":
            self.violation("download without alt=media")
        if name.startswith("files/batch-"):
            batch = self.batches["batches/" + name[len("files/batch-"):]]
            batch.fetches += 1
            data = jsonl(self.lines_of(batch))
            if batch.script.joined:
                data = batch.script.joined("output", data, batch.fetches)
            return Response(200, data, kind="application/octet-stream")
        return Response(404, self.error_body(404))

    def do_file_get(self, request):
        name = request.path[len("/v1beta/"):]
        if len(name.split("/")[1]) > 40:
            self.violation("files.get of a result file")
        return Response(200, self.file_object(name)) if name in self.files else Response(404, self.error_body(404))

    def do_file_list(self, request):
        return Response(200, {"files": [self.file_object(name) for name in self.files]})

    def do_delete(self, request):
        self.files.pop(request.path[len("/v1beta/"):], None)
        return Response(200, {})

    do_delete_job = do_delete

    def add_foreign_batch(self, rows):
        batch = Batch(0, [("other-%d" % i, {}) for i in range(rows)], Script(), foreign=True, inline=False,
                      id="batches/" + random_id(16), model="other", display="somebody else's")
        self.batches[batch.id] = batch
