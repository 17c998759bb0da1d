"""A few requests first, the rest only where none of them is refused: `--canary N`, interrupted, looked at, given again."""
import json
import os
import signal

from harness import Fault, Script, add, scenario, want

SPLIT = "google openai anthropic mistral groq together"


def sizes(world):
    return sorted(len(batch.rows) for batch in world.sim.own_batches())


def refuse_first(world):
    world.sim.scripts = [Script(outcome=lambda index, row: "error")]


def job_of(world):
    listed = world.call("list", "--json").json()
    return listed["jobs"][0]["id"]


@scenario(SPLIT)
def canary_passes_and_the_rest_goes(world):
    world.write(9)
    world.code(world.run("--canary", "2"), 0)
    world.check_out()
    want(sizes(world) == [2, 7], "batches of %s" % sizes(world))


@scenario(SPLIT)
def canary_refused_and_nothing_more_is_sent(world):
    world.write(9)
    refuse_first(world)
    done = world.code(world.run("--canary", "2"), 3)
    want(sizes(world) == [2], "batches of %s" % sizes(world))
    rows = world.rows()
    want(len(rows) == 9, "%d rows" % len(rows))
    kinds = sorted(row["error"]["type"] for row in rows.values())
    want(kinds.count("not_submitted") == 7, "kinds %s" % kinds)
    held = [row for row in rows.values() if row["error"]["type"] == "not_submitted"]
    want(all("canary" in row["error"]["message"] for row in held), "no reason: %s" % held[0])
    want(not any(row["error"]["transient"] for row in held), "transient: %s" % held[0])
    want(done.code == 3, "exit %d" % done.code)


@scenario("openai anthropic")
def canary_of_a_few_requests_is_the_whole_job(world):
    world.write(3)
    world.code(world.run("--canary", "5"), 0)
    world.check_out()
    want(sizes(world) == [3], "batches of %s" % sizes(world))


@scenario("openai anthropic google")
def a_look_sends_nothing_of_what_is_held(world):
    world.write(9)
    world.code(world.call("submit", world.input, "--canary", "2"), 0)
    want(sizes(world) == [2], "submit sent batches of %s" % sizes(world))
    job = job_of(world)
    for _ in range(6):
        world.call("status", job)
        world.call("results", job, "-o", world.output + ".look")
    want(sizes(world) == [2], "looks sent batches of %s" % sizes(world))
    world.code(world.call("resume", job, "--json"), 0)
    want(sizes(world) == [2, 7], "batches of %s" % sizes(world))


@scenario("openai anthropic")
def the_same_input_without_canary_goes_on_with_the_job(world):
    world.write(9)
    world.sim.faults = [Fault("poll", "kill", "after")]
    want(world.run("--canary", "2").code == -signal.SIGKILL, "was not killed")
    world.code(world.run(), 0)
    world.check_out()
    want(sizes(world) == [2, 7], "batches of %s" % sizes(world))


@scenario("openai anthropic google")
def retry_behind_a_refused_canary_tries_a_canary_again(world):
    world.write(9)
    refuse_first(world)
    world.code(world.run("--canary", "2"), 3)
    world.sim.scripts = [Script(outcome=lambda index, row: "error")]
    os.remove(world.output)
    done = world.call("retry", job_of(world), "-o", world.output)
    want(done.code == 3, "exit %d: %s" % (done.code, done.err[-200:]))
    want(sizes(world) == [2, 2], "batches of %s" % sizes(world))
    world.may_pay_twice = True  # the requests of the canary, by retry


@scenario("openai anthropic google")
def cancelled_while_the_canary_runs(world):
    world.write(9)
    world.code(world.call("submit", world.input, "--canary", "2"), 0)
    job = job_of(world)
    world.code(world.call("cancel", job), 0)
    world.call("resume", job)
    want(sizes(world) == [2], "batches of %s" % sizes(world))


@scenario("openai")
def several_models_have_a_canary_each(world):
    world.ids = ["r%d" % i for i in range(8)]
    with open(world.input, "w") as file:
        for index, name in enumerate(world.ids):
            line = world.request(name)
            if index % 2:
                line["model"] = "gpt-4.1-mini"
            file.write(json.dumps(line) + "\n")
    world.code(world.run("--canary", "1"), 0)
    world.check_out()
    want(sizes(world) == [1, 1, 3, 3], "batches of %s" % sizes(world))


def killed_with_canary(world, call, when, skip):
    world.write(9)
    world.sim.faults = [Fault(call, "kill", when, skip=skip)]
    want(world.run("--canary", "2").code == -signal.SIGKILL, "was not killed")
    want(not os.path.exists(world.output), "OUT is there early")
    world.code(world.call("resume"), 0)
    world.check_out()
    want(sizes(world) == [2, 7], "batches of %s" % sizes(world))


def killed_with_refused_canary(world, call, when):
    world.write(9)
    refuse_first(world)
    world.sim.faults = [Fault(call, "kill", when)]
    want(world.run("--canary", "2").code == -signal.SIGKILL, "was not killed")
    world.code(world.call("resume"), 3)
    want(sizes(world) == [2], "batches of %s" % sizes(world))
    want(len(world.rows()) == 9, "%d rows" % len(world.rows()))


for vendor in "openai anthropic google".split():
    for moment in ("before", "after"):
        for turn in (0, 1):
            for step in ("create", "poll", "content"):
                add(vendor, "canary-killed-%s-%s-%d" % (moment, step, turn), killed_with_canary, call=step, when=moment,
                    skip=turn)
        for step in ("poll", "content"):
            add(vendor, "canary-refused-killed-%s-%s" % (moment, step), killed_with_refused_canary, call=step, when=moment)
