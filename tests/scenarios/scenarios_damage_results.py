"""Requests, answers and audit files damaged on the disk: what is sent again, refetched and handed out."""
import glob
import os
import threading

from harness import Script, add, scenario, want
from scenarios_again import cancelled_unsent, creates, failed_job, retried, wait_for
from scenarios_answers import without
from sim_base import Response
from state_files import (answer_changed, change, first_lines_swapped, id_changed, put, question_changed, read, spool)

FILES = "openai mistral together groq"  # vendors with a file of answers and one of errors
ROUTES = FILES + " anthropic"


# ---- what is asked again ----

REQUESTS = {"letter": question_changed(b"r1", b"r7"), "id": id_changed(b"r1", b"r7"), "swap": first_lines_swapped}


def retry_of_damaged_requests(world, damage):
    """Another question, or another row's, is neither asked nor paid; with the file mended it goes on."""
    job = failed_job(world)
    path = spool(world, "p0.requests.jsonl")
    whole = change(path, damage)
    done = world.code(retried(world, job), 10)
    want("p0.requests.jsonl" in done.err, "the file is not named: %r" % done.err)
    creates(world, 1)
    put(path, whole)
    world.code(retried(world, job), 0)
    world.check_out()
    creates(world, 2)


for vendor in "openai anthropic google mistral together groq".split():
    for label, how in REQUESTS.items():
        add(vendor, "retry-with-damaged-requests-" + label, retry_of_damaged_requests, damage=how)


def failed_lines_of_damaged_requests(world, damage):
    """The lines to submit again are those of the failed rows, letter for letter, or none."""
    job = failed_job(world)
    path = spool(world, "p0.unified.jsonl")
    whole = change(path, damage)
    done = world.code(world.call("results", job, "--failed"), 10)
    want("p0.unified.jsonl" in done.err, "the file is not named: %r" % done.err)
    want("q-r7" not in done.out and '"r7"' not in done.out and "q-r0" not in done.out, "written: %r" % done.out)
    put(path, whole)
    done = world.code(world.call("results", job, "--failed"), 0)
    want(done.out.count("\n") == 2 and "q-r1" in done.out and "q-r4" in done.out, "the failed lines: %r" % done.out)
    creates(world, 1)


for vendor in ("openai", "anthropic", "google"):
    for label, how in REQUESTS.items():
        add(vendor, "failed-lines-with-damaged-requests-" + label, failed_lines_of_damaged_requests, damage=how)


# ---- answers that were not collected yet ----

