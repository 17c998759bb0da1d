"""State directories that an older version left, in every phase: they open, go on and end."""
import contextlib
import os
import sqlite3

import legacy
from harness import SIMS, Script, add, scenario, want
from sim_base import Batch, random_id

BASE_URL = {"openai": "OPENAI_BASE_URL", "anthropic": "ANTHROPIC_BASE_URL", "google": "GOOGLE_GEMINI_BASE_URL",
            "mistral": "MISTRAL_BASE_URL", "together": "TOGETHER_BASE_URL", "groq": "GROQ_BASE_URL"}


def second_errored(name):
    return "errored" if name == "r1" else "succeeded"


def second_cancelled(name):
    return "cancelled" if name == "r1" else "succeeded"


class Expected:
    """What becomes of a fixture: create calls still to come, exit code of its end, status of each row."""

    def __init__(self, creates=0, code=0, rows=lambda name: "succeeded", ids=None, cancels=0):
        self.creates, self.code, self.rows, self.ids, self.cancels = creates, code, rows, ids, cancels


ONE_MORE = Expected(creates=1)
THERE = Expected()
UNFINISHED = {
    "planned": ONE_MORE, "planned-file-there": ONE_MORE, "planned-before-create": ONE_MORE, "planned-put-back": THERE,
    "uploaded": ONE_MORE, "queue-full": ONE_MORE, "creating-executed": THERE, "creating-not-executed": ONE_MORE,
    "unknown-executed": THERE, "unknown-not-executed": ONE_MORE, "unknown-absent-once": ONE_MORE,
    "running": THERE, "fetching": THERE, "refused": Expected(code=3, rows=lambda name: "errored"),
    "blocked-key": ONE_MORE, "blocked-key-running": THERE, "blocked-credit": ONE_MORE,
    "cancel-running": Expected(code=3, rows=second_cancelled, cancels=1),
    "cancel-unknown-executed": Expected(code=3, rows=second_cancelled, cancels=1),
    "cancel-unknown-not-executed": Expected(code=3, rows=lambda name: "cancelled"),
    "attached": THERE, "retry-creating": Expected(ids=["r1"]), "parts": THERE,
    "likeness": THERE, "likeness-fetching": THERE, "likeness-of-a-stranger": ONE_MORE,
}
FINISHED = {
    "done": THERE, "done-unread": Expected(code=3, rows=second_errored), "done-half-read": THERE,
    "refused-done": Expected(code=3, rows=lambda name: "errored"),
}


def put_back(world, fixture):
    legacy.put_back(world, fixture)
    expected = dict(UNFINISHED, **FINISHED)[fixture]
    if (world.vendor, fixture) == ("anthropic", "cancel-unknown-executed"):
        expected = Expected()  # its rows have to prove that it is ours, and then there is nothing to cancel
    world.ids = expected.ids or world.ids
    world.may_pay_twice = fixture == "retry-creating"  # its row that failed
    jobs = world.call("list", "--json").json()["jobs"]  # offline, the newest first
    want(not world.sim.calls, "list made calls: %s" % [call[0] for call in world.sim.calls])
    return expected, jobs[0]["id"]


def check_end(world, expected, done):
    world.code(done, expected.code)
    world.check_out(expected.rows)
    for call, times in (("create", expected.creates), ("cancel", expected.cancels)):
        want(world.sim.count(call) == times, "%d calls of %s, not %d" % (world.sim.count(call), call, times))


def check_over(world, expected, job):
    """Nothing is left to do, the results can be had as often as wanted, and no call is made for that."""
    before = len(world.sim.calls)
    want("nothing to resume" in world.code(world.call("resume"), 0).err, "resume found more to do")
    world.code(world.call("status", job), 0)
    for _ in range(2):
        os.remove(world.output)
        world.code(world.call("results", job, "-o", world.output), expected.code)
        world.check_out(expected.rows)
    want(len(world.sim.calls) == before, "calls after the end: %s" % [call[0] for call in world.sim.calls[before:]])


def address_named(world, fixture):
    expected, job = put_back(world, fixture)
    check_end(world, expected, world.call("resume", job, "--base-url", world.sim.base_url(), "-o", world.output))
    check_over(world, expected, job)


def address_of_the_environment(world, fixture):
    """The key in force is not known to be the job's, so the remembered address alone gets no key."""
    expected, job = put_back(world, fixture)
    if fixture == "refused":  # nothing is left to ask anybody
        check_end(world, expected, world.call("resume"))
        return check_over(world, expected, job)
    refusal = world.code(world.call("resume"), 4)
    want(world.sim.base_url() in refusal.err and "--base-url" in refusal.err, "says: " + refusal.err)
    world.nothing_sent()
    named = {BASE_URL[world.vendor]: world.sim.base_url()}
    # The version that made these two did not remember where their results go.
    more = ("resume", job, "-o", world.output) if fixture in ("attached", "retry-creating") else ("resume",)
    check_end(world, expected, world.call(*more, env=named))
    check_over(world, expected, job)


