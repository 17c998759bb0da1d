"""A job with a canary, killed at random and at every durable step: the rest goes once, after the verdict, or never; and
what a retry sends first where the parent's canary did not pass."""
import itertools
import json
import os
import random
import signal
import subprocess

from harness import MODELS, Script, Skip, add, is_row_of, scenario, want
from sim_base import Batch
from sim_tenants import caller_id

SIZE = 2
OTHER = {"anthropic": "claude-sonnet-4-5", "openai": "gpt-4.1-mini"}


def sizes(world):
    return sorted(len(batch.rows) for batch in world.sim.own_batches())


def names_of(batch):
    return {caller_id(row[0]) for row in batch.rows}


def refuse_first(world):
    world.sim.scripts = [Script(outcome=lambda index, row: "error")]


def job_of(world):
    return world.call("list", "--json").json()["jobs"][0]["id"]


def watch(world, firsts):
    """No create call names one of the others while a canary has not ended and been read."""
    def look(name, request):
        if name != "create":
            return
        sent = bytes(request.body)
        for file in getattr(world.sim, "files", {}).values():
            data = file.get("data", b"") if isinstance(file, dict) else getattr(file, "data", b"")
            identity = file.get("id", "") if isinstance(file, dict) else getattr(file, "id", "")
            if identity and identity.encode() in sent:
                sent += bytes(data)
        if not any(is_row_of(sent, name) for name in world.ids if name not in firsts):
            return
        canaries = [batch for batch in world.sim.own_batches() if names_of(batch) & firsts]
        seen = set().union(*map(names_of, canaries)) if canaries else set()
        if seen != firsts or not all(batch.ended() for batch in canaries):
            world.sim.violation("the rest is sent while the canary is in doubt: %s" % sorted(seen))
    world.sim.on_call = look


def check_end(world, refused, done):
    if refused:
        world.code(done, 3)
        want(sizes(world) == [SIZE], "batches of %s" % sizes(world))
        rows = world.rows()
        want(len(rows) == len(world.ids), "%d rows" % len(rows))
        kinds = [(row["error"] or {}).get("type", "") for row in rows.values()]
        want(kinds.count("not_submitted") == len(world.ids) - SIZE, "kinds %s" % sorted(kinds))
    else:
        world.code(done, 0)
        world.check_out()
        want(sizes(world) == [SIZE, len(world.ids) - SIZE], "batches of %s" % sizes(world))


def dies_after_every_durable_step_with_canary(world, refused):
    if not world.die_at_step:
        raise Skip("this build has nothing to preload")
    base = world.state
    for number in itertools.count(1):
        world.write(ids=["k%d-%d" % (number, n) for n in range(5)])
        world.state = os.path.join(base, "k%d" % number)
        if os.path.exists(world.output):
            os.remove(world.output)
        world.sim.batches.clear()
        if refused:
            refuse_first(world)
        watch(world, set(world.ids[:SIZE]))
        first = world.run("--canary", str(SIZE), env={"LD_PRELOAD": world.die_at_step, "DIE_AT_STEP": str(number)})
        if first.code != -signal.SIGKILL:
            break
        second = None
        if os.path.exists(world.output) or number % 2 == 0:
            second = world.call("resume")
        if not os.path.exists(world.output):  # it died before the job was recorded, or is given again
            second = world.run("--canary", str(SIZE))
        if second.code == 0 and refused and os.path.exists(world.output):
            second.code = 3  # all was told before it died
        check_end(world, refused, second)
    want(number > 12, "only %d durable steps" % number)
    check_end(world, refused, first)


def killed_at_random_with_canary(world, refused, seed):
    dice = random.Random(seed)
    world.write(60)
    world.sim.scripts = [Script(phases=("validating", "in_progress", "in_progress", "completed"))]
    if refused:
        world.sim.scripts = [Script(phases=("validating", "in_progress", "completed"),
                                    outcome=lambda index, row: "error" if index else "ok")]
    watch(world, set(world.ids[:SIZE]))
    for _ in range(15):
        process = world.start(world.command("run", world.input, "-o", world.output, "--canary", str(SIZE)))
        try:
            process.wait(dice.uniform(0.01, 0.35))
        except subprocess.TimeoutExpired:
            process.kill()
        done = world.finish_process(process)
        if os.path.exists(world.output):
            break
    if not os.path.exists(world.output):
        done = world.run("--canary", str(SIZE))
    if done.code == -signal.SIGKILL:  # between the end and the word of it
        done.code = 3 if refused else 0
    check_end(world, refused, done)


