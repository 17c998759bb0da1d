"""What only the library can be asked: cursors, acknowledgements, several threads that refetch, attach or adopt."""
import copy
import os

from harness import Fault, Script, Skip, add, scenario, want
from library import Library, beside
from scenarios_again import creates, wait_for
from scenarios_answers import without
from scenarios_damage import QUEUES
from scenarios_damage_results import files_anew
from sim_base import Response, random_id
from state_files import answer_changed, batch_records, change, id_changed, read, spool

THREE = "openai anthropic google"


def library(world, **settings):
    path = beside(world.program)
    if world.sanitized or not path:
        raise Skip("no shared library that python can load beside the program")
    return Library(world, path, **settings)


def lines(world):
    with open(world.input, encoding="utf-8") as file:
        return file.read().split("\n")[:-1]


def answered(world):
    return sorted((name, "answer to q-" + name) for name in world.ids)


def told(rows):
    return sorted((row["id"], row["text"]) for row in rows)


def status(answer, *names):
    want(answer["status"] in names, "%s, not %s: %s" % (answer["status"], "/".join(names), str(answer)[:400]))
    return answer


# ---- cursors ----

def cursor_over_damage(world, order, damage):
    """No order of rows is a way around the checksum."""
    world.write(5)
    world.code(world.run(), 0)
    job, path = world.job_id(), spool(world, "p0.results.jsonl")
    change(path, damage)
    with library(world) as lib:
        opened = lib.call("cursor", job, "c", order)
        if opened["status"] == "BR_OK":
            opened = lib.call("drain", "c")
            want(not opened["rows"], "handed out: %s" % str(opened)[:300])
        status(opened, "BR_ESTORE")
        want("p0.results.jsonl" in opened["error"], "the file is not named: %s" % opened)
        status(lib.call("refetch", job, 10000), "BR_OK")
        status(lib.call("cursor", job, "d", order), "BR_OK")
        rows = status(lib.call("drain", "d"), "BR_OK")["rows"]
        want([row["text"] for row in rows] == ["answer to q-" + name for name in world.ids] if order else
             len(rows) == 5, "after the refetch: %s" % str(rows)[:300])


for vendor in THREE.split():
    for label, order in (("as-they-came", 0), ("in-the-order-asked", 1)):
        add(vendor, "cursor-%s-over-a-changed-letter" % label, cursor_over_damage, order=order,
            damage=answer_changed(b"r2", b"r9"))
        add(vendor, "cursor-%s-over-a-changed-id" % label, cursor_over_damage, order=order,
            damage=id_changed(b"r2", b"r9"))


@scenario("openai anthropic mistral")
def a_cursor_opened_before_a_refetch_goes_on_with_what_it_had(world):
    world.write(5)
    script = Script(mangle=without(["r2"]))
    world.sim.scripts = [script]
    world.code(world.run(), 3)
    job = world.job_id()
    with library(world) as lib:
        status(lib.call("cursor", job, "before", 0), "BR_OK")
        script.mangle = None
        files_anew(world)
        want(status(lib.call("refetch", job, 10000), "BR_OK")["changed"] == 1, "one row changes")
        rows = status(lib.call("drain", "before"), "BR_OK")["rows"]
        want(len(rows) == 5, "%d rows of the older cursor" % len(rows))
        status(lib.call("cursor", job, "after", 0), "BR_OK")
        rows = status(lib.call("drain", "after"), "BR_OK")["rows"]
        want(all(row["status"] == "succeeded" for row in rows) and len(rows) == 5, "rows: %s" % str(rows)[:300])


# ---- results of all jobs ----

