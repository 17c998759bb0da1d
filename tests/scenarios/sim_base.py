"""What every simulated vendor shares: an HTTP server, a ledger of what was paid, scripted faults, recorded violations.

A simulator answers as strictly as the vendor. What a correct client never does is recorded as a violation and fails the
scenario, even where the vendor would have let it pass.
"""
import json
import os
import random
import socket
import ssl
import threading
import time
from urllib.parse import unquote

from sim_http import Reader, Request, Response, parse_multipart, reset, send  # noqa: F401

KEY = "sk-scenario-4fJw9LmQx2VbN7tR-do-not-leak"


class Fault:
    """One thing that goes wrong. call: the name of a call. when: "before" or "after" the vendor executed it."""

    def __init__(self, call, action, when="before", times=1, skip=0, **args):
        self.call, self.action, self.when, self.times, self.skip, self.args = call, action, when, times, skip, args


class Script:
    """How a remote batch goes: the states its polls see, and what becomes of every row."""

    def __init__(self, phases=("validating", "in_progress", "finalizing", "completed"), outcome=None, **more):
        self.phases = list(phases)
        self.outcome = outcome or (lambda index, row: "ok")
        self.words = {}              # state -> the word sent for it
        self.late = 0                # polls after the end that do not tell yet where the results are
        self.errors = None           # the vendor's reasons for a failed batch
        self.not_found = 0           # polls answered 404
        self.mangle = None           # (kind, lines) -> lines, before they are joined
        self.joined = None           # (kind, bytes, number of the fetch) -> bytes
        self.patch = None            # (vendor object of the batch) -> object, before it is sent
        self.order = "shuffle"
        self.cancel_done = 0.5       # share of the rows that were done when a cancel arrives
        self.invisible_lists = 0     # listings that do not show the batch yet
        self.results_url = None
        for name, value in more.items():
            setattr(self, name, value)


class Batch:
    def __init__(self, number, rows, script, **more):
        self.number, self.rows, self.script = number, rows, script
        self.polls = -1
        self.cancelling = None
        self.state = script.phases[0]
        self.result = None
        self.fetches = 0
        self.lists = 0
        self.after_end = 0
        self.created = time.time()
        for name, value in more.items():
            setattr(self, name, value)

    def ended(self):
        return self.state in ("completed", "failed", "expired", "cancelled")

    def advance(self):
        self.polls += 1
        if self.ended():
            self.after_end += 1
        elif self.cancelling is not None:
            self.cancelling += 1
            self.state = "cancelling" if self.cancelling < 2 else "cancelled"
        else:
            self.state = self.script.phases[min(self.polls, len(self.script.phases) - 1)]

    def results_known(self):
        return self.ended() and self.after_end >= self.script.late

    def outcomes(self):
        """[(row, outcome)] in the order of the vendor's file; fixed at the first call."""
        if self.result is None:
            done = int(len(self.rows) * self.script.cancel_done)
            chosen = []
            for index, row in enumerate(self.rows):
                kind = self.script.outcome(index, row)
                if self.cancelling is not None and index >= done:
                    kind = "cancelled"
                if kind != "missing":
                    chosen.append((row, kind))
            if self.script.order == "shuffle":
                random.Random(len(chosen)).shuffle(chosen)
            elif self.script.order == "reverse":
                chosen.reverse()
            self.result = chosen
        return self.result