for vendor in "openai anthropic google".split():
    for is_refused, end in ((False, "passed"), (True, "refused")):
        add(vendor, "canary-%s-dies-after-every-durable-step" % end, dies_after_every_durable_step_with_canary,
            refused=is_refused)
        for one in range(3):
            add(vendor, "canary-%s-killed-at-random-%d" % (end, one), killed_at_random_with_canary, refused=is_refused,
                seed=one)


# ---- retries ----

@scenario("openai")
def retry_behind_rows_that_never_came_tries_the_next_ones(world):
    """What may still be answered is not sent again, and the rest not without a canary of its own."""
    world.write(9)
    world.sim.scripts = [Script(outcome=lambda index, row: "missing")]
    world.code(world.run("--canary", str(SIZE)), 3)
    want(sizes(world) == [SIZE], "batches of %s" % sizes(world))
    job = job_of(world)
    os.remove(world.output)
    watch(world, set(world.ids[:2 * SIZE]))
    world.sim.scripts.append(Script())
    world.code(world.call("retry", job, "-o", world.output), 0)
    want(sizes(world) == [SIZE, SIZE, 5], "batches of %s" % sizes(world))
    want(sorted(world.rows()) == world.ids[SIZE:], "rows %s" % sorted(world.rows()))


@scenario("openai anthropic")
def retry_behind_a_cancelled_canary_has_one(world):
    world.write(9)
    world.sim.scripts = [Script(phases=("validating", "in_progress"), cancel_done=0),
                         Script(outcome=lambda index, row: "error")]
    world.code(world.call("submit", world.input, "--canary", str(SIZE)), 0)
    job = job_of(world)
    world.code(world.call("cancel", job), 0)
    world.call("resume", job)
    want(sizes(world) == [SIZE], "batches of %s" % sizes(world))
    world.may_pay_twice = True  # the rows that were cancelled
    world.code(world.call("retry", job, "-o", world.output), 3)
    want(sizes(world) == [SIZE, SIZE], "batches of %s" % sizes(world))


@scenario("openai anthropic")
def retry_behind_a_canary_that_passed_sends_all_at_once(world):
    world.write(9)
    world.sim.scripts = [Script(), Script(outcome=lambda index, row: "error" if index < 3 else "ok"), Script()]
    world.code(world.run("--canary", str(SIZE)), 3)
    os.remove(world.output)
    world.may_pay_twice = True  # the three that failed
    world.code(world.call("retry", job_of(world), "-o", world.output), 0)
    want(sizes(world) == [SIZE, 3, 7], "batches of %s" % sizes(world))


@scenario("openai anthropic")
def retry_with_a_canary_of_its_own_size(world):
    world.write(9)
    world.sim.scripts = [Script(outcome=lambda index, row: "error")]
    world.code(world.run(), 3)
    os.remove(world.output)
    world.may_pay_twice = True
    world.code(world.call("retry", job_of(world), "-o", world.output, "--canary", "4"), 3)
    want(sizes(world) == [4, 9], "batches of %s" % sizes(world))


@scenario("openai anthropic google")
def retry_of_a_refused_retry_tries_again(world):
    """As large a canary as at first, however often; once it passes the rest goes."""
    world.write(9)
    refuse_first(world)
    world.may_pay_twice = True
    world.code(world.run("--canary", str(SIZE)), 3)
    parent = job_of(world)
    for turn in range(2):
        os.remove(world.output)
        world.sim.scripts = [Script(outcome=lambda index, row: "error")]
        world.code(world.call("retry", parent, "-o", world.output), 3)
        jobs = world.call("list", "--json").json()["jobs"]
        parent = next(job["id"] for job in jobs if job.get("parent") == parent)
        want(sizes(world) == [SIZE] * (turn + 2), "batches of %s" % sizes(world))
    os.remove(world.output)
    world.sim.scripts = [Script()]
    world.code(world.call("retry", parent, "-o", world.output), 0)
    want(sizes(world) == [SIZE] * 4 + [7], "batches of %s" % sizes(world))


