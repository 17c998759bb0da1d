"""Never crash, never grow, never tell: addresses that get no key, secrets that come back, slow and hostile answers."""
import base64
import json
import os
import signal
import threading
import urllib.parse

from harness import ALL, Fault, Script, add, scenario, want
from sim_base import KEY, Response, dump
from sim_tenants import ROTATED_KEY, Projects

ROUTES = "openai anthropic mistral together groq"


# ---- a remembered address ----

def failed_job(world, phases=("completed",)):
    world.write(4)
    world.sim.scripts = [Script(phases=phases, outcome=lambda index, row: "error" if index == 1 else "ok"), Script()]


def foreign_key(world):
    """Whoever gives the next command has a key of their own, and never named this address."""
    world.sim.projects = Projects()
    world.sim.projects.of_key[ROTATED_KEY] = "main"
    world.env[world.sim.key_variable] = ROTATED_KEY


def remembered_address(world, words, phases, yes):
    """No call leaves before the address is confirmed; the message names it."""
    failed_job(world, phases)
    world.may_pay_twice = True  # a retry asks for one row again
    ended = phases[-1] == "completed"
    world.code(world.run(timeout="60s" if ended else "300ms"), 3 if ended else 8)
    job, calls = world.job_id(), len(world.sim.calls)
    foreign_key(world)
    words = [job if word == "JOB" else word for word in words]
    done = world.code(world.call(*words), 4)
    want(world.sim.base_url() in done.err and "--base-url" in done.err, "stderr: %r" % done.err)
    want(len(world.sim.calls) == calls, "the key went to %s" % [call[0] for call in world.sim.calls[calls:]][:5])
    world.sim.own_batches()[0].script.phases = ["completed"]
    world.code(world.call(*words, "--base-url", world.sim.base_url()), *yes)
    want(len(world.sim.calls) > calls, "nothing was asked though the address was confirmed")


RUNNING, ENDED = ("validating", "in_progress"), ("completed",)
for vendor in ALL.split():
    for label, words, phases, yes in (
            ("status", ("status", "JOB"), RUNNING, (0,)), ("resume", ("resume", "JOB"), RUNNING, (3,)),
            ("cancel", ("cancel", "JOB"), RUNNING, (0, 3)), ("results", ("results", "JOB"), RUNNING, (3, 8)),
            ("watch", ("watch", "JOB"), RUNNING, (3,)), ("retry", ("retry", "JOB"), ENDED, (0,))):
        add(vendor, "remembered-address-and-a-foreign-key-" + label, remembered_address, words=words, phases=phases,
            yes=yes)


@scenario(ALL)
def remembered_address_and_resume_of_all(world):
    failed_job(world, RUNNING)
    world.code(world.run(timeout="300ms"), 8)
    calls = len(world.sim.calls)
    foreign_key(world)
    done = world.code(world.call("resume"), 4)
    want(world.sim.base_url() in done.err, "the address is not named: %r" % done.err)
    want(len(world.sim.calls) == calls, "the key went to an address that nobody confirmed")


# ---- secrets that come back ----

FORMS = {"plain": KEY, "percent": "".join("%%%02x" % ord(letter) for letter in KEY),
         "percent-upper": "".join("%%%02X" % ord(letter) for letter in KEY),
         "base64": base64.b64encode(KEY.encode()).decode().rstrip("="),
         "base64-of-user-and-key": base64.b64encode(("user:" + KEY).encode()).decode().rstrip("=")[8:],
         "half": KEY[3:]}


def echo(call, status):
    text = " ".join([KEY, "Bearer " + KEY, FORMS["percent"], FORMS["percent-upper"], FORMS["base64"],
                     base64.b64encode(("user:" + KEY).encode()).decode(), urllib.parse.quote("key=" + KEY)])
    value = {"error": {"message": "bad key " + text, "type": "invalid_request_error", "code": "400", "param": text,
                       "status": "INVALID_ARGUMENT"}, "message": text, "object": "error", "type": "error"}
    return Fault(call, "body", status=status, body=dump(value), headers={"x-echo": KEY, "x-request-id-2": text})


def nowhere(world):
    for name, form in FORMS.items():
        for text in world.spoken:
            want(form.encode() not in text, "the key (%s) is in what the program printed" % name)
        for folder, _, names in os.walk(world.dir):
            for file in names:
                with open(os.path.join(folder, file), "rb") as held:
                    want(form.encode() not in held.read(), "the key (%s) is in %s" % (name, file))


def echoed(world, call, status):
    """The key in an error text reaches no file and no terminal."""
    world.write(4)
    call = world.sim.upload_calls[0] if call == "upload" else call
    world.sim.scripts = [Script(phases=("validating", "in_progress") if call == "cancel" else ("completed",))]
    world.sim.faults.append(echo(call, status))
    if call == "list":
        world.sim.faults.append(Fault("create", "reset", "after"))
    world.run("-vv", timeout="2s" if call != "cancel" else "300ms")
    if world.sim.own_batches():
        job = world.job_id()
        if call == "cancel":
            world.call("cancel", job)
        for verb in ("status", "list", "results"):
            world.call(*((verb, job) if verb != "list" else (verb,)), "--json")
    want(world.sim.faults[0].times == 0, "that call was never made")
    nowhere(world)


for vendor in ALL.split():
    for step in ("upload", "create", "poll", "content", "list", "cancel"):
        if (step, vendor) in (("upload", "anthropic"), ("upload", "google"), ("content", "google")):
            continue
        for number in (400, 500):
            add(vendor, "key-echoed-by-%s-with-%d" % (step, number), echoed, call=step, status=number)


