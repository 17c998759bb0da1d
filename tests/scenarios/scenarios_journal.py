"""Records that are whole and yet not this job's, or of an older moment: journals of others, old copies."""
import glob
import json
import os
import re

from harness import Fault, Script, add, scenario, want
from scenarios_again import creates
from state_files import (change, joined, keep_database, lines_of, put, put_back_database,
                         raw_batch_record, read, remove_database, set_batch_record, spool, swap_spools)

THREE = "openai anthropic mistral"


def command_for(world, verb, names, *words, **options):
    """A job of its own: requests of these ids in a file of their own, and an OUT of their own."""
    folder = os.path.join(world.dir, "extra")
    os.makedirs(folder, exist_ok=True)
    world.input, world.output = (os.path.join(folder, names[0] + end) for end in (".jsonl", ".out"))
    world.write(ids=names)
    return world.call(verb, world.input, "-o", world.output, *words, **options)


def look_at(world, names):
    world.ids, world.output = names, os.path.join(world.dir, "extra", names[0] + ".out")
    world.input = os.path.join(world.dir, "extra", names[0] + ".jsonl")


def jobs_of(world):
    """The ids of the jobs, the oldest first."""
    return [job["id"] for job in reversed(world.call("list", "--json").json()["jobs"])]


def other_than(world, job):
    (other,) = [each for each in jobs_of(world) if each != job]
    return other


ANTS, BEES = ["ant0", "ant1", "ant2", "ant3"], ["bee0", "bee1", "bee2", "bee3"]


def own_or_nothing(world, names):
    """No answer of another job in OUT, and no row of it."""
    look_at(world, names)
    if os.path.exists(world.output):
        strange = {name: row.get("text") for name, row in world.rows().items()
                   if name not in names or (row.get("text") or "answer to q-" + name) != "answer to q-" + name}
        want(not strange, "answers of another job: %s" % str(strange)[:300])


# ---- another job's journal ----

def another_jobs_journal(world, how):
    """A job that was never sent takes no batch of another job, whatever its journal says."""
    world.code(command_for(world, "run", BEES), 0)
    bees = world.job_id()
    first = (*world.sim.upload_calls, "create")[0] if world.vendor != "google" else "create"
    world.sim.faults.append(Fault(first, "401" if world.vendor != "google" else "403"))
    world.code(command_for(world, "run", ANTS), 4)
    world.sim.faults.clear()
    ants, sent = other_than(world, bees), world.sim.count("create")
    theirs = read(spool(world, "job.jsonl", bees))
    if how == "swapped":
        swap_spools(world, ants, bees)
    else:
        change(spool(world, "job.jsonl", ants), lambda data: theirs if how == "copied" else data + theirs)
    world.call("resume", ants)
    own_or_nothing(world, ANTS)
    own_or_nothing(world, BEES)
    if how == "swapped":
        look_at(world, BEES)
        os.remove(world.output)
        world.call("results", bees, "-o", world.output)
        own_or_nothing(world, BEES)
        swap_spools(world, ants, bees)
    world.code(world.call("resume", ants), 0)
    for job, names in ((ants, ANTS), (bees, BEES)):
        look_at(world, names)
        world.code(world.call("results", job, "-o", world.output), 0)
        world.check_out()
    creates(world, sent + 1)


for vendor in ("openai", "anthropic", "mistral", "google"):
    for label in ("copied", "appended", "swapped"):
        add(vendor, "journal-of-another-job-" + label, another_jobs_journal, how=label)


def forgotten_beside_foreign_lines(world, batches_only):
    """The database is older than the job, whose journal holds lines of another one: nothing is paid twice or locked."""
    world.code(command_for(world, "run", BEES), 0)
    bees = world.job_id()
    copies = keep_database(world)
    world.sim.scripts = [Script(), Script(phases=("validating", "in_progress"))]
    world.code(command_for(world, "run", ANTS, timeout="300ms"), 8)
    ants = other_than(world, bees)
    put_back_database(world, copies)
    theirs = lines_of(read(spool(world, "job.jsonl", bees)))
    foreign = joined([line for line in theirs if b'"job_id"' in line or not batches_only])
    change(spool(world, "job.jsonl", ants), lambda data: data + foreign)
    world.sim.own_batches()[1].script.phases = ["completed"]
    done = world.call("resume")
    want(done.code != 10, "one job's journal closes the directory: %r" % done)
    done = world.call("run", world.input, "-o", world.output)
    want(done.code in (0, 2), "%r" % done)
    creates(world, 2)
    world.check_out()
    look_at(world, BEES)
    world.code(world.call("results", bees, "-o", world.output), 0)
    world.check_out()


