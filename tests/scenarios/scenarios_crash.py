"""The program killed, stopped or run twice at every call; what goes on afterwards."""
import itertools
import os
import signal
import threading
import time

from harness import ALL, SIMS, Fault, Script, Skip, add, scenario, want

CALLS = ("create", "poll", "content")


def killed(world, call, when, then, skip=0):
    """kill -9 as a call arrives, before or after the vendor executes it."""
    world.write(9)
    one = Fault(call, "kill", when, skip=skip)
    world.sim.faults.append(one)
    first = world.run()
    if one.times:
        raise Skip("this vendor's client never made that call")
    want(first.code == -signal.SIGKILL, "was not killed: %r" % first)
    want(not os.path.exists(world.output), "OUT is there, incomplete or early")
    second = world.run() if then == "run" else world.call("resume")
    world.code(second, 0)
    world.check_out()
    world.one_batch()
    world.code(world.call("resume"), 0)


for vendor in ALL.split():
    for step in (*SIMS[vendor].upload_calls, *CALLS):
        for moment in ("before", "after"):
            for again in ("resume", "run"):
                add(vendor, "killed-%s-%s-then-%s" % (moment, step, again), killed, call=step, when=moment, then=again)
    add(vendor, "killed-at-the-second-poll-then-resume", killed, call="poll", when="after", then="resume", skip=1)


@scenario(ALL)
def killed_again_and_again(world):
    """Killed at every call in turn, resumed each time."""
    world.write(12)
    world.sim.scripts = [Script(outcome=lambda index, row: "error" if index == 4 else "ok")]
    steps = [*SIMS[world.vendor].upload_calls, "create", "poll", "poll", "content"]
    world.sim.faults = [Fault(step, "kill", ("before", "after")[index % 2]) for index, step in enumerate(steps)]
    done = world.run()
    for _ in range(12):
        if done.code != -signal.SIGKILL:
            break
        done = world.call("resume")
    world.code(done, 3)
    world.check_out(lambda name: "errored" if name == "r4" else "succeeded")
    world.one_batch()


@scenario(ALL)
def killed_while_reconciling(world):
    world.write(5)
    world.sim.faults = [Fault("create", "reset", "after"), Fault("list", "kill", "after")]
    want(world.run().code == -signal.SIGKILL, "was not killed")
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()


@scenario(ALL)
def killed_while_it_proves_absence(world):
    world.write(5)
    world.sim.faults = [Fault("create", "reset"), Fault("list", "kill", "after", skip=1)]
    first = world.run()
    want(first.code == -signal.SIGKILL, "was not killed: %r" % first)
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()


@scenario("openai anthropic")
def killed_at_random_moments(world):
    """Wherever it dies, one batch and every answer once."""
    world.write(400)
    world.sim.scripts = [Script(phases=("validating", "in_progress", "in_progress", "completed"))]
    for milliseconds in (3, 8, 15, 25, 40, 60, 90, 130, 10, 30, 50, 75):
        process = world.start(world.command("run", world.input, "-o", world.output))
        try:
            process.wait(milliseconds / 1000)
        except Exception:
            process.kill()
        world.finish_process(process)
        if os.path.exists(world.output):
            break
    if not os.path.exists(world.output):
        world.code(world.run(), 0)
    world.check_out()
    world.may_pay_twice = False
    world.one_batch()


@scenario(ALL)
def dies_after_every_durable_step(world):
    """After each sync, rename, link and unlink of a whole run; die_at_step.c counts them."""
    if not world.die_at_step:
        raise Skip("this build has nothing to preload")
    base = world.state
    for number in itertools.count(1):
        world.write(ids=["k%d-%d" % (number, n) for n in range(3)])
        world.state, world.output = os.path.join(base, "k%d" % number), os.path.join(world.dir, "out.jsonl")
        if os.path.exists(world.output):
            os.remove(world.output)
        world.sim.batches.clear()
        first = world.run(env={"LD_PRELOAD": world.die_at_step, "DIE_AT_STEP": str(number)})
        if first.code == 0:
            break
        want(first.code == -signal.SIGKILL, "step %d: was not killed: %r" % (number, first))
        # With OUT in place the job may be over, and the same run would be a new one.
        again = world.run if number % 2 and not os.path.exists(world.output) else lambda: world.call("resume")
        second = again()
        if second.code == 0 and not os.path.exists(world.output):
            second = world.run()  # it died before the job was recorded
        want(second.code == 0, "after step %d: %r" % (number, second))
        world.check_out()
        want(len(world.sim.own_batches()) == 1, "after step %d: %d batches" % (number, len(world.sim.own_batches())))
        kinds = sorted(name.rsplit("_", 1)[1] for name in os.listdir(os.path.join(world.state, "generated", world.vendor)))
        want(kinds == ["output.jsonl", "provider.jsonl", "results.jsonl", "unified.jsonl"],
             "after step %d: audit files %s" % (number, kinds))
    want(number > 8, "only %d durable steps" % number)
    world.check_out()


