"""Creating a batch is paid and not idempotent: no clear answer is looked into, never answered with a second create."""
import os
import time

from harness import ALL, Fault, Script, scenario, add, want

LOST_AFTER = {"reset": dict(action="reset"), "close": dict(action="close"), "empty-body": dict(action="empty"),
              "html-200": dict(action="html"), "html-502": dict(action="html", status=502), "500": dict(action="500"),
              "503": dict(action="503"), "504": dict(action="504"), "cut-body": dict(action="cut"),
              "json-without-id": dict(action="body", body=b'{"object":"batch","status":"validating"}'),
              "json-null": dict(action="body", body=b"null"), "408": dict(action="408")}
LOST_BEFORE = {"reset": dict(action="reset"), "close": dict(action="close"), "500": dict(action="500"),
               "503-with-retry-after": dict(action="503", retry_after=1), "html-502": dict(action="html", status=502),
               "empty-body": dict(action="empty"), "reset-in-the-body": dict(action="reset_body")}


def executed_but_lost(world, **fault):
    """Exactly one batch is made and paid; it is found by listing."""
    world.write(9)
    for _ in range(3):
        world.sim.add_foreign_batch(9)
    world.sim.faults.append(Fault("create", when="after", **fault))
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))


def lost_and_not_executed(world, **fault):
    """Sent again once two complete listings, settle apart, proved that it is not there."""
    world.write(9)
    world.sim.add_foreign_batch(9)
    world.sim.faults.append(Fault("create", **fault))
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()
    times = [at for name, _, at in world.sim.calls if name == "create"]
    lists = [at for name, _, at in world.sim.calls if name == "list"]
    if len(times) == 2:
        want(times[1] - times[0] >= 0.29, "sent again after %.3f s" % (times[1] - times[0]))
    want(len(lists) >= 2 and lists[-1] - times[0] >= 0.29, "listings at %s" % [round(at - times[0], 3) for at in lists])
    want(lists[-1] < times[-1], "no listing before the second create")


for vendor in ALL.split():
    for label, how in LOST_AFTER.items():
        add(vendor, "create-lost-after-execution-" + label, executed_but_lost, **how)
    for label, how in LOST_BEFORE.items():
        add(vendor, "create-lost-before-execution-" + label, lost_and_not_executed, **how)


@scenario(ALL)
def create_lost_and_shown_late(world):
    """The first listings do not show the batch yet."""
    world.write(6)
    world.sim.scripts = [Script(invisible_lists=1)]
    world.sim.faults.append(Fault("create", "reset", "after"))
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()


@scenario("openai groq anthropic google mistral")
def create_lost_and_found_on_a_later_page(world):
    world.write(6)

    def crowd(name, request):
        if name == "list" and len(world.sim.batches) < 50:
            for _ in range(250):
                world.sim.add_foreign_batch(5)
            for batch in world.sim.batches.values():
                batch.created = time.time() if getattr(batch, "foreign", False) else batch.created
    world.sim.on_call = crowd
    world.sim.faults.append(Fault("create", "reset", "after"))
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()
    want(world.sim.count("list") >= 2, "%d listings" % world.sim.count("list"))


@scenario(ALL)
def create_lost_and_listing_fails_at_first(world):
    world.write(6)
    world.sim.faults += [Fault("create", "reset", "after"), Fault("list", "503", times=2), Fault("list", "reset"),
                         Fault("list", "body", body=b"{"), Fault("list", "html", status=200)]
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()


@scenario(ALL)
def create_lost_before_and_listing_broken(world):
    """Listings that fail prove nothing."""
    world.write(6)
    world.sim.faults += [Fault("create", "reset"), Fault("list", "500", times=6)]
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()


@scenario(ALL)
def create_lost_and_listing_fails_for_ever(world):
    world.write(6)
    world.sim.faults += [Fault("create", "reset", "after"), Fault("list", "503", times=10 ** 9)]
    world.code(world.run(timeout="2s"), 5, 8)
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))
    world.sim.faults.clear()
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()


@scenario(ALL)
def submit_ends_with_5_when_unknown(world):
    """on_unknown=wait leaves the batch possibly submitted."""
    world.write(6)
    world.sim.faults.append(Fault("create", "reset"))
    done = world.call("submit", world.input, "--json", "--set", "submit.on_unknown=wait")
    world.code(done, 5)
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))


@scenario(ALL)
def create_lost_twice(world):
    """Two attempts without an answer, one of them executed."""
    world.write(6)
    world.sim.faults += [Fault("create", "reset"), Fault("create", "500", "after")]
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()


@scenario(ALL)
def create_refused_for_good(world):
    """A vendor's own 400 is a clear refusal; it is not repeated, and its reason is told."""
    world.write(4)
    world.sim.faults.append(Fault("create", "400", times=10 ** 9))
    done = world.code(world.run(), 1, 3)
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))
    want("simulated refusal" in done.err or os.path.exists(world.output), "no reason told: %r" % done)
    if os.path.exists(world.output):
        rows = world.check_out(lambda name: "errored")
        want("simulated refusal" in str(rows["r0"]["error"]), "the vendor's reason: %s" % rows["r0"])


@scenario("openai anthropic")
def a_create_under_way_is_not_sent_on_a_used_connection(world):
    """A kept-alive connection that dies on the create must not replay it."""
    world.write(6)
    world.sim.faults.append(Fault("create", "close", "after"))
    world.code(world.run(), 0)
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))
    world.one_batch()


@scenario("openai")
def same_requests_submitted_twice_are_two_jobs(world):
    """What the user pays for twice on purpose is not mistaken for a lost create."""
    world.write(4)
    world.may_pay_twice = True
    world.code(world.run(), 0)
    world.code(world.run(), 2)
    world.code(world.run("--again"), 0)
    want(len(world.sim.own_batches()) == 2, "%d batches" % len(world.sim.own_batches()))
    world.check_out()


@scenario("openai")
def twins_of_another_job_are_not_adopted(world):
    """An equal batch of an earlier job is no proof that the lost create was executed."""
    world.write(4)
    world.may_pay_twice = True
    world.code(world.run(), 0)
    world.sim.faults.append(Fault("create", "reset"))
    world.code(world.run("--again"), 0)
    want(len(world.sim.own_batches()) == 2, "%d batches" % len(world.sim.own_batches()))
    world.check_out()