def damage_beside_whole_jobs(world, which):
    """The rows of the job that is whole come to its consumer, each once; the damaged ones' come after its refetch."""
    jobs = []
    for names in (["ant0", "ant1", "ant2"], ["bee0", "bee1", "bee2"], ["cat0", "cat1", "cat2"]):
        world.write(ids=names)
        world.code(world.call("submit", world.input), 0)
        jobs += [job["id"] for job in world.call("list", "--json").json()["jobs"] if job["id"] not in jobs]
    world.code(world.call("resume"), 0)
    jobs.sort()
    damaged = jobs[which]
    change(spool(world, "p0.results.jsonl", damaged), lambda data: data[:-30])
    world.ids = [kind + str(number) for kind in ("ant", "bee", "cat") for number in range(3)]
    with library(world) as lib:
        first = status(lib.call("take", "", 12), "BR_ESTORE")  # never the end while rows cannot be read
        want(len({row["id"] for row in first["rows"]}) == 6, "the whole jobs' rows: %s" % first)
        status(lib.call("refetch", damaged, 10000), "BR_OK")
        second = status(lib.call("take", "", 12), "BR_END")
        want(told(first["rows"] + second["rows"]) == answered(world), "rows: %s" % (first["rows"] + second["rows"]))


for vendor in THREE.split():
    for label, number in (("first", 0), ("middle", 1), ("last", 2)):
        add(vendor, "the-%s-of-three-jobs-is-damaged" % label, damage_beside_whole_jobs, which=number)


def everything_acknowledged_over_damage(world, damage):
    """Damaged results are not acknowledged, and once mended they come whole."""
    world.write(5)
    world.code(world.call("submit", world.input), 0)
    job = world.job_id()
    with library(world) as lib:
        status(lib.call("wait", job, 10000), "BR_OK")
    path = spool(world, "p0.results.jsonl")
    if damage is None:
        os.remove(path)
    else:
        change(path, damage)
    with library(world) as lib:
        status(lib.call("ack_all", job), "BR_ESTORE")
        status(lib.call("refetch", job, 10000), "BR_OK")
        taken = status(lib.call("take", job, 12), "BR_END")
        want(told(taken["rows"]) == answered(world), "rows: %s" % taken["rows"])
        status(lib.call("ack_all", job), "BR_OK")
    with library(world) as lib:
        taken = status(lib.call("take", job, 3), "BR_END")
        want(not taken["rows"], "acknowledged, and they come again: %s" % taken["rows"])


for vendor in THREE.split():
    add(vendor, "all-acknowledged-with-the-results-cut", everything_acknowledged_over_damage,
        damage=lambda data: data[:-150])
    add(vendor, "all-acknowledged-with-a-changed-letter", everything_acknowledged_over_damage,
        damage=answer_changed(b"r2", b"r9"))
    add(vendor, "all-acknowledged-with-the-results-gone", everything_acknowledged_over_damage, damage=None)


# ---- refetches at once ----

def held_content(world):
    """From now on a download waits until the event is set."""
    event = world.started.__class__()
    world.sim.faults.append(Fault("content", "hold", "after", event=event))
    return event


@scenario("openai anthropic mistral")
def a_refetch_that_does_not_wait_stops_no_other(world):
    """One thread waits for the vendor without limit; another one's look with no time at all takes nothing from it."""
    world.write(3)
    script = Script(mangle=without(["r2"]))
    world.sim.scripts = [script]
    world.code(world.run(), 3)
    script.mangle = None
    files_anew(world)
    job, before = world.job_id(), world.sim.count("content")
    event = held_content(world)
    with library(world) as lib:
        first = lib.begin("refetch", job, -1)
        wait_for(lambda: world.sim.count("content") > before, "the download")
        second = status(lib.call("refetch", job, 0), "BR_EALREADY", "BR_ETIMEOUT", "BR_AGAIN")
        want(second["changed"] == 0, "changed: %s" % second)
        event.set()
        answer = status(lib.wait(first, 5), "BR_OK")
        want(answer["changed"] == 1, "changed: %s" % answer)
    world.code(world.call("results", job, "-o", world.output), 0)
    world.check_out()


@scenario("openai anthropic mistral")
def two_refetches_of_damaged_results_at_once(world):
    """The second one's plan is of before the first one's end: it removes nothing of what that brought."""
    world.write(5)
    world.code(world.run(), 0)
    job, path, before = world.job_id(), spool(world, "p0.results.jsonl"), world.sim.count("content")
    os.remove(path.replace("results", "output"))
    change(path, lambda data: data[:-30])
    event = held_content(world)
    with library(world) as lib:
        first = lib.begin("refetch", job, 20000)
        wait_for(lambda: world.sim.count("content") > before, "the download")
        second = lib.begin("refetch", job, 20000)
        event.wait(0.3)  # until its plan is made, or it was refused
        event.set()
        status(lib.wait(first), "BR_OK")
        status(lib.wait(second), "BR_OK", "BR_EALREADY")
        status(lib.call("cursor", job, "c", 0), "BR_OK")
        want(len(status(lib.call("drain", "c"), "BR_OK")["rows"]) == 5, "rows are missing")
    world.sim.rewrite["content"] = lambda request, response: Response(404, world.sim.error_body(404))
    world.code(world.call("results", job, "-o", world.output), 0)
    world.check_out()