@scenario(ALL)
def two_resumes_at_once(world):
    world.write(9)
    world.sim.scripts = [Script(phases=("validating",) * 6 + ("completed",))]
    world.sim.faults = [Fault("create", "kill", "after")]
    world.run()
    world.sim.kill = lambda: None
    first = world.start(world.command("resume"))
    second = world.start(world.command("resume"))
    codes = [world.finish_process(first).code, world.finish_process(second).code]
    want(0 in codes, "exits %s" % codes)
    want(set(codes) <= {0, 5, 8, 10}, "exits %s" % codes)
    world.check_out()
    world.one_batch()
    if world.vendor in ("openai", "groq", "together", "mistral", "anthropic"):
        want(world.sim.count("content") <= 2, "results were collected %d times" % world.sim.count("content"))


def interrupted(world, number, code):
    world.write(9)
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    process = world.start(world.command("run", world.input, "-o", world.output))
    for _ in range(6000):  # the machine may be busy: what is interrupted has to be under way
        if world.sim.count("poll") >= 2:
            break
        time.sleep(0.01)
    process.send_signal(number)
    done = world.code(world.finish_process(process, 10), code)
    want(done.seconds < 5, "took %.1f s" % done.seconds)
    want("resume" in done.err, "stderr does not say how to go on: %r" % done.err)
    want(world.sim.count("cancel") == 0, "the remote batch was cancelled")
    want(not os.path.exists(world.output), "OUT is there")
    world.sim.own_batches()[0].script.phases = ["completed"]
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()


for vendor in ALL.split():
    add(vendor, "ctrl-c-then-resume", interrupted, number=signal.SIGINT, code=130)
    add(vendor, "sigterm-then-resume", interrupted, number=signal.SIGTERM, code=143)


@scenario(ALL)
def ctrl_c_while_the_create_is_under_way(world):
    world.write(5)
    event = threading.Event()
    world.sim.faults = [Fault("create", "hold", "after", event=event)]
    process = world.start(world.command("run", world.input, "-o", world.output))
    for _ in range(400):
        if world.sim.count("create"):
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    done = world.code(world.finish_process(process, 15), 130)
    event.set()
    want(done.seconds < 5.5, "took %.1f s" % done.seconds)
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()


@scenario(ALL)
def timeout_then_resume(world):
    world.write(5)
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    done = world.code(world.run(timeout="500ms"), 8)
    want("resume" in done.err, "stderr does not say how to go on: %r" % done.err)
    want(world.sim.count("cancel") == 0 and not os.path.exists(world.output), "cancelled, or OUT is there")
    world.sim.own_batches()[0].script.phases = ["completed"]
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()


@scenario("openai")
def timeout_then_the_same_run_with_other_input_is_new(world):
    world.write(5)
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    world.code(world.run(timeout="300ms"), 8)
    world.write(6)
    world.may_pay_twice = True
    world.sim.scripts = [Script(phases=["completed"])]
    world.code(world.run(timeout="2s"), 0)
    want(len(world.sim.own_batches()) == 2, "%d batches" % len(world.sim.own_batches()))
    world.check_out()


@scenario("openai")
def resume_with_nothing_to_do(world):
    world.code(world.call("resume"), 0)
    world.nothing_sent()


@scenario("openai")
def resume_of_an_unknown_job(world):
    world.write(2)
    world.code(world.run(), 0)
    world.code(world.call("resume", "no-such-job"), 6)


@scenario("openai")
def a_second_owner_is_refused(world):
    world.write(5)
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    first = world.start(world.command("run", world.input, "-o", world.output))
    for _ in range(400):
        if world.sim.count("poll"):
            break
        time.sleep(0.01)
    second = world.run(timeout="1s")
    want(second.code in (5, 8, 10), "the second owner: %r" % second)
    world.sim.own_batches()[0].script.phases = ["completed"]
    world.code(world.finish_process(first), 0)
    world.one_batch()
    world.check_out()


@scenario("openai")
def out_already_there_is_replaced_whole(world):
    world.write(3)
    with open(world.output, "w") as file:
        file.write("old\n")
    world.code(world.run(), 0)
    world.check_out()


@scenario("openai")
def out_in_a_directory_that_is_not_there(world):
    world.write(3)
    done = world.call("run", world.input, "-o", os.path.join(world.dir, "nowhere", "out.jsonl"))
    want(done.code not in (0, 3), "exit %d" % done.code)
    want(done.code == 2 and not world.sim.calls or world.sim.count("create") <= 1, "made batches: %r" % done)
