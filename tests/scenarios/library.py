#!/usr/bin/env python3
"""Calls of the shared library, for what the program has no word for: several threads, cursors, acknowledgements.

A Library is a process of its own that loads the library and does what it is told, one JSON line each; each call runs
on a thread, so that calls can be left waiting and a crash or a hang is seen from outside.
"""
import ctypes
import glob
import json
import os
import queue
import signal
import subprocess
import sys
import threading

ANSWERS = ("br_status_name br_error_message br_job_id br_job_json br_job_error_message br_result_custom_id "
           "br_result_text br_result_json").split()
WRITE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.POINTER(ctypes.c_char), ctypes.c_size_t)
POINTER = ctypes.c_void_p


def beside(program):
    """The shared library that was built or installed with the program; "" if there is none."""
    folder = os.path.dirname(os.path.realpath(program))
    for place in (folder, os.path.dirname(folder), os.path.join(folder, "..", "lib")):
        found = sorted(glob.glob(os.path.join(place, "libbatchrouter.so.0")))
        if found:
            return found[0]
    return ""


# ---- the side of the scenarios ----

class Library:
    """A router on the world's state directory, in a process of its own."""

    def __init__(self, world, path, **settings):
        self.world, self.next, self.answers, self.lock = world, 0, {}, threading.Lock()
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), path], cwd=world.dir, env=world.env,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        preexec_fn=lambda: os.umask(0))
        threading.Thread(target=self._read, daemon=True).start()
        chosen = {"state_dir": world.state, "poll.interval_ms": "20", "submit.settle_ms": "300", "retry.base_ms": "5",
                  "retry.cap_ms": "50", "delivery.ack_interval_ms": "20"}
        if world.sim:
            chosen[world.vendor + ".base_url"] = world.sim.base_url()
        chosen.update({name.replace("__", "."): value for name, value in settings.items()})
        self.call("open", chosen)

    def _read(self):
        for line in self.process.stdout:
            number, answer = json.loads(line)
            self.world.spoken.append(line)
            self.answers[number].put(answer)
        for waiting in list(self.answers.values()):
            waiting.put({"status": "the process died"})

    def begin(self, name, *words):
        """Starts a call; what comes back waits for its answer."""
        with self.lock:
            self.next += 1
            waiting = self.answers[self.next] = queue.Queue()
            try:
                self.process.stdin.write(json.dumps([self.next, name, words]).encode() + b"\n")
                self.process.stdin.flush()
            except OSError:
                waiting.put({"status": "the process died"})
        return waiting

    def call(self, name, *words, seconds=30):
        return self.wait(self.begin(name, *words), seconds)

    def wait(self, waiting, seconds=30):
        try:
            return waiting.get(timeout=seconds)
        except queue.Empty:
            return {"status": "it never returned"}

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.call("close", seconds=10)
        self.kill()


# ---- the side of the library ----

