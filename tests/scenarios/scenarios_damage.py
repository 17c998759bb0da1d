"""State that is damaged; queues of vendors that are full; uploads whose answer is lost."""
import glob
import json
import os

from harness import Fault, Script, add, scenario, want
from sim_base import Response

QUEUES = {"a-limit-of-requests": {"code": "request_limit_exceeded", "message": "Enqueued request limit reached for "
                                  "gpt-4o-mini. Limit: 5 requests. Please try again."},
          "no-code": {"code": None, "message": "Enqueued token limit reached for gpt-4o-mini in organization x. Limit: "
                      "90,000 enqueued tokens. Please try again once some in_progress batches have been completed."},
          "empty-code": {"code": "", "message": "Enqueued token limit reached for gpt-4o-mini."}}


def lines_of(data):
    return data.split(b"\n")[:-1]


def joined(lines):
    return b"".join(line + b"\n" for line in lines)


DAMAGES = {"empty": lambda data: b"", "bare-line": lambda data: data.replace(b'"', b"", 2),
           "line-lost": lambda data: joined(lines_of(data)[:2] + lines_of(data)[3:]),
           "line-twice": lambda data: joined([lines_of(data)[0], *lines_of(data)]),
           "lines-swapped": lambda data: joined([lines_of(data)[1], lines_of(data)[0], *lines_of(data)[2:]]),
           "one-letter": lambda data: data.replace(b"r1", b"r9", 1), "half": lambda data: data[:len(data) // 2],
           "zeros": lambda data: b"\0" * len(data), "no-end": lambda data: joined(lines_of(data)[:-1]),
           "not-utf-8": lambda data: data.replace(b"r1", b"\xff\xfe", 1),
           "more": lambda data: data + b'"stranger"\n', "one-long-line": lambda data: b'"' + b"x" * (3 << 20)}


def damaged(world, file, damage):
    """Rebuilt, or an error that names the file; never a signal, a hang or fewer rows."""
    world.write(6)
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    world.code(world.call("submit", world.input, "-o", world.output), 0)
    (path,) = glob.glob(os.path.join(world.state, "spool", "*", file))
    with open(path, "rb") as held:
        data = held.read()
    if damage is None:
        os.remove(path)
    else:
        with open(path, "wb") as held:
            held.write(damage(data))
    world.sim.own_batches()[0].script.phases = ["completed"]
    done = world.call("resume", limit=30)
    want(done.code in (0, 1, 10), "%r" % done)
    if done.code == 0:
        world.check_out()
    else:
        want(file in done.err, "the file is not named: %r" % done.err)
        want(not os.path.exists(world.output), "OUT is there")
        with open(path, "wb") as held:
            held.write(data)
        os.chmod(path, 0o600)
        world.code(world.call("resume"), 0)
        world.check_out()
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))


for vendor in ("openai", "anthropic"):
    for label, how in DAMAGES.items():
        add(vendor, "ids-file-damaged-" + label, damaged, file="p0.ids.jsonl", damage=how)
    add(vendor, "ids-file-damaged-gone", damaged, file="p0.ids.jsonl", damage=None)


RESULT_DAMAGES = {"one-letter": lambda data: data.replace(b"answer to q-r1", b"answer to q-r9", 1),
                  "status": lambda data: data.replace(b"succeeded", b"errored", 1), "empty": lambda data: b"",
                  "line-lost": DAMAGES["line-lost"], "no-end": DAMAGES["no-end"], "gone": None}


def results_damaged(world, damage, rows_are_here):
    """Never handed out; built anew from the vendor's rows on the disk, or from the vendor."""
    world.write(6)
    world.code(world.run(), 0)
    good = world.rows()
    (path,) = glob.glob(os.path.join(world.state, "spool", "*", "p0.results.jsonl"))
    with open(path, "rb") as held:
        data = held.read()
    os.remove(path)
    if damage is not None:
        with open(path, "wb") as held:
            held.write(damage(data))
        os.chmod(path, 0o600)
    if not rows_are_here:
        os.remove(path.replace("results", "output"))
    downloads = world.sim.count("content")
    os.remove(world.output)
    done = world.code(world.call("results", world.job_id(), "-o", world.output), 10)
    want("p0.results.jsonl" in done.err and "--refetch" in done.err, "file and cure: %r" % done.err)
    want(not os.path.exists(world.output), "OUT is there")
    world.code(world.call("results", world.job_id(), "--refetch"), 0)
    world.check_out()
    want(world.rows() == good, "other results: %s" % str(world.rows())[:300])
    want((world.sim.count("content") == downloads) == rows_are_here, "%d downloads" % world.sim.count("content"))
    world.code(world.call("results", world.job_id(), "-o", world.output), 0)
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))


for vendor in "openai anthropic mistral together groq google".split():
    for label, how in RESULT_DAMAGES.items():
        add(vendor, "results-file-damaged-" + label, results_damaged, damage=how, rows_are_here=True)
        add(vendor, "results-file-damaged-and-rows-gone-" + label, results_damaged, damage=how, rows_are_here=False)