@scenario(ROUTES)
def key_echoed_in_rows(world):
    def mangle(kind, lines):
        return [line.replace(b"answer to q-r1", ("answer to %s %s" % (KEY, FORMS["base64"])).encode()).replace(
            b"no good", ("no good " + FORMS["percent"]).encode()) for line in lines]
    world.write(4)
    world.sim.scripts = [Script(mangle=mangle, outcome=lambda index, row: "error" if index == 2 else "ok")]
    world.code(world.run(), 3)
    want(set(world.rows()) == set(world.ids), "ids in OUT")
    nowhere(world)


# ---- terminals ----

ESCAPES = "\x1b]0;owned\x07\x1b[31m\x9b2J\x7f\u202e"


def quiet(world):
    for text in world.spoken:
        for mark in (b"\x1b", b"\x07", b"\x7f", "\x9b".encode(), "\u202e".encode()):
            want(mark not in text, "a control character reached the terminal: %r" % text[:300])


@scenario(ALL)
def control_characters_of_a_vendor_are_shown(world):
    """In status words, reasons, rows' errors and error bodies."""
    world.write(4)
    words = {"in_progress": "in_progress" + ESCAPES}
    world.sim.scripts = [Script(phases=("in_progress", "in_progress", "in_progress", "failed"), words=words,
                                errors=[{"code": "bad" + ESCAPES, "message": "because " + ESCAPES, "param": None,
                                         "line": 1}])]
    world.sim.faults += [Fault("poll", "body", skip=1, status=400, body=dump(
        {"error": {"message": ESCAPES, "type": ESCAPES, "code": ESCAPES}, "message": ESCAPES})),
                         Fault("poll", "body", skip=1, status=500, body=ESCAPES.encode() + b"<html>")]
    world.run("--name", "n", timeout="5s")
    job = world.job_id()
    for words in (("status", job), ("status", job, "--json"), ("list",), ("list", "--json"), ("resume",),
                  ("results", job), ("watch", job)):
        world.call(*words, timeout="2s")
    quiet(world)


@scenario(ROUTES)
def control_characters_in_rows_are_shown(world):
    world.write(3)
    mark = json.dumps(ESCAPES).encode()[1:-1]
    world.sim.scripts = [Script(outcome=lambda index, row: "error",
                                mangle=lambda kind, lines: [line.replace(b"no good", mark) for line in lines])]
    world.code(world.run(), 3)
    world.call("results", world.job_id())
    world.call("retry", world.job_id(), timeout="1s")
    world.may_pay_twice = True
    quiet(world)


# ---- slow, deep, large ----

def trickle(world, call):
    """Two bytes now and then are broken off and tried again; a create that was broken off is looked for."""
    world.write(4)
    call = world.sim.upload_calls[0] if call == "upload" else call
    stop, slow = threading.Event(), [True]

    def rewrite(request, response):
        if slow[0]:
            slow[0] = False
            response.body = bytes(response.body) + b" " * 4000
            response.drip = (2, stop, 0.05)
        return response
    world.sim.rewrite[call] = rewrite
    done = world.run("--set", "http.stall_timeout_ms=1000", timeout="30s")
    stop.set()
    world.code(done, 0)
    world.check_out()
    world.one_batch()
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))
    want(world.sim.count(call) >= 2 or call == "create", "it was not tried again")
    want(done.seconds < 15, "took %.1f s" % done.seconds)


for vendor in ALL.split():
    for step in ("upload", "create", "poll", "content"):
        if (step, vendor) not in (("upload", "anthropic"), ("upload", "google"), ("content", "google")):
            add(vendor, "two-bytes-now-and-then-at-" + step, trickle, call=step)


@scenario(ALL)
def a_control_answer_of_great_depth_is_no_answer(world):
    world.write(3)
    deep = b"[" * 200_000 + b"]" * 200_000
    body = b'{"id":"x","status":"completed","deep":' + deep + b"}"
    world.sim.faults.append(Fault("poll", "body", body=body))
    world.code(world.run(), 0)
    world.check_out()


# ---- files ----

@scenario(ALL)
def audit_files_of_two_jobs_of_one_name(world):
    folder, kept = os.path.join(world.state, "generated", world.vendor), {}
    for turn in ("first", "second"):
        world.write(ids=["%s-%d" % (turn, n) for n in range(3)])
        world.code(world.run("--name", "nightly"), 0)
        world.check_out()
        files = {name: open(os.path.join(folder, name), "rb").read() for name in os.listdir(folder)}
        want(all(files.get(name) == data for name, data in kept.items()), "the first job's files were changed")
        kept = files
    want(len(kept) == 8, "audit files: %s" % sorted(kept))


def file_size_limit(world, blocks):
    """The system's limit of file size ends in a sentence; with a higher one the job goes on."""
    world.write(400)
    line = ["sh", "-c", "ulimit -f %d; exec \"$@\"" % blocks, "sh", *world.command("run", world.input, "-o",
                                                                                world.output, timeout="5s")]
    done = world.finish_process(world.start(line))
    want(done.code in (0, 1, 10), "%r" % done)
    want(done.err.strip(), "not a word")
    if done.code:
        want(not os.path.exists(world.output), "OUT is there")
        world.code(world.run(), 0)
    world.check_out()
    world.one_batch()


for vendor in ("openai", "anthropic"):
    for number in (1, 16, 60, 100, 160, 250, 400, 800):
        add(vendor, "file-size-limit-of-%d-blocks" % number, file_size_limit, blocks=number)
