"""What ends a doubt: a limit of sends, copies of the state that are put back, adopt, abandon, attach."""
import os
import shutil

from harness import ALL, Fault, Script, add, scenario, want
from scenarios_identity import creates, ends_well, strange_company, untouched
from sim_tenants import caller_id, stranger


def in_doubt(world, when, timeout="400ms"):
    """A create call without an answer, and lists that cannot be had."""
    world.sim.faults += [Fault("create", "reset", when), Fault("list", "503", times=10 ** 9)]
    world.code(world.run(timeout=timeout), 5, 8)
    world.sim.faults.clear()


# ---- how often ----

def never_arrives(world, between):
    """Three create calls in the life of a part, whoever looks and whatever dies in between."""
    world.write(5)
    world.sim.faults.append(Fault("create", "reset", times=10 ** 9))
    if between == "killed":
        world.sim.faults.insert(0, Fault("create", "kill", skip=1))
        world.run(settle="60ms")
    done = world.code(world.call("resume", settle="60ms") if between == "killed" else world.run(settle="60ms"), 5)
    creates(world, 3)
    want("adopt" in done.err and "abandon" in done.err, "stderr does not say what to do: %r" % done.err)
    for _ in range(2):
        world.code(world.call("resume", settle="60ms"), 5)
    creates(world, 3)
    want(not os.path.exists(world.output), "OUT is there")
    done = world.code(world.call("abandon", world.job_id()), 3)
    creates(world, 3)
    rows = world.check_out(lambda name: "errored")
    want(all("abandoned" in (row["error"]["type"], row["error"].get("code")) for row in rows.values()),
         "rows: %s" % str(rows)[:300])


for vendor in ALL.split():
    add(vendor, "three-creates-and-no-more", never_arrives, between="resumes")
    add(vendor, "three-creates-and-no-more-over-kills", never_arrives, between="killed")


@scenario(ALL)
def refusals_do_not_count_as_creates(world):
    """What the vendor clearly refused was not sent."""
    world.write(5)
    world.sim.faults += [Fault("create", "429", times=3), Fault("create", "reset", times=2)]
    world.code(world.run(settle="60ms"), 0)
    world.check_out()
    creates(world, 6)
    world.one_batch()


@scenario(ALL)
def a_look_sends_nothing(world):
    """Also where two lists prove that the batch was never made: whoever resumes the job has it sent."""
    world.write(5)
    in_doubt(world, "before")
    sent = world.sim.count("create")
    for _ in range(3):
        world.code(world.call("status", world.job_id(), settle="10ms"), 0)
    creates(world, sent)
    want(world.sim.count("list") >= 3, "%d lists" % world.sim.count("list"))
    world.code(world.call("resume", settle="10ms"), 0)
    world.check_out()
    creates(world, sent + 1)


# ---- an older copy of the state directory ----

def planned_only(world):
    """A copy of the state in which nothing was sent: the key was refused before the first paid call."""
    copy = os.path.join(world.dir, "extra", "copy")
    first = (*world.sim.upload_calls, "create")[0] if world.vendor != "google" else "create"
    world.sim.faults.append(Fault(first, "401" if world.vendor != "google" else "403"))
    world.code(world.run(), 4)
    shutil.copytree(world.state, copy)
    return copy


def put_back(world, copy):
    shutil.rmtree(world.state)
    shutil.copytree(copy, world.state)
    if os.path.exists(world.output):
        os.remove(world.output)


def older_state(world, then):
    """The batch that an older copy does not know is found before it is paid again."""
    world.write(5)
    copy = planned_only(world)
    sent = world.sim.count("create")
    world.code(world.run() if then == "run" else world.call("resume"), 0)
    creates(world, sent + 1)
    put_back(world, copy)
    world.code(world.run() if then == "run" else world.call("resume"), 0)
    world.check_out()
    creates(world, sent + 1)
    world.one_batch()


for vendor in ALL.split():
    add(vendor, "older-state-put-back-then-resume", older_state, then="resume")
    add(vendor, "older-state-put-back-then-run", older_state, then="run")


@scenario(ALL)
def older_state_put_back_while_the_batch_runs(world):
    """Where only its rows could tell, it is waited for; nothing is sent."""
    world.write(5)
    copy = planned_only(world)
    sent = world.sim.count("create")
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    world.code(world.call("resume", timeout="400ms"), 8)
    put_back(world, copy)
    done = world.code(world.call("resume", timeout="400ms"), 5 if world.vendor == "anthropic" else 8)
    if world.vendor == "anthropic":
        want("adopt" in done.err and "abandon" in done.err, "stderr does not say what to do: %r" % done.err)
    creates(world, sent + 1)
    world.sim.own_batches()[0].script.phases = ["completed"]
    if world.vendor == "anthropic":
        world.sim.own_batches()[0].advance()
    ends_well(world, sent + 1)


@scenario(ALL)
def every_older_copy_put_back(world):
    """Copies taken as each call of a whole run arrives; none of them pays again, and each brings the answers."""
    world.write(5)
    copies = []

    def copy(name, request):
        copies.append((name, os.path.join(world.dir, "extra", str(len(copies)))))
        shutil.copytree(world.state, copies[-1][1])
    world.sim.on_call = copy
    world.code(world.run(), 0)
    world.sim.on_call = None
    want(len(copies) > 3, "%d calls" % len(copies))
    for name, at in copies:
        put_back(world, at)
        done = world.call("resume")
        want(done.code == 0, "a copy of before the %s: %r" % (name, done))
        world.check_out()
        creates(world, 1)