# ---- several models, adopted batches, native lines ----

def write_two_models(world, count=10):
    world.ids = ["r%d" % i for i in range(count)]
    with open(world.input, "w", encoding="utf-8") as file:
        for index, name in enumerate(world.ids):
            line = world.request(name, model=OTHER[world.vendor] if index % 2 else MODELS[world.vendor])
            file.write(json.dumps(line) + "\n")


@scenario("openai anthropic")
def each_of_mixed_models_is_tried_first(world):
    write_two_models(world)
    watch(world, {"r0", "r1"})
    world.code(world.run("--canary", "1"), 0)
    world.check_out()
    want(sizes(world) == ([1, 1, 8] if world.vendor == "anthropic" else [1, 1, 4, 4]), "batches of %s" % sizes(world))


@scenario("openai anthropic")
def one_refused_model_holds_all_back(world):
    write_two_models(world)
    world.sim.scripts = [Script(), Script(outcome=lambda index, row: "error")]
    world.code(world.run("--canary", "1"), 3)
    want(sizes(world) == [1, 1], "batches of %s" % sizes(world))
    rows = world.rows()
    kinds = sorted((row["error"] or {}).get("type", "") for row in rows.values())
    want(kinds.count("not_submitted") == 8 and sum(row["status"] == "succeeded" for row in rows.values()) == 1,
         "kinds %s" % kinds)


@scenario("openai anthropic")
def canary_killed_with_mixed_models_given_again(world):
    """The same input with another canary, or none, is the same work."""
    write_two_models(world)
    for words in (("--canary", "1"), ("--canary", "2"), ()):
        process = world.start(world.command("run", world.input, "-o", world.output, *words))
        try:
            process.wait(0.15)
        except subprocess.TimeoutExpired:
            process.kill()
        world.finish_process(process)
    if not os.path.exists(world.output):
        world.code(world.run(), 0)
    world.check_out()


@scenario("openai anthropic")
def vendors_own_lines_have_a_canary(world):
    world.ids = ["r%d" % i for i in range(7)]
    with open(world.input, "w", encoding="utf-8") as file:
        for name in world.ids:
            body = {"model": MODELS[world.vendor], "max_tokens": 9,
                    "messages": [{"role": "user", "content": "q-" + name}]}
            line = {"custom_id": name, "params": body} if world.vendor == "anthropic" else {
                "custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}
            file.write(json.dumps(line) + "\n")
    watch(world, {"r0", "r1"})
    world.code(world.run("--canary", "2"), 0)
    want(sizes(world) == [2, 5] and sorted(world.rows()) == world.ids, "batches of %s" % sizes(world))


@scenario("openai anthropic")
def adopted_part_is_not_sent_by_the_verdict(world):
    """A person says that the held batch is at the vendor already: the verdict that follows sends it no more."""
    world.write(9)
    world.sim.scripts = [Script(phases=("validating",))]
    world.code(world.call("submit", world.input, "--canary", str(SIZE), "-o", world.output), 0)
    (canary,) = world.sim.own_batches()
    job = job_of(world)
    rows = [(name, canary.rows[0][1], *canary.rows[0][2:]) for name in world.ids[SIZE:]]
    other = Batch(1, rows, Script(phases=("completed",)), **{
        key: value for key, value in vars(canary).items()
        if key not in vars(Batch(0, [], Script())) and key != "id"}, id=canary.id[:-2] + "zz")
    world.sim.batches[other.id] = other
    world.call("adopt", job, other.id, "--part", "1", timeout="1s")
    canary.script.phases = ["completed"]
    world.code(world.call("resume", job), 0, 3)
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))
