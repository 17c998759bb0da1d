"""Drives the program against a simulator in a directory of its own, and holds every scenario to the same promises."""
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time

from sim_anthropic import AnthropicSim
from sim_base import KEY, Fault, Script
from sim_google import GoogleSim
from sim_mistral import MistralSim
from sim_openai import GroqSim, OpenAISim
from sim_tenants import caller_id
from sim_together import TogetherSim

SIMS = {sim.vendor: sim for sim in (OpenAISim, AnthropicSim, GoogleSim, MistralSim, TogetherSim, GroqSim)}
MODELS = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4-5", "google": "gemini-2.5-flash",
          "mistral": "mistral-small-latest", "together": "Qwen/Qwen3-9B", "groq": "llama-3.1-8b", "vllm": "m",
          "fireworks": "accounts/fireworks/models/model-a"}
KEY_VARIABLES = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY",
                 "TOGETHER_API_KEY", "GROQ_API_KEY")
SCENARIOS = []


def is_row_of(line, name):
    """Whether a native result line is about that request, under its own or a tagged id."""
    return re.search(b'["-]' + name.encode() + b'"', line) is not None


class Failure(Exception):
    pass


class Skip(Exception):
    pass


def scenario(vendors="openai", **named):
    """Registers a function(world) for every vendor named."""
    def register(function):
        for vendor in vendors.split():
            SCENARIOS.append((vendor, function.__name__.replace("_", "-"), function, named))
        return function
    return register


def add(vendor, name, function, **named):
    SCENARIOS.append((vendor, name, function, named))


ALL = "openai anthropic google mistral together groq"
OPENAI_FAMILY = "openai together groq"
FILE_BASED = "openai google mistral together groq"


def want(condition, text):
    if not condition:
        raise Failure(text)


class Done:
    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError:
            raise Failure("stdout is not one JSON value: %r" % self.out[:300]) from None

    def __repr__(self):
        return "exit %s, stdout %r, stderr %r" % (self.code, self.out[-300:], self.err[-700:])