def looked_at_first(world, fixture):
    """What a look at a job proves about the key is kept. Then the address needs no word of anybody."""
    expected, job = put_back(world, fixture)
    world.code(world.call("status", job, "--base-url", world.sim.base_url()), 0)
    # Where no marker is kept the rows have to prove it first.
    found = fixture in ("creating-executed", "unknown-executed") and world.vendor != "anthropic"
    has_answered = found or fixture in ("running", "attached")
    address = () if has_answered else ("--base-url", world.sim.base_url())
    check_end(world, expected, world.call("resume", job, *address, "-o", world.output))


def same_command(world, fixture):
    """`run` again, as after a kill, or `retry`: goes on with the job."""
    expected, job = put_back(world, fixture)
    if fixture == "retry-creating":
        parent = world.call("list", "--json").json()["jobs"][1]["id"]
        done = world.call("retry", parent, "-o", world.output, "--base-url", world.sim.base_url())
    else:
        done = world.run()
    check_end(world, expected, done)
    check_over(world, expected, job)


def same_command_with_canary(world, fixture):
    """A canary cuts the same requests otherwise: it is the same work."""
    expected, _ = put_back(world, fixture)
    check_end(world, expected, world.run("--canary", "1"))


def over_already(world, fixture):
    expected, job = put_back(world, fixture)
    if fixture == "done-unread":
        check_end(world, expected, world.call("resume"))
    else:
        want("nothing to resume" in world.code(world.call("resume"), 0).err, "resume found more to do")
        world.code(world.call("results", job, "-o", world.output), expected.code)
    world.check_out(expected.rows)
    check_over(world, expected, job)
    world.nothing_sent()
    if fixture == "done-half-read":
        with contextlib.closing(sqlite3.connect(world.state + "/state.db")) as database:
            acked = database.execute(
                "SELECT json_extract(COALESCE(p.record, b.record), '$.acked_rows') FROM batches b"
                " LEFT JOIN progress p ON p.job_id=b.job_id AND p.part=b.part").fetchone()[0]
        want(acked == 1, "%d results count as taken by the program" % acked)


def same_command_when_over(world, fixture):
    """Work that was paid for is not paid for again; work that no vendor took is carried out."""
    expected, _ = put_back(world, fixture)
    if fixture == "refused-done":
        world.code(world.run(), 0)
        world.check_out()
        return world.one_batch()
    done = world.run()
    if fixture == "done-unread":  # nobody was told of its end
        check_end(world, expected, done)
    else:
        world.code(done, 2)
    world.nothing_sent()


@scenario("anthropic")
def legacy_strangers_with_the_same_ids_are_for_a_person(world):
    """Without a tag the ids r0, r1 are those of every pipeline: nobody can tell two batches apart that have them."""
    expected, job = put_back(world, "unknown-executed")
    (ours,) = world.sim.batches.values()
    rows = [(name, dict(body, messages=[{"role": "user", "content": "a stranger's"}])) for name, body in ours.rows]
    stranger = Batch(0, rows, Script(), foreign=True, id="msgbatch_" + random_id())
    stranger.created = ours.created + 1
    world.sim.batches[stranger.id] = stranger
    stranger.script.phases = ["completed"]  # ours runs on, so that this one has rows before it
    address = ("--base-url", world.sim.base_url())
    blocked = world.code(world.call("resume", job, *address), 5)
    want("adopt" in blocked.err and stranger.id in blocked.err and ours.id in blocked.err, "says: " + blocked.err)
    want(not os.path.exists(world.output), "OUT is there")
    adopted = world.call("adopt", job, ours.id, *address)
    check_end(world, expected, adopted)


@scenario("openai google")
def legacy_all_at_once(world):
    """One directory with a job in every phase, and one resume."""
    whole, creates, worst = [], 0, 0
    for name in legacy.names(world.vendor):
        home = os.path.join(world.dir, ".homes", name)
        os.makedirs(home)
        expected = dict(UNFINISHED, **FINISHED)[name]
        legacy.put_back(world, name, home)
        if name not in FINISHED or name == "done-unread":
            creates, worst = creates + expected.creates, max(worst, expected.code)
            if name != "attached":
                whole.append((os.path.join(home, "out.jsonl"), expected, list(world.ids)))
    world.may_pay_twice = True  # the jobs have the same ids
    done = world.call("resume", env={BASE_URL[world.vendor]: world.sim.base_url()})
    world.code(done, worst)
    for path, expected, world.ids in whole:
        world.check_out(expected.rows, path)
    want(world.sim.count("create") == creates, "%d creates, not %d" % (world.sim.count("create"), creates))


for vendor in SIMS:
    for name in legacy.names(vendor):
        if name in FINISHED:
            variants = [over_already] + ([] if name == "done-half-read" else [same_command_when_over])
        else:
            variants = [address_named, address_of_the_environment, looked_at_first]
            variants += [] if name in ("attached",) else [same_command]
            variants += [same_command_with_canary] if name in ("running", "unknown-executed", "parts") else []
        for variant in variants:
            add(vendor, "legacy-%s-%s" % (name, variant.__name__.replace("_", "-")), variant, fixture=name)