for vendor in THREE.split():
    add(vendor, "forgotten-job-with-another-jobs-lines", forgotten_beside_foreign_lines, batches_only=False)
    add(vendor, "forgotten-job-with-another-jobs-batches", forgotten_beside_foreign_lines, batches_only=True)


@scenario("openai anthropic google mistral")
def directories_of_two_running_jobs_swapped(world):
    """Their ids are as many and not the same: neither OUT gets the other's, and put right both jobs go on."""
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    world.code(command_for(world, "submit", ANTS), 0)
    ants = world.job_id()
    world.code(command_for(world, "submit", BEES), 0)
    bees = other_than(world, ants)
    swap_spools(world, ants, bees)
    for batch in world.sim.own_batches():
        batch.script.phases = ["completed"]
    done = world.call("resume")
    want(done.code not in (0, 3), "said to be done: %r" % done)
    own_or_nothing(world, ANTS)
    own_or_nothing(world, BEES)
    swap_spools(world, ants, bees)
    world.code(world.call("resume"), 0)
    for names in (ANTS, BEES):
        look_at(world, names)
        world.check_out()
    creates(world, 2)


# ---- a done job beside a record of an older moment ----

def never_fewer_rows(world, job):
    """Each verb that writes OUT leaves it whole, or says that it has to be waited for."""
    for words in (("resume",), ("resume", job), ("run", world.input, "-o", world.output, "--reuse"),
                  ("run", world.input, "-o", world.output)):
        done = world.call(*words, timeout="300ms")
        world.check_out()
        want(done.code in (0, 2, 8, 10), "%s: %r" % (words[0], done))
    world.code(world.call("resume", job), 0)
    world.check_out()
    again = os.path.join(world.dir, "extra-out")
    world.code(world.call("results", job, "-o", again, limit=30), 0)
    os.remove(again)


def older_batch_record(world, journal_too):
    """The job's record says done and its batch's, as whole, is of before the end."""
    world.write(5)
    world.code(world.call("submit", world.input, "-o", world.output), 0)
    job, record, journal = world.job_id(), raw_batch_record(world), spool(world, "job.jsonl")
    lines = read(journal)
    world.code(world.call("resume"), 0)
    world.check_out()
    set_batch_record(world, record)
    if journal_too:
        put(journal, lines)
    never_fewer_rows(world, job)
    creates(world, 1)


for vendor in ("openai", "anthropic", "google", "mistral"):
    add(vendor, "done-job-beside-an-older-batch-record", older_batch_record, journal_too=False)
    add(vendor, "done-job-beside-an-older-batch-record-and-journal", older_batch_record, journal_too=True)


def last_line_about(part, how):
    """The journal with its last line about that batch changed in one figure, or without it."""
    def damage(data):
        lines = lines_of(data)
        at = max(index for index, line in enumerate(lines) if b'"phase":' in line and b'"part":%d,' % part in line)
        if how == "gone":
            return joined(lines[:at] + lines[at + 1:])
        lines[at] = re.sub(rb'"rows":(\d+)', lambda found: b'"rows":%d' % (int(found.group(1)) + 1), lines[at], count=1)
        return joined(lines)
    return damage


def journal_line_damaged(world, how):
    """The database is gone, as its damage is to be cured, and so is the journal's last word about the batch."""
    world.write(5)
    world.code(world.run(), 0)
    job = world.job_id()
    change(spool(world, "job.jsonl"), last_line_about(0, how))
    remove_database(world)
    never_fewer_rows(world, job)
    creates(world, 1)


for vendor in ("openai", "anthropic", "google", "mistral"):
    for label in ("changed", "gone"):
        add(vendor, "last-journal-line-of-a-done-job-" + label, journal_line_damaged, how=label)


def two_models(world):
    """Two remote batches in one job."""
    world.write(6)
    lines = [world.request(name) for name in world.ids]
    for line in lines[3:]:
        line["model"] += "-other"
    world.write_lines(joined([json.dumps(line).encode() for line in lines]))


def journal_line_of_one_part_damaged(world, how):
    """That part's rows are missing from no OUT; the other part's stay what they are."""
    two_models(world)
    world.code(world.run(), 0)
    want(world.sim.count("create") == 2, "%d creates" % world.sim.count("create"))
    job = world.job_id()
    change(spool(world, "job.jsonl"), last_line_about(1, how))
    remove_database(world)
    never_fewer_rows(world, job)
    creates(world, 2)


for vendor in ("openai", "mistral", "google"):
    for label in ("changed", "gone"):
        add(vendor, "last-journal-line-of-one-of-two-parts-" + label, journal_line_of_one_part_damaged, how=label)