def damaged_before_collected(world, damage):
    """Killed while the answers come; what lies there is not believed, what the vendor sends once more is."""
    world.write(40)
    stop = threading.Event()

    def most_of_it(request, response):
        if world.sim.count("content") == 1:
            response.drip = (len(response.body) * 7 // 10, stop, 30)
        return response
    world.sim.rewrite["content"] = most_of_it
    process = world.start(world.command("run", world.input, "-o", world.output))
    pattern = os.path.join(world.state, "spool", "*", "p0.results.jsonl")
    wait_for(lambda: [path for path in glob.glob(pattern) if os.path.getsize(path) > 2000], "answers on the disk")
    process.kill()
    world.finish_process(process)
    stop.set()
    path = spool(world, "p0.results.jsonl")
    name = next(name.encode() for name in world.ids if b"answer to q-" + name.encode() + b'"' in read(path))
    change(path, damage(name))
    done = world.code(world.call("resume"), 0, 10)
    if done.code == 0:
        world.check_out()
    creates(world, 1)


for vendor in ROUTES.split():
    add(vendor, "a-letter-of-uncollected-answers-changed", damaged_before_collected,
        damage=lambda name: answer_changed(name + b'"', b'zz"'))
    add(vendor, "an-id-of-uncollected-answers-changed", damaged_before_collected,
        damage=lambda name: id_changed(name, b"zz"))


# ---- refetch ----

def files_anew(world):
    """The vendor makes its files of results once more."""
    for batch in world.sim.own_batches():
        for kind in ("output_id", "error_id"):
            batch.__dict__.pop(kind, None)


@scenario("openai anthropic mistral")
def a_whole_refetch_gives_up_no_success(world):
    """As many answers as before, but not those: the one that is there in the damaged file is kept."""
    world.write(5)
    script = Script(mangle=without(["r2"]))
    world.sim.scripts = [script]
    world.code(world.run(), 3)
    job, path = world.job_id(), spool(world, "p0.results.jsonl")
    script.mangle = without(["r1"])
    files_anew(world)
    change(path, answer_changed(b"r3", b"r8"))
    os.remove(path.replace("results", "output"))
    done = world.code(world.call("results", job, "--refetch"), 0, 3, 10)
    if done.code != 10:
        rows = world.rows()
        want(rows["r1"].get("text") == "answer to q-r1", "r1 was given up: %s" % str(rows["r1"])[:300])
        want(rows["r3"].get("text") == "answer to q-r3", "r3: %s" % str(rows["r3"])[:300])
        return
    kept = [read(name) for name in glob.glob(os.path.dirname(path) + "/*results*")]
    want(any(b"answer to q-r1" in data for data in kept), "the answer that was whole is on the disk no more")
    script.mangle = None
    files_anew(world)
    world.code(world.call("results", job, "--refetch"), 0)
    world.check_out()


@scenario("openai anthropic google mistral")
def the_audit_file_is_mended_with_the_results(world):
    """It shares the damage, and what is made anew has to stand there as well."""
    world.write(5)
    world.code(world.run(), 0)
    (audit,) = glob.glob(os.path.join(world.state, "generated", world.vendor, "*_results.jsonl"))
    path = spool(world, "p0.results.jsonl")
    good = change(path, answer_changed(b"r2", b"r9"))
    want(read(audit) != good, "the audit file is a copy")
    world.code(world.call("results", world.job_id(), "--refetch"), 0)
    world.check_out()
    want(read(spool(world, "p0.results.jsonl")) == good, "the results differ from what they were")
    want(read(audit) == good, "the audit file still holds the damaged answer")
    left = [name for name in os.listdir(os.path.dirname(path)) if "results" in name and not name.endswith(".sums")]
    want(len(left) == 1, "what was replaced stays on the disk: %s" % left)


def large_but(late, here):
    """Each answer is large but the late one's, which may not be there yet."""
    def mangle(kind, lines):
        return [line if b"q-" + late in line else line.replace(b"answer to q-", b"x" * (33 << 20) + b"answer to q-")
                for line in without([] if here else [late.decode()])(kind, lines)]
    return mangle


@scenario("openai anthropic")
def refetch_of_more_than_64_mib(world):
    """The rows that are here already are not junk, however large they are together."""
    world.write(3)
    script = Script(mangle=large_but(b"r1", here=False))
    world.sim.scripts = [script]
    world.code(world.run(), 3)
    script.mangle = large_but(b"r1", here=True)
    files_anew(world)
    world.code(world.call("results", world.job_id(), "--refetch"), 0)
    ends = {name: row["text"].lstrip("x") for name, row in world.rows().items()}
    want(ends == {name: "answer to q-" + name for name in world.ids}, "answers: %s" % ends)
    creates(world, 1)


@scenario(FILES)
def refetch_of_an_attached_batch_loses_no_row(world):
    """The vendor has dropped the file of errors: five rows were there, and four are no mending."""
    world.write(5)
    world.sim.scripts = [Script(outcome=lambda index, row: "error" if index == 2 else "ok")]
    world.code(world.run(), 3)
    (batch,) = world.sim.own_batches()
    for name in glob.glob(os.path.join(world.state, "*")):
        os.rename(name, os.path.join(world.dir, ".was-" + os.path.basename(name)))
    os.remove(world.output)
    world.code(world.call("attach", batch.id, "-o", world.output), 3)
    before = world.rows()
    want(len(before) == 5, "%d rows" % len(before))
    path = spool(world, "p0.results.jsonl")
    change(path, lambda data: data[:-20])
    os.remove(path.replace("results", "output"))
    world.sim.rewrite["content"] = lambda request, response: (
        Response(404, world.sim.error_body(404)) if batch.error_id in request.path else response)
    done = world.call("results", world.job_id(), "--refetch", limit=20)
    want(done.code != 0, "said to be done: %r" % done)
    want(world.rows() == before, "OUT lost rows: %s" % sorted(world.rows()))
    world.sim.rewrite.clear()
    world.code(world.call("results", world.job_id(), "--refetch"), 3)
    want(len(world.rows()) == 5, "%d rows" % len(world.rows()))


@scenario("openai anthropic google")
def refetch_of_an_older_job_leaves_the_younger_ones_output_alone(world):
    """Both remember one OUT; the older one was cancelled before anything was sent."""
    world.write(5)
    older = cancelled_unsent(world)
    world.code(world.run("--again"), 0)
    world.check_out()
    done = world.call("results", older, "--refetch")
    want("younger job" in done.err and "-o FILE" in done.err, "%r" % done)
    world.check_out()