class Sim:
    """A vendor on loopback. Subclasses give name_of(request) and do_<call>(request) methods."""

    vendor = "base"
    json_calls = ("create",)

    def __init__(self, tls=None, host="127.0.0.1"):
        self.lock = threading.RLock()
        self.batches, self.files = {}, {}
        self.scripts = [Script()]
        self.faults, self.calls, self.violations = [], [], []
        self.kill = None
        self.on_call = None
        self.foreign_rows = 0
        self.expect_key = KEY
        self.projects = None         # Projects, where several keys are known
        self.rewrite = {}            # name of a call -> (request, response) -> response
        self.listener = socket.create_server((host, 0), backlog=64)
        self.tls = None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(tls)
        self.host, self.port = self.listener.getsockname()[:2]
        self.origin = "%s://%s:%d" % ("https" if tls else "http", host, self.port)
        self.closing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def base_url(self):
        return self.origin

    def close(self):
        self.closing = True
        self.listener.close()

    def violation(self, text):
        self.violations.append(text)

    def count(self, name):
        return sum(1 for call in self.calls if call[0] == name)

    def script_of(self, number):
        return self.scripts[min(number, len(self.scripts) - 1)]

    def paid(self):
        """custom_id -> in how many batches it was executed."""
        times = {}
        for batch in [*self.batches.values(), *(self.projects.batches() if self.projects else ())]:
            if batch.state == "failed" or getattr(batch, "foreign", False):
                continue
            for row in batch.rows:
                times[row[0]] = times.get(row[0], 0) + 1
        return times

    def own_batches(self):
        return [batch for batch in self.batches.values() if not getattr(batch, "foreign", False)]

    # ---- HTTP ----

    def _accept(self):
        while not self.closing:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            reader = Reader(connection)
            while self._one(connection, reader):
                pass
        except (OSError, ValueError, ssl.SSLError):
            pass
        finally:
            connection.close()

    def _one(self, connection, reader):
        request = reader.head()
        if request is None:
            return False
        name = self.name_of(request)
        fault = self._fault(name)
        if fault and fault.action == "reset_body":
            self.calls.append((name, request, time.monotonic()))
            reader.some(1)
            return reset(connection)
        if "100-continue" in request.headers.get("expect", ""):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        reader.body(request)
        self._check_always(request)
        self.calls.append((name, request, time.monotonic()))
        if self.on_call:
            self.on_call(name, request)
        response = None
        if fault is None or fault.when == "after":
            response = self._handle(name, request)
        if fault is not None:
            return self._act(connection, fault, response)
        send(connection, response, request.method)
        return True

    def _fault(self, name):
        with self.lock:
            for fault in self.faults:
                if fault.call != name or fault.times <= 0:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def _act(self, connection, fault, response):
        action = fault.action
        if action == "kill":
            self.kill()
            return reset(connection)
        if action == "hold":
            fault.args["event"].wait(30)
            send(connection, response or Response(500, b""), "GET")
            return True
        if action == "stall":
            send(connection, response or Response(200, b"x" * 100), "GET", cut=0.5)
            fault.args["event"].wait(30)
            return False
        if action == "reset":
            return reset(connection)
        if action == "close":
            return False
        if action == "cut":
            send(connection, response, "GET", cut=0.6)
            return False
        if action == "clean_cut":
            response.body = bytes(response.body)[: int(len(response.body) * 0.6)]
            send(connection, response, "GET")
            return True
        if action == "empty":
            send(connection, Response(200, b""), "GET")
            return True
        if action == "html":
            page = b"<html><body><h1>It works</h1></body></html>"
            send(connection, Response(fault.args.get("status", 200), page, kind="text/html"), "GET")
            return True
        if action == "redirect":
            send(connection, Response(302, b"", {"Location": fault.args["to"]}), "GET")
            return True
        if action == "body":
            send(connection, Response(fault.args.get("status", 200), fault.args["body"],
                                      fault.args.get("headers")), "GET")
            return True
        headers = {}
        if "retry_after" in fault.args:
            headers["Retry-After"] = str(fault.args["retry_after"])
        status = int(action)
        send(connection, Response(status, self.error_body(status, fault.args.get("code")), headers), "GET")
        return True

    def _handle(self, name, request):
        with self.lock:
            refusal = self.check_auth(request, name)
            if refusal is not None:
                return refusal
            handler = getattr(self, "do_" + name, None)
            if handler is None:
                self.violation("no such call: %s %s" % (request.method, request.target))
                return Response(404, self.error_body(404))
            try:
                response = self._handle_for(request, handler)
                return self.rewrite[name](request, response) if name in self.rewrite else response
            except (KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
                self.violation("%s: bad request (%r): %s" % (name, problem, bytes(request.body[:300])))
                return Response(400, self.error_body(400))

    def _handle_for(self, request, handler):
        if not self.projects:
            return handler(request)
        with self.projects.seen_by(self, self.key_of(request)):
            return handler(request)

    def knows_key_of(self, request):
        key = self.key_of(request)
        return self.projects.admits(key) if self.projects else key == self.expect_key

    def _check_always(self, request):
        if self.expect_key in request.target or self.expect_key in unquote(request.target):
            self.violation("the key is in a URL: " + request.path)
        if "batchrouter" not in request.headers.get("user-agent", "").lower():
            self.violation("no User-Agent of ours: %r on %s" % (request.headers.get("user-agent"), request.path))
        if request.method == "GET" and len(request.body):
            self.violation("a GET with a body: " + request.path)

    # ---- for subclasses ----

    def key_of(self, request):
        return request.headers.get("authorization", "").replace("Bearer ", "", 1)

    def check_auth(self, request, name):
        if not self.knows_key_of(request):
            return Response(401, self.error_body(401))
        return None

    def error_body(self, status, code=None):
        raise NotImplementedError

    def name_of(self, request):
        raise NotImplementedError


def last_text(messages):
    """The text of the last user message of an OpenAI-shaped request."""
    content = messages[-1]["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def jsonl(lines):
    return b"".join(line + b"\n" for line in lines)


def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def iso(seconds, digits=6):
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return whole + (".%06d" % int(seconds % 1 * 1e6))[: digits + 1] + "Z"


def random_id(count=24):
    return os.urandom(count).hex()[:count]