@scenario("openai anthropic mistral")
def damaged_results_are_not_replaced_by_fewer(world):
    """The vendor has dropped its files: what succeeded once is not given up for it."""
    world.write(4)
    world.code(world.run(), 0)
    (path,) = glob.glob(os.path.join(world.state, "spool", "*", "p0.results.jsonl"))
    with open(path, "rb") as held:
        data = held.read()
    with open(path, "wb") as held:
        held.write(data[:-20])
    os.remove(path.replace("results", "output"))
    world.sim.rewrite["content"] = lambda request, response: Response(404, world.sim.error_body(404))
    done = world.call("results", world.job_id(), "--refetch")
    want(done.code in (5, 6, 10), "%r" % done)
    with open(path, "wb") as held:
        held.write(data)
    world.code(world.call("results", world.job_id(), "-o", world.output), 0)
    world.check_out()


def requests_damaged(world, damage):
    """What is sent is what was planned, or nothing."""
    world.write(6)
    world.sim.faults.append(Fault(world.sim.upload_calls[0], "401"))
    world.code(world.run(), 4)
    (path,) = glob.glob(os.path.join(world.state, "spool", "*", "p0.requests.jsonl"))
    with open(path, "rb") as held:
        data = held.read()
    with open(path, "wb") as held:
        held.write(damage(data))
    done = world.code(world.call("resume"), 10)
    want("p0.requests.jsonl" in done.err, "the file is not named: %r" % done.err)
    want(world.sim.count("create") == 0, "damaged requests were sent")
    with open(path, "wb") as held:
        held.write(data)
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()


for label, how in (("empty", lambda data: b""), ("one-letter", lambda data: data.replace(b"q-r2", b"q-r7", 1)),
                   ("line-lost", lambda data: joined(lines_of(data)[1:])),
                   ("half", lambda data: data[:len(data) // 2])):
    add("openai", "requests-file-damaged-" + label, requests_damaged, damage=how)


@scenario("openai anthropic")
def a_database_that_forgot_the_job_finds_it_again(world):
    """The database is gone, and what is in the spool tells which job there was."""
    world.write(5)
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    world.code(world.run(timeout="300ms"), 8)
    for path in glob.glob(os.path.join(world.state, "state.db*")):
        os.remove(path)
    world.sim.own_batches()[0].script.phases = ["completed"]
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))


def log_damaged(world, part, how):
    """The end of the write-ahead log is lost or flipped after a kill: nothing is paid twice, no job is lost."""
    world.write(5)
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    world.sim.faults.append(Fault("poll", "kill", skip=1))
    world.run()
    path = os.path.join(world.state, "state.db-wal")
    with open(path, "rb") as held:
        data = bytearray(held.read())
    at = int(len(data) * part)
    if how == "cut":
        del data[at:]
    else:
        data[at] ^= 16
    with open(path, "wb") as held:
        held.write(data)
    world.sim.own_batches()[0].script.phases = ["completed"]
    world.sim.own_batches()[0].advance()
    done = world.call("resume")
    want(world.sim.count("create") == 1, "%d creates: %r" % (world.sim.count("create"), done))
    if done.code == 10:
        want("state.db" in done.err, "the file is not named: %r" % done.err)
        for name in glob.glob(os.path.join(world.state, "state.db*")):
            os.remove(name)
        done = world.call("resume")
    world.code(done, 0)
    world.check_out()
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))


for vendor in ("openai", "anthropic", "google"):
    for number in (5, 25, 45, 60, 75, 85, 95):
        for label in ("cut", "flipped"):
            add(vendor, "log-%s-at-%d-percent" % (label, number), log_damaged, part=number / 100, how=label)


# ---- full queues ----

def queue_full(world, reason):
    """Waited for, however it is worded."""
    full = Script(phases=("validating", "failed"), errors=[dict(reason, param=None, line=None)])
    world.write(5)
    world.sim.scripts = [full, full, Script()]
    world.code(world.run(), 0)
    world.check_out()
    want(len(world.sim.own_batches()) == 3, "%d batches" % len(world.sim.own_batches()))


for vendor in ("openai", "groq"):
    for label, words in QUEUES.items():
        add(vendor, "queue-full-said-with-" + label, queue_full, reason=words)


@scenario("google")
def a_429_at_create_is_a_full_queue_while_batches_run(world):
    """Far more often than a call would be tried again, as long as a batch of ours runs."""
    world.sim.scripts = [Script(phases=("in_progress",)), Script()]
    world.write(4)
    world.code(world.run(timeout="300ms"), 8)
    first, ids = world.output, world.ids
    os.makedirs(os.path.join(world.dir, "extra"))
    world.output = os.path.join(world.dir, "extra", "second")
    world.write(ids=["s%d" % n for n in range(4)])
    full = Fault("create", "429", times=10 ** 9)
    world.sim.faults.append(full)
    world.code(world.run(timeout="100ms"), 5, 8)

    def at_last(name, request):
        if world.sim.count("create") == refused + 20:
            world.sim.own_batches()[0].script.phases = ["completed"]
            full.times = 0
    refused = world.sim.count("create")
    world.sim.on_call = at_last
    world.code(world.call("resume"), 0)
    world.check_out()
    world.ids = ids
    world.check_out(path=first)
    want(len(world.sim.own_batches()) == 2, "%d batches" % len(world.sim.own_batches()))


@scenario("google openai mistral together groq")
def upload_answers_lost(world):
    """The file is there or half there; the upload begins anew, and the batch is made once."""
    world.write(3000 if world.vendor == "google" else 20)
    for call in world.sim.upload_calls:
        world.sim.faults += [Fault(call, "close", "after"), Fault(call, "reset", "after")]
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()