@scenario(ALL)
def older_state_and_a_stranger(world):
    """A look-alike of another program is no reason to leave our requests unsent."""
    world.write(5)
    planned_only(world)
    sent = world.sim.count("create")

    def before(name, request):
        if name == "create" and world.sim.count("create") == sent + 1:
            stranger(world.sim, request)
    world.sim.on_call = before
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()
    untouched(world)


# ---- adopt, abandon, attach ----

@scenario(ALL)
def adopt_takes_what_a_person_names(world):
    """Its rows come as they are: here another program's batch with the same ids, made for us."""
    world.write(5)
    strange_company(world, script=Script(phases=("completed",)))
    in_doubt(world, "before")
    (batch,) = world.sim.batches.values()
    world.code(world.call("adopt", world.job_id(), batch.id), 0)
    rows = world.rows()
    want(sorted(rows) == sorted(world.ids) and rows["r0"]["text"] == "answer to a stranger asks r0",
         "rows: %s" % str(rows)[:300])
    creates(world, 1)


@scenario(ALL)
def adopt_of_a_mistyped_id_can_be_mended(world):
    """The vendor does not know that batch: nothing is decided by it."""
    world.write(5)
    world.sim.scripts = [Script(phases=("completed",))]
    in_doubt(world, "after")
    (batch,) = world.sim.batches.values()
    done = world.call("adopt", world.job_id(), batch.id + "0")
    want(done.code not in (0, 3) and done.err.strip(), "adopting what is not there: %r" % done)
    world.code(world.call("adopt", world.job_id(), batch.id), 0)
    world.check_out()
    creates(world, 1)


@scenario(ALL)
def adopt_of_what_another_job_has_is_refused(world):
    world.may_pay_twice = True
    world.write(5)
    os.makedirs(os.path.join(world.dir, "extra"))
    world.code(world.call("run", world.input, "-o", os.path.join(world.dir, "extra", "first")), 0)
    first = world.job_id()
    world.write(6)
    in_doubt(world, "before")
    (batch,) = world.sim.own_batches()
    (doubtful,) = [job["id"] for job in world.call("list", "--json").json()["jobs"] if job["id"] != first]
    done = world.call("adopt", doubtful, batch.id)
    want(done.code not in (0, 3) and first in done.err, "two jobs own one batch, or the owner is not named: %r" % done)
    world.code(world.call("resume"), 0)
    world.check_out()


@scenario(ALL)
def abandon_sends_nothing_and_says_so_in_each_row(world):
    world.write(5)
    in_doubt(world, "before")
    world.code(world.call("abandon", world.job_id()), 3)
    rows = world.check_out(lambda name: "errored")
    want("abandoned" in str(rows["r0"]["error"]), "row: %s" % rows["r0"])
    creates(world, 1)
    world.code(world.call("resume"), 0)
    creates(world, 1)


@scenario(ALL)
def abandon_leaves_what_runs_alone(world):
    world.write(5)
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    world.code(world.run(timeout="300ms"), 8)
    done = world.code(world.call("abandon", world.job_id()), 2)
    want("cancel" in done.err, "stderr does not name cancel: %r" % done.err)
    want(world.sim.count("cancel") == 0, "the batch was cancelled")
    world.sim.own_batches()[0].script.phases = ["completed"]
    ends_well(world)


@scenario(ALL)
def attach_takes_over_a_batch_without_a_state(world):
    world.write(5)
    world.code(world.run(), 0)
    (batch,) = world.sim.own_batches()
    shutil.rmtree(world.state)
    os.remove(world.output)
    calls = len(world.sim.calls)
    done = world.call("attach", "no-such-batch", "-o", world.output)
    want(done.code not in (0, 3) and not os.path.exists(world.output), "attached to nothing: %r" % done)
    want(not world.call("list", "--json").json()["jobs"], "a job stays of an id that the vendor does not know")
    world.code(world.call("attach", batch.id, "-o", world.output), 0)
    rows = world.rows()
    want({caller_id(name): row["text"] for name, row in rows.items()} ==
         {name: "answer to q-" + name for name in world.ids}, "rows: %s" % str(rows)[:300])
    again = world.code(world.call("attach", batch.id, "-o", world.output), 0)
    want(len(world.call("list", "--json").json()["jobs"]) == 1, "two jobs own one batch: %r" % again)
    other = os.path.join(world.dir, "extra-out")
    world.code(world.call("attach", batch.id, "-o", other), 0)
    want(os.path.exists(other), "-o was not written")
    os.remove(other)
    os.remove(world.output)
    world.code(world.call("resume", world.job_id()), 0)
    want(os.path.exists(world.output), "the job's output was moved")
    creates(world, 1)
    sent = ("create", "cancel", "delete", *world.sim.upload_calls)
    want(not [call for call in world.sim.calls[calls:] if call[0] in sent], "attach sent or deleted something")