class World:
    """One scenario: its directory, its simulator, and the program."""

    def __init__(self, program, vendor, make_sim=True):
        self.program, self.vendor = program, vendor
        self.dir = tempfile.mkdtemp(prefix="scenario-")
        self.state, self.input, self.output = (os.path.join(self.dir, n) for n in ("state", "in.jsonl", "out.jsonl"))
        self.sim = SIMS[vendor]() if make_sim and vendor in SIMS else None
        self.env = {name: value for name, value in os.environ.items()
                    if name not in KEY_VARIABLES and not name.lower().endswith("_proxy")
                    and not name.endswith("_BASE_URL")}
        self.env.update(HOME=self.dir, NO_COLOR="1")
        if self.sim:
            self.env[self.sim.key_variable] = KEY
            self.sim.kill = self.kill_now
        self.ids, self.texts = [], {}
        self.process = None
        self.started = threading.Event()
        self.spoken = []
        self.may_pay_twice = False
        self.may_leave = False
        self.die_at_step = ""  # what to preload so that the program dies at a chosen moment
        self.sanitized = False  # the program is a sanitizer's: several times slower and larger

    # ---- input ----

    def request(self, custom_id, text=None, **more):
        value = {"custom_id": custom_id, "model": MODELS[self.vendor],
                 "messages": [{"role": "user", "content": [{"type": "text", "text": text or "q-" + custom_id}]}]}
        value.update(more)
        return value

    def write(self, count=8, ids=None):
        self.ids = ids or ["r%d" % i for i in range(count)]
        with open(self.input, "w", encoding="utf-8") as file:
            for custom_id in self.ids:
                file.write(json.dumps(self.request(custom_id), ensure_ascii=False) + "\n")

    def write_lines(self, data):
        with open(self.input, "wb") as file:
            file.write(data)

    # ---- the program ----

    def command(self, *words, timeout=None, poll="20ms", settle="300ms", fast=True):
        """Adds the options every verb here is called with."""
        verb = words[0]
        line = [self.program, *words, "--state-dir", self.state]
        if verb in ("run", "submit", "attach"):
            line += ["--provider", self.vendor]
            if self.sim:
                line += ["--base-url", self.sim.base_url()]
        if verb in ("run", "submit", "watch", "resume", "results", "status", "cancel", "retry", "attach", "adopt"):
            line += ["--poll-interval", poll, "--settle", settle]
        if verb in ("run", "watch", "resume", "retry", "attach", "adopt"):
            line += ["--timeout", timeout or ("600s" if self.sanitized else "60s")]
        if fast:
            line += ["--set", "retry.base_ms=5", "--set", "retry.cap_ms=50"]
        return line

    def start(self, line, env=None, stdout=subprocess.PIPE):
        self.started.clear()
        process = subprocess.Popen(line, cwd=self.dir, env=dict(self.env, **(env or {})), stdin=subprocess.DEVNULL,
                                   stdout=stdout, stderr=subprocess.PIPE, preexec_fn=lambda: os.umask(0))
        self.process = process
        self.started.set()
        return process

    def finish_process(self, process, limit=90):
        began = time.monotonic()
        if self.sanitized:
            limit *= 10
        try:
            out, err = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise Failure("still running after %d s: %r" % (limit, err[-500:])) from None
        out = out or b""  # where it went elsewhere
        self.spoken += [out, err]
        return Done(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"),
                    time.monotonic() - began)

    def call(self, *words, env=None, limit=90, **options):
        return self.finish_process(self.start(self.command(*words, **options), env), limit)

    def plain(self, *words, env=None, limit=60):
        return self.finish_process(self.start([self.program, *words], env), limit)

    def run(self, *words, **options):
        return self.call("run", self.input, "-o", self.output, *words, **options)

    def kill_now(self):
        self.started.wait(5)
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    # ---- judging ----

    def rows(self, path=None):
        path = path or self.output
        want(os.path.exists(path), "OUT is absent")
        with open(path, "rb") as file:
            data = file.read()
        want(not data or data.endswith(b"\n"), "OUT does not end with a newline")
        rows = {}
        for line in data.split(b"\n")[:-1]:
            value = json.loads(line.decode("utf-8"))
            want(value["custom_id"] not in rows, "twice in OUT: %s" % value["custom_id"])
            rows[value["custom_id"]] = value
        return rows

    def check_out(self, expected=None, path=None):
        """Every custom_id once, with the status expected(id) names, and the right answer under the right id."""
        rows = self.rows(path)
        want(set(rows) == set(self.ids), "ids in OUT: missing %s, unknown %s" % (
            sorted(set(self.ids) - set(rows))[:5], sorted(set(rows) - set(self.ids))[:5]))
        for custom_id in self.ids:
            row, status = rows[custom_id], (expected or (lambda _: "succeeded"))(custom_id)
            want(row["status"] == status, "%s is %s, not %s: %s" % (custom_id, row["status"], status, str(row)[:300]))
            self.check_row(row, custom_id)
        return rows

    def check_row(self, row, custom_id):
        want(row.get("provider") == self.vendor, "provider: %r" % row.get("provider"))
        if row["status"] == "succeeded":
            text = "answer to " + self.texts.get(custom_id, "q-" + custom_id)
            want(row.get("text") == text, "%s: text %r" % (custom_id, row.get("text")))
            # The unified word, or the vendor's own: design.md and docs/format.md leave both open.
            want(str(row.get("finish_reason")).lower() in ("stop", "end_turn", "completed"),
                 "%s: finish_reason %r" % (custom_id, row.get("finish_reason")))
            usage = row.get("usage") or {}
            want(usage.get("input_tokens") == 22 and usage.get("output_tokens") == 3, "usage: %r" % usage)
            want(isinstance(row.get("response"), dict), "no response object")
            want(row.get("job_id") and row.get("batch_id"), "no job_id or batch_id: %s" % str(row)[:200])
            want(not row.get("error"), "a succeeded row with an error")
        else:
            error = row.get("error") or {}
            want(error.get("message") or error.get("type"), "%s: no reason in error: %s" % (custom_id, str(row)[:300]))

    def check_response_untouched(self):
        rows = self.rows()
        for batch in self.sim.own_batches():
            for row in batch.rows:
                answer = self.sim.answer_of(row)
                name = caller_id(row[0])
                want(rows[name]["response"] == answer, "response of %s differs: %s" % (
                    name, str(rows[name]["response"])[:300]))

    def code(self, done, *codes):
        want(done.code in codes, "exit %s, not %s: %r" % (done.code, "/".join(map(str, codes)), done))
        return done

    def check_always(self):
        """What holds at the end of every scenario, whatever happened in it."""
        if self.sim:
            want(not self.sim.violations, "violation: " + "; ".join(map(str, self.sim.violations[:3])))
            twice = [name for name, times in self.sim.paid().items() if times > 1]
            want(self.may_pay_twice or not twice, "paid twice: %s" % twice[:5])
        for text in self.spoken:
            want(KEY.encode() not in text, "the key is in what the program printed")
        self.check_files()

    def check_files(self):
        key, half = KEY.encode(), KEY.encode()[3:]
        for folder, _, names in os.walk(self.dir):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                if path.startswith(self.state):
                    with open(path, "rb") as file:
                        data = file.read(64 << 20)
                    want(key not in data and half not in data, "the key is in " + path)
                    mode = stat.S_IMODE(os.stat(path).st_mode)
                    want(mode == 0o600, "mode %o of %s" % (mode, path))
            if folder.startswith(self.state):
                want(stat.S_IMODE(os.stat(folder).st_mode) == 0o700, "mode of directory " + folder)
        beside = [n for n in os.listdir(self.dir) if n not in ("state", "in.jsonl", "out.jsonl", "bin", "extra")
                  and not n.startswith(("allowed", "."))]
        want(self.may_leave or not beside, "left behind: %s" % beside)

    def nothing_sent(self):
        want(not self.sim.calls, "calls were made: %s" % [call[0] for call in self.sim.calls][:5])

    def one_batch(self):
        want(len(self.sim.own_batches()) == 1, "%d batches at the vendor" % len(self.sim.own_batches()))

    def job_id(self):
        jobs = self.call("list", "--json").json()["jobs"]
        want(len(jobs) == 1, "%d jobs" % len(jobs))
        return jobs[0]["id"]

    def close(self, keep=False):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.sim:
            self.sim.close()
        if not keep:
            shutil.rmtree(self.dir, ignore_errors=True)
