"""Who may make the state forget: the same command given again, looks in between, retries, and the directory itself."""
import fcntl
import os
import shutil
import signal
import stat
import time

from harness import ALL, Fault, Script, Skip, add, scenario, want

TWO = "openai anthropic"


def creates(world, number):
    want(world.sim.count("create") == number, "%d creates, not %d" % (world.sim.count("create"), number))


def wait_for(condition, text):
    """A moment that the program reaches by itself."""
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    want(False, "never came: " + text)


def killed_before_it_spoke(world):
    """OUT is written; the summary stays in a full pipe, and the program is killed there."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    os.write(write, b"x" * 4096)
    process = world.start(world.command("run", world.input, "-o", world.output, "--json"), stdout=write)
    wait_for(lambda: os.path.exists(world.output), "OUT")
    for _ in range(20):  # until it stands before the full pipe, where the system tells
        with open("/proc/%d/wchan" % process.pid) as file:
            if "pipe" in file.read():
                break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    world.finish_process(process)
    os.close(read)
    os.close(write)


def killed_after_out(world, looks):
    """Nobody was told that it is done, so the same command goes on with the job, whoever looked meanwhile."""
    world.write(5)
    killed_before_it_spoke(world)
    job = world.job_id()
    for look in looks:
        words = (look, job) if look not in ("list", "resume") else (look,)
        world.call(*words)
    world.code(world.run(), 0)
    creates(world, 1)
    world.check_out()
    done = world.code(world.run(), 2)
    want(job in done.err, "the finished job is not named: %r" % done.err)
    creates(world, 1)


LOOKS = {"nobody": (), "status": ("status",), "list": ("list",), "results": ("results",), "watch": ("watch",),
         "everybody": ("list", "status", "results", "watch", "status")}
for vendor in TWO.split():
    for label, looks in LOOKS.items():
        add(vendor, "killed-after-out-and-looked-at-by-" + label, killed_after_out, looks=looks)


@scenario(ALL)
def killed_after_out_then_resume_then_run(world):
    """resume tells of the end, or run still goes on with it; in no case is anything paid twice."""
    world.write(5)
    killed_before_it_spoke(world)
    os.remove(world.output)
    world.code(world.call("resume"), 0)
    world.check_out()
    world.code(world.run(), 0, 2)
    creates(world, 1)


@scenario(ALL)
def looks_beside_the_owner_then_killed(world):
    """What was refused because of the owner took nothing from it."""
    world.write(5)
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    process = world.start(world.command("run", world.input, "-o", world.output))
    wait_for(lambda: world.sim.count("poll") >= 2, "a poll")
    job = world.call("list", "--json").json()["jobs"][0]["id"]
    for words in (("status", job), ("results", job), ("run", world.input, "-o", world.output), ("resume",),
                  ("cancel", job)):
        world.call(*words, timeout="200ms")
    process.send_signal(signal.SIGKILL)
    world.finish_process(process)
    want(world.sim.count("cancel") == 0, "a refused cancel reached the vendor")
    world.sim.own_batches()[0].script.phases = ["completed"]
    world.code(world.run(), 0)
    world.check_out()
    creates(world, 1)


# ---- the same command again ----

@scenario(ALL)
def a_finished_job_is_named_and_nothing_is_sent(world):
    world.write(5)
    world.may_pay_twice = True
    world.code(world.run(), 0)
    job, calls = world.job_id(), len(world.sim.calls)
    elsewhere = os.path.join(world.dir, "extra")
    os.makedirs(elsewhere)
    for words in (("run", world.input, "-o", world.output), ("run", world.input, "-o", elsewhere + "/other"),
                  ("submit", world.input, "-o", world.output), ("submit", world.input)):
        done = world.code(world.call(*words), 2)
        want(job in done.err and "--again" in done.err and "--reuse" in done.err, "%s: %r" % (words[0], done.err))
    want(len(world.sim.calls) == calls, "the vendor was asked")
    world.code(world.call("run", world.input, "-o", elsewhere + "/reused", "--reuse"), 0)
    world.check_out(path=elsewhere + "/reused")
    creates(world, 1)
    world.code(world.run("--again"), 0)
    creates(world, 2)


@scenario(ALL)
def reuse_ends_as_the_job_did(world):
    world.write(6)
    world.sim.scripts = [Script(outcome=lambda index, row: "error" if index == 2 else "ok")]
    world.code(world.run(), 3)
    os.remove(world.output)
    world.code(world.run("--reuse"), 3)
    world.check_out(lambda name: "errored" if name == "r2" else "succeeded")
    creates(world, 1)


# ---- retry ----

def failed_job(world):
    """A finished job with two rows that failed; what is sent next succeeds."""
    world.write(6)
    world.may_pay_twice = True  # two rows are asked again on purpose
    world.sim.scripts = [Script(outcome=lambda index, row: "error" if index in (1, 4) else "ok"), Script()]
    world.code(world.run(), 3)
    job = world.job_id()
    world.ids = ["r1", "r4"]
    return job


def retried(world, job, *words, **options):
    return world.call("retry", job, "-o", world.output, *words, **options)


@scenario(ALL)
def retry_twice_pays_once(world):
    job = failed_job(world)
    world.code(retried(world, job), 0)
    world.check_out()
    creates(world, 2)
    done = world.code(retried(world, job), 2)
    want("--again" in done.err and "--reuse" in done.err, "stderr: %r" % done.err)
    creates(world, 2)
    os.remove(world.output)
    world.code(retried(world, job, "--reuse"), 0)
    world.check_out()
    creates(world, 2)
    world.code(retried(world, job, "--again"), 0)
    creates(world, 3)


@scenario(ALL)
def retry_goes_on_after_a_time_out(world):
    job = failed_job(world)
    world.sim.scripts[1] = Script(phases=("validating", "in_progress"))
    world.code(retried(world, job, timeout="300ms"), 8)
    world.code(retried(world, job, timeout="300ms"), 8)
    world.sim.own_batches()[-1].script.phases = ["completed"]
    world.code(retried(world, job), 0)
    world.check_out()
    creates(world, 2)


def retry_killed(world, call, then):
    job = failed_job(world)
    os.remove(world.output)
    world.sim.faults.append(Fault(call, "kill", "after"))
    want(retried(world, job).code == -signal.SIGKILL, "was not killed")
    world.code(retried(world, job) if then == "retry" else world.call("resume"), 0)
    world.check_out()
    creates(world, 2)


for vendor in ALL.split():
    for step in ("create", "poll", "content"):
        if (vendor, step) != ("google", "content"):
            add(vendor, "retry-killed-at-%s-then-retry" % step, retry_killed, call=step, then="retry")
    add(vendor, "retry-killed-then-resume-writes-its-out", retry_killed, call="poll", then="resume")


# ---- the directory itself ----

def taken_away(world, how):
    """During the upload somebody removes, moves or replaces the directory: nothing is paid that cannot be recorded."""
    world.write(3000 if world.vendor == "google" else 5)
    call = world.sim.upload_calls[0]

    def take(name, request):
        if name != call or world.sim.count(call) != 1:
            return
        if how == "deleted":
            shutil.rmtree(world.state)
        else:
            os.makedirs(os.path.join(world.dir, "extra"))
            os.rename(world.state, os.path.join(world.dir, "extra", "state"))
        if how == "replaced":
            shutil.copytree(os.path.join(world.dir, "extra", "state"), world.state)
    world.sim.on_call = take
    done = world.run(timeout="5s")
    if not world.sim.count(call):
        raise Skip("small batches go inline")
    world.code(done, 10)
    want(world.state in done.err, "the directory is not named: %r" % done.err)
    creates(world, 0)


for vendor in ("openai", "google", "mistral", "together", "groq"):
    for label in ("deleted", "moved", "replaced"):
        add(vendor, "state-directory-%s-before-the-paid-call" % label, taken_away, how=label)


def linked(world, what):
    world.write(3)
    outside = os.path.join(world.dir, "extra")
    os.makedirs(world.state, 0o700)
    os.makedirs(os.path.join(outside, what), 0o700)
    os.symlink(os.path.join(outside, what), os.path.join(world.state, what))
    done = world.code(world.run(), 10)
    want(what in done.err, "the link is not named: %r" % done.err)
    want(not os.listdir(os.path.join(outside, what)), "written through the link")
    world.nothing_sent()


def open_to_others(world, mode):
    world.write(3)
    os.makedirs(world.state)
    os.chmod(world.state, mode)
    done = world.code(world.run(), 10)
    want(world.state in done.err and "inside" in done.err, "stderr does not say what to do: %r" % done.err)
    want(stat.S_IMODE(os.stat(world.state).st_mode) == mode, "its mode was changed")
    want(not os.listdir(world.state), "something was written into it")
    world.nothing_sent()
    os.chmod(world.state, 0o700)


for label in ("spool", "generated", "lock", "state.db"):
    add("openai", "state-directory-with-a-link-for-" + label, linked, what=label)
for label in (0o777, 0o770, 0o720, 0o1777):
    add("openai", "state-directory-of-mode-%o" % label, open_to_others, mode=label)


@scenario(ALL)
def resume_of_an_older_job_leaves_the_younger_ones_output_alone(world):
    """Both remember one OUT, and the older one was cancelled before anything was sent."""
    world.write(5)
    first = (*world.sim.upload_calls, "create")[0] if world.vendor != "google" else "create"
    world.sim.faults.append(Fault(first, "401" if world.vendor != "google" else "403"))
    world.code(world.run(), 4)
    older = world.job_id()
    world.call("cancel", older)
    world.code(world.call("resume", older), 3)
    world.sim.faults.clear()
    world.code(world.run("--again"), 0)
    world.check_out()
    done = world.call("resume", older)
    want("younger job" in done.err and "-o FILE" in done.err, "%r" % done)
    world.check_out()
    extra = os.path.join(world.dir, "extra-out")
    world.call("resume", older, "-o", extra)
    want(os.path.exists(extra), "-o was not written")
    os.remove(extra)
    world.check_out()


def cancelled_unsent(world):
    """A job that was cancelled before anything was sent, and whose end was told."""
    first = (*world.sim.upload_calls, "create")[0] if world.vendor != "google" else "create"
    world.sim.faults.append(Fault(first, "401" if world.vendor != "google" else "403"))
    world.code(world.run("--again"), 4)
    job = world.call("list", "--json").json()["jobs"][0]["id"]
    world.call("cancel", job)
    world.code(world.call("resume", job), 3)
    world.sim.faults.clear()
    return job


def same_requests_by_another_way(world, first, then):
    """run and retry of the same requests, in either order, also of two parents, also when the parent is gone."""
    world.write(5)
    parent = cancelled_unsent(world)
    other = cancelled_unsent(world) if first == "two" else None
    sent = world.sim.count("create")
    ways = {"run": lambda: world.run(), "retry": lambda: world.call("retry", parent, "-o", world.output),
            "two": lambda: world.call("retry", other, "-o", world.output)}
    world.code(ways[first](), 0)
    creates(world, sent + 1)
    if then == "removed-run":
        world.code(world.call("remove", parent), 0)
        then = "run"
    done = world.code(ways[then](), 2)
    want("answered" in done.err or "made already" in done.err, "%r" % done)
    creates(world, sent + 1)


for vendor in TWO.split():
    for pair in (("run", "retry"), ("retry", "run"), ("two", "retry"), ("two", "run"), ("retry", "removed-run")):
        add(vendor, "%s-then-%s-of-the-same-requests" % pair, same_requests_by_another_way, first=pair[0], then=pair[1])
