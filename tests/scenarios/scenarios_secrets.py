"""Never tell: addresses that get no key, keys that a vendor sends back, and what reaches a terminal."""
import base64
import contextlib
import json
import os
import pty
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
def remembered_address_and_adopt(world):
    world.write(4)
    world.sim.faults += [Fault("create", "reset", "after"), Fault("list", "503", times=10 ** 9)]
    world.code(world.run(timeout="300ms"), 5, 8)
    world.sim.faults.clear()
    (batch,), calls, job = world.sim.own_batches(), len(world.sim.calls), world.job_id()
    foreign_key(world)
    done = world.code(world.call("adopt", job, batch.id), 4)
    want(world.sim.base_url() in done.err, "the address is not named: %r" % done.err)
    want(len(world.sim.calls) == calls, "the key went to an address that nobody confirmed")
    world.code(world.call("adopt", job, batch.id, "--base-url", world.sim.base_url()), 0)
    world.check_out()


@scenario(ROUTES)
def remembered_address_and_refetch(world):
    world.write(4)
    world.sim.rewrite["content"] = lambda request, response: Response(404, world.sim.error_body(404))
    world.code(world.run(), 3)
    world.sim.rewrite.clear()
    calls, job = len(world.sim.calls), world.job_id()
    foreign_key(world)
    done = world.code(world.call("results", job, "--refetch"), 4)
    want(world.sim.base_url() in done.err, "the address is not named: %r" % done.err)
    want(len(world.sim.calls) == calls, "the key went to an address that nobody confirmed")
    world.code(world.call("results", job, "--refetch", "--base-url", world.sim.base_url()), 0)
    world.check_out()


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

FORMS = {"plain": KEY, "base64": base64.b64encode(KEY.encode()).decode().rstrip("="),
         "base64-of-user-and-key": base64.b64encode(("user:" + KEY).encode()).decode().rstrip("=")[8:],
         "half": KEY[3:]}


def echo(call, status):
    text = " ".join([KEY, "Bearer " + KEY, FORMS["base64"],
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


def key_encoded(world, form):
    """Forms that encoders give it which leave nothing but letters and digits alone, or not even those."""
    world.write(4)
    world.sim.faults.append(Fault("create", "body", status=400, body=dump(
        {"error": {"message": "bad key " + form, "type": "invalid_request_error", "code": None, "param": None}})))
    world.run()
    want(b"bad key" in b"".join(world.spoken), "the reason is not told")
    want(form.encode() not in b"".join(world.spoken), "the key is in what the program printed")


for label, encoded in (("percent", KEY.replace("-", "%2D")), ("percent-small", KEY.replace("-", "%2d")),
                       ("html", KEY.replace("-", "&#45;")), ("json", KEY.replace("-", "\\u002d")),
                       ("percent-of-each-letter", "".join("%%%02X" % ord(letter) for letter in KEY))):
    add("openai", "key-echoed-as-" + label, key_encoded, form=encoded)


@scenario(ROUTES)
def key_echoed_in_rows(world):
    def mangle(kind, lines):
        return [line.replace(b"answer to q-r1", ("answer to %s %s" % (KEY, FORMS["base64"])).encode()).replace(
            b"no good", ("no good " + KEY).encode()) for line in lines]
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
                  ("watch", job)):
        world.call(*words, timeout="2s")
    quiet(world)


@scenario(ROUTES)
def control_characters_in_rows_are_shown(world):
    world.write(3)
    mark = json.dumps(ESCAPES).encode()[1:-1]
    world.sim.scripts = [Script(outcome=lambda index, row: "error",
                                mangle=lambda kind, lines: [line.replace(b"no good", mark) for line in lines])]
    world.code(world.run(), 3)
    world.call("retry", world.job_id(), "-o", world.output, timeout="1s")
    world.may_pay_twice = True
    quiet(world)


@scenario("openai anthropic")
def control_characters_of_results_on_a_terminal(world):
    """Where standard output is a terminal; a pipe or file gets what the vendor sent."""
    mark = json.dumps(ESCAPES, ensure_ascii=False).encode()[1:-1]
    world.write(3)
    world.sim.scripts = [Script(mangle=lambda kind, lines: [line.replace(b"answer to", mark) for line in lines])]
    world.code(world.run(), 0)
    mine, its = pty.openpty()
    process = world.start(world.command("results", world.job_id()), stdout=its)
    os.close(its)
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while piece := os.read(mine, 65536):
            shown += piece
    os.close(mine)
    world.code(world.finish_process(process), 0)
    want(b'"r2"' in shown, "no results: %r" % shown[:200])
    world.spoken.append(shown)
    quiet(world)