# ---- attach and adopt at once ----

def twin(world):
    """One more batch at the vendor, like the first one under an id of its own."""
    batch = copy.copy(world.sim.own_batches()[0])
    head, mark, tail = batch.id.rpartition("/" if "/" in batch.id else "-" if "-" in batch.id else "_")
    batch.id, batch.foreign = head + mark + random_id(len(tail)), True
    world.sim.batches[batch.id] = batch
    return batch.id


@scenario("openai anthropic google mistral together groq")
def attaches_of_one_batch_at_once(world):
    """However many threads attach it, one job has it."""
    world.write(3)
    world.code(world.run(), 0)
    for _ in range(5):
        name = twin(world)
        with library(world) as lib:
            answers = lib.call("at_once", [("attach", (world.vendor, name))] * 4)["answers"]
        want({answer["status"] for answer in answers} <= {"BR_OK", "BR_EXISTS"}, "answers: %s" % answers)
        want(len({answer["job"] for answer in answers}) == 1, "two jobs own one batch: %s" % answers)


@scenario("openai anthropic google mistral together groq")
def adopts_of_one_batch_at_once(world):
    """Of two jobs in doubt one has it, and the other says who."""
    jobs = []
    for names in (["ant0", "ant1"], ["bee0", "bee1"]):
        world.write(ids=names)
        world.sim.faults += [Fault("create", "reset"), Fault("list", "503", times=10 ** 9)]
        world.code(world.call("submit", world.input, fast=True, settle="100ms", env={}), 0, 5, 8)
        world.sim.faults.clear()
        jobs += [job["id"] for job in world.call("list", "--json").json()["jobs"] if job["id"] not in jobs]
    world.write(ids=["cat0", "cat1"])
    world.state, real = os.path.join(world.dir, "extra"), world.state
    world.code(world.call("submit", world.input), 0)
    world.state, name = real, world.sim.own_batches()[0].id
    world.may_pay_twice = True
    with library(world, resume__auto="0") as lib:
        answers = lib.call("at_once", [("adopt", (job, name)) for job in jobs])["answers"]
    owners = [job for job in jobs if batch_records(world, job)[0]["status"]["id"] == name]
    want(len(owners) == 1, "owners: %s, answers %s" % (owners, answers))
    want(sorted(answer["status"] for answer in answers) == ["BR_EALREADY", "BR_OK"], "answers: %s" % answers)


# ---- one router over a cancel ----

@scenario("openai groq")
def a_cancel_taken_and_then_a_full_queue(world):
    """The vendor fails the batch for its queue once the cancel was taken: nothing is sent again."""
    world.write(4)
    world.sim.scripts = [Script(phases=("validating", "in_progress")), Script()]

    def fails(request, response):
        batch = world.sim.own_batches()[0]
        batch.cancelling, batch.script.phases = None, ["failed"]
        batch.script.errors = [dict(QUEUES["no-code"], param=None, line=None)]
        return response
    world.sim.rewrite["cancel"] = fails
    with library(world) as lib:
        job = status(lib.call("submit", world.vendor, lines(world), {}), "BR_OK")["job"]
        status(lib.call("wait_submitted", job, 10000), "BR_OK")
        status(lib.call("cancel", job), "BR_OK")
        status(lib.call("wait", job, 5000), "BR_OK")
        rows = status(lib.call("take", job, 12), "BR_END")["rows"]
        want(sorted(row["id"] for row in rows) == world.ids and not any(row["text"] for row in rows), "rows: %s" % rows)
    creates(world, 1)
    want(read(spool(world, "p0.results.jsonl", job)).count(b"\n") == 4, "results on the disk")
