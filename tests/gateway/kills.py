#!/usr/bin/env python3
"""The gateway dies while calls wait, and starts again on the same port: every client gets its own answer by its own retries,
and nothing is paid twice.

    kills.py --program BATCHROUTER [--die-at-step LIBRARY] [--steps N] [--rounds N] [--seed N]

--steps: it dies right after each of its first N durable steps (die_at_step.c). --rounds: that many times with several
kills at moments that the seed chooses."""
import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

PATIENCE_S = 90


class OpenAI:
    name, path = "openai", "/openai/v1/chat/completions"
    headers = {"authorization": "Bearer emulated"}

    @staticmethod
    def body(text):
        return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}

    @staticmethod
    def text(answer):
        return answer["choices"][0]["message"]["content"]


class Anthropic:
    name, path = "anthropic", "/anthropic/v1/messages"
    headers = {"x-api-key": "emulated", "anthropic-version": "2023-06-01"}

    @staticmethod
    def body(text):
        return {"model": "claude-haiku-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": text}]}

    @staticmethod
    def text(answer):
        return answer["content"][0]["text"]


class Emulator:
    def __init__(self, program, latency):
        self.process = subprocess.Popen([program, "emulate", "--ledger", "--latency", latency, "--speed", "1"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.urls = {}
        while not {"openai", "anthropic"} <= self.urls.keys():
            words = self.process.stdout.readline().split()
            if not words:
                sys.exit("the emulator does not start")
            if len(words) == 2:
                self.urls[words[0]] = words[1]

    def ledger(self):
        self.process.send_signal(signal.SIGTERM)
        lines = [line for line in self.process.communicate()[0].splitlines() if line.startswith("{")]
        return json.loads(lines[-1])


class Gateway:
    """One port and one state directory, through the deaths of its processes."""

    def __init__(self, program, urls, directory):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.line = [program, "gateway", "--listen", "127.0.0.1:%d" % self.port, "--state-dir", directory, "--window", "150ms",
                     "--poll-interval", "50ms", "--settle", "300ms", "--max-requests", "20"]
        for vendor, url in urls.items():
            if vendor in ("openai", "anthropic"):
                self.line += ["--base-url", "%s=%s" % (vendor, url)]
        self.process = None

    def start(self, **environment):
        kept = {name: value for name, value in os.environ.items() if not name.endswith(("_BASE_URL", "_API_KEY"))}
        self.process = subprocess.Popen(self.line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**kept, **environment})

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()


def ask(vendor, port, text, end, answers):
    request = urllib.request.Request("http://127.0.0.1:%d%s" % (port, vendor.path), json.dumps(vendor.body(text)).encode(),
                                     {"content-type": "application/json", **vendor.headers})
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
                answers[text] = vendor.text(json.load(response))
                return
        except urllib.error.HTTPError as error:
            if error.code != 503:
                answers[text] = "HTTP %d" % error.code
                return
        except (OSError, ValueError):  # cut off: not there yet, or killed in the middle
            pass
        time.sleep(0.1)


def play(program, vendor, calls, latency, kill):
    """What went wrong; empty: nothing."""
    directory = tempfile.mkdtemp(prefix="gateway-kills-")
    emulator = Emulator(program, latency)
    gateway = Gateway(program, emulator.urls, os.path.join(directory, "state"))
    answers, end = {}, time.monotonic() + PATIENCE_S
    texts = ["question %d" % i for i in range(calls)]
    clients = [threading.Thread(target=ask, args=(vendor, gateway.port, text, end, answers)) for text in texts]
    kill(gateway, clients, answers)
    for client in clients:
        client.join()
    gateway.stop()
    ledger = emulator.ledger()
    shutil.rmtree(directory)
    wrong = [text for text in texts if text not in answers.get(text, "")]
    if wrong:
        return "%d of %d calls have not their own answer: %s: %s" % (len(wrong), calls, wrong[0], answers.get(wrong[0]))
    if ledger["requests_billed"] != calls:
        return "%d calls were paid for, not %d" % (ledger["requests_billed"], calls)
    return ""


def at_step(step, library):
    def kill(gateway, clients, answers):
        gateway.start(DIE_AT_STEP=str(step), LD_PRELOAD=library)
        for client in clients:
            client.start()
        while gateway.process.poll() is None and len(answers) < len(clients):
            time.sleep(0.01)
        if gateway.process.poll() is not None:
            gateway.start()
    return kill


def at_random(seed, kills=4):
    def kill(gateway, clients, _answers):
        chance = random.Random(seed)
        gateway.start()
        for client in clients:
            client.start()
            time.sleep(chance.random() * 0.02)
        for _ in range(kills):
            time.sleep(chance.random() * 1.2)
            gateway.kill()
            time.sleep(chance.random() * 0.2)
            gateway.start()
    return kill


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--die-at-step", default="")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failed = 0
    for vendor in (OpenAI, Anthropic):
        plays = [("step %d" % step, 4, "500ms", at_step(step, options.die_at_step))
                 for step in range(1, options.steps + 1)]
        plays += [("seed %d" % seed, 40, "4s", at_random(seed))
                  for seed in range(options.seed, options.seed + options.rounds)]
        for name, calls, latency, kill in plays:
            wrong = play(options.program, vendor, calls, latency, kill)
            failed += bool(wrong)
            print("%s %s: %s" % (vendor.name, name, wrong or "ok"), flush=True)
    sys.exit(1 if failed else 0)


main()