class Server:
    def __init__(self, path):
        self.lib, self.router, self.cursors = ctypes.CDLL(path), POINTER(), {}
        for name in ANSWERS:
            getattr(self.lib, name).restype = ctypes.c_char_p
        for name in ("br_config_new", "br_batch_new"):
            getattr(self.lib, name).restype = POINTER
        self.lock = threading.Lock()

    def said(self, status, error, **more):
        name = self.lib.br_status_name(status).decode()
        text = self.lib.br_error_message(error) if error else None
        return dict(more, status=name, error=(text or b"").decode())

    def ask(self, name, *words, **more):
        """A call whose last parameter is the error."""
        error = POINTER()
        return self.said(getattr(self.lib, name)(*words, ctypes.byref(error)), error, **more)

    def job(self, job_id):
        handle, error = POINTER(), POINTER()
        status = self.lib.br_job_open(self.router, job_id.encode(), ctypes.byref(handle), ctypes.byref(error))
        if status < 0:
            raise ValueError(self.said(status, error))
        return handle

    def open(self, settings):
        config = POINTER(self.lib.br_config_new())
        for name, value in settings.items():
            if self.lib.br_config_set(config, name.encode(), value.encode(), None):
                raise ValueError("setting " + name)
        return self.ask("br_router_new", config, ctypes.byref(self.router))

    def close(self):
        return self.ask("br_router_close", self.router, ctypes.c_int64(2000))

    def submit(self, provider, lines, settings):
        batch, handle, error = POINTER(self.lib.br_batch_new(provider.encode())), POINTER(), POINTER()
        for name, value in settings.items():
            self.lib.br_batch_set(batch, name.encode(), value.encode(), None)
        for line in lines:
            self.lib.br_batch_add_jsonl(batch, line.encode(), ctypes.c_size_t(len(line.encode())), None)
        status = self.lib.br_submit(self.router, batch, None, None, None, ctypes.byref(handle), ctypes.byref(error))
        return self.said(status, error, job=self.lib.br_job_id(handle).decode() if handle else "")

    def submit_and_die(self, provider, lines, settings):
        """Killed as soon as the job is on the disk, before anything of it begins."""
        self.submit(provider, lines, settings)
        os.kill(os.getpid(), signal.SIGKILL)

    def wait_submitted(self, job_id, milliseconds):
        return self.ask("br_job_wait_submitted", self.job(job_id), ctypes.c_int64(milliseconds))

    def wait(self, job_id, milliseconds):
        return self.ask("br_job_wait", self.job(job_id), ctypes.c_int64(milliseconds))

    def cancel(self, job_id):
        return self.ask("br_cancel", self.job(job_id), ctypes.c_int64(5000), None)

    def ack_all(self, job_id):
        return self.ask("br_job_ack_all", self.job(job_id))

    def refetch(self, job_id, milliseconds):
        changed = ctypes.c_int64()
        answer = self.ask("br_job_refetch", self.job(job_id), ctypes.c_int64(milliseconds), ctypes.byref(changed))
        return dict(answer, changed=changed.value)

    def take(self, job_id, calls):
        """br_next_results so often, until the end, or "" for the results of all jobs."""
        rows, told = [], []
        out, count = (POINTER * 256)(), ctypes.c_size_t()
        job = self.job(job_id) if job_id else None
        for _ in range(calls):
            answer = self.ask("br_next_results", self.router, job, ctypes.c_int64(200), out, ctypes.c_size_t(256),
                              ctypes.byref(count))
            told.append(answer["status"])
            if answer["status"] == "BR_OK":
                rows += [self.row(POINTER(out[index])) for index in range(count.value)]
            elif answer["status"] == "BR_END":
                break
        return {"status": told[-1], "rows": rows, "told": told}

    def row(self, result):
        row = {"id": self.lib.br_result_custom_id(result, None).decode(),
               "text": (self.lib.br_result_text(result, None) or b"").decode(),
               "again": self.lib.br_result_redelivered(result)}
        self.lib.br_result_free(result)
        return row

    def cursor(self, job_id, name, order):
        cursor = POINTER()
        answer = self.ask("br_results_open", self.job(job_id), ctypes.byref(cursor))
        if answer["status"] == "BR_OK" and order:
            answer = self.ask("br_results_set_order", cursor, ctypes.c_int32(order))
        self.cursors[name] = cursor
        return answer

    def drain(self, name):
        lines = []

        def write(_, data, length):
            lines.append(ctypes.string_at(data, length).decode())
            return 0
        answer = self.ask("br_results_write", self.cursors[name], WRITE(write), None, None, None)
        return dict(answer, rows=[json.loads(line) for line in "".join(lines).split("\n") if line])

    def at_once(self, calls):
        """Several calls of attach or adopt that start in one moment."""
        gate, answers = threading.Barrier(len(calls)), [None] * len(calls)

        def one(index, name, words):
            try:
                answers[index] = getattr(self, name)(gate, *words)
            except Exception as problem:  # so that the others are answered
                answers[index] = {"status": "broke: %r" % problem}
        threads = [threading.Thread(target=one, args=(index, *call)) for index, call in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"status": "BR_OK", "answers": answers}

    def attach(self, gate, provider, batch_id):
        handle, error = POINTER(), POINTER()
        gate.wait()
        status = self.lib.br_attach(self.router, provider.encode(), batch_id.encode(), ctypes.byref(handle),
                                    ctypes.byref(error))
        return self.said(status, error, job=self.lib.br_job_id(handle).decode() if handle else "")

    def adopt(self, gate, job_id, batch_id):
        job = self.job(job_id)
        gate.wait()
        return self.ask("br_job_adopt", job, ctypes.c_int32(0), batch_id.encode())

    def serve(self):
        for line in sys.stdin:
            number, name, words = json.loads(line)
            threading.Thread(target=self.answer, args=(number, name, words), daemon=True).start()

    def answer(self, number, name, words):
        try:
            answer = getattr(self, name)(*words)
        except Exception as problem:  # the scenario is to see it
            answer = {"status": "broke: %r" % problem}
        with self.lock:
            print(json.dumps([number, answer]), flush=True)


if __name__ == "__main__":
    Server(sys.argv[1]).serve()
