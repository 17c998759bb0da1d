"""What goes wrong on the way: refusals, broken connections and cut bodies at each call that may be made again."""
import os
import socket

from harness import ALL, FILE_BASED, SIMS, Fault, Script, Skip, add, scenario, want

ACTIONS = {"429": "429", "500": "500", "503": "503", "reset": "reset", "close": "close", "html-502": "html"}


def fault(world, call, action, when="before", **more):
    if action == "html":
        more["status"] = 502
    one = Fault(call, action, when, **more)
    world.sim.faults.append(one)
    return one


def fired(world, *faults):
    if any(one.times == one.args.get("planned", 1) for one in faults):
        raise Skip("this vendor's client never made that call")


def free_call(world, call, action, when):
    """A call that costs nothing fails twice and is made again."""
    world.write(8)
    one = fault(world, call, action, when, times=2, planned=2)
    world.code(world.run(), 0)
    fired(world, one)
    world.check_out()
    world.one_batch()


for vendor in ALL.split():
    for step in (*SIMS[vendor].upload_calls, "poll", "content"):
        for label, act in ACTIONS.items():
            add(vendor, "%s-%s" % (step, label), free_call, call=step, action=act, when="before")
        add(vendor, "%s-reset-after-execution" % step, free_call, call=step, action="reset", when="after")


@scenario(FILE_BASED)
def upload_reset_in_the_body(world):
    call = SIMS[world.vendor].upload_calls[-1]
    world.write(5000)
    one = fault(world, call, "reset_body")
    world.code(world.run(), 0)
    fired(world, one)
    world.check_out()
    world.one_batch()


@scenario(ALL)
def download_cut_in_the_middle(world):
    world.write(60)
    one = fault(world, "content", "cut", "after")
    world.code(world.run(), 0)
    fired(world, one)
    world.check_out()


@scenario(ALL)
def download_cut_with_a_clean_end(world):
    world.write(60)
    one = fault(world, "content", "clean_cut", "after")
    world.code(world.run(), 0)
    fired(world, one)
    world.check_out()


@scenario(ALL)
def poll_cut_in_the_middle(world):
    world.write(5)
    one = fault(world, "poll", "cut", "after")
    world.code(world.run(), 0)
    fired(world, one)
    world.check_out()


@scenario(ALL)
def poll_answers_nonsense(world):
    """Answers that are not the batch change nothing about it."""
    world.write(5)
    for skip, body in enumerate((b"", b"null", b"[]", b"{}", b'"x"', b'{"id":', b"<html></html>", b'{"error":null}')):
        fault(world, "poll", "body", body=body)
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()


def waits(world, call):
    """Retry-After is a lower bound."""
    world.write(3)
    one = fault(world, call, "429", retry_after=1)
    world.code(world.run(), 0)
    fired(world, one)
    times = [at for name, _, at in world.sim.calls if name == call]
    want(times[1] - times[0] >= 0.98, "came back after %.2f s" % (times[1] - times[0]))
    world.check_out()
    world.one_batch()


for vendor in ALL.split():
    for step in (*SIMS[vendor].upload_calls[:1], "create", "poll", "content"):
        add(vendor, step + "-429-with-retry-after", waits, call=step)


@scenario(ALL)
def create_429(world):
    """A clear refusal: not executed, may be sent again after its wait."""
    world.write(6)
    fault(world, "create", "429", times=2)
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()


@scenario(ALL)
def not_found_right_after_create(world):
    world.write(6)
    world.sim.scripts = [Script(not_found=2)]
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()


@scenario(ALL)
def not_found_for_ever(world):
    """Ends in bounded time, says so, and never sends the batch a second time."""
    world.write(4)
    world.sim.scripts = [Script(not_found=10 ** 9)]
    done = world.code(world.run(timeout="4s"), 1, 3, 5, 6, 8)
    want(done.seconds < 20, "took %.1f s" % done.seconds)
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))
    if os.path.exists(world.output):
        world.check_out(lambda name: "errored")


@scenario(ALL)
def results_not_found_for_ever(world):
    world.write(4)
    fault(world, "content", "404", times=10 ** 9)
    done = world.code(world.run(timeout="5s"), 1, 3, 5, 6, 8)
    want(done.seconds < 20, "took %.1f s" % done.seconds)
    world.one_batch()
    if os.path.exists(world.output):
        want(set(world.rows()) == set(world.ids), "ids in OUT")
        for row in world.rows().values():
            want(row["error"]["type"] == "results_gone" and "404" in row["error"]["message"], "the row does not say why: %s" % row["error"])


@scenario(ALL)
def polls_fail_for_ever(world):
    world.write(4)
    fault(world, "poll", "503", times=10 ** 9)
    world.code(world.run(timeout="2s"), 5, 8)
    world.one_batch()
    world.sim.faults.clear()
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()


@scenario(FILE_BASED)
def upload_fails_for_ever(world):
    world.write(4)
    fault(world, SIMS[world.vendor].upload_calls[0], "503", times=10 ** 9)
    done = world.run(timeout="3s")
    if world.sim.count(SIMS[world.vendor].upload_calls[0]) == 0:
        raise Skip("small batches go inline")
    world.code(done, 5, 8)
    want(not os.path.exists(world.output), "OUT is there though nothing was answered")
    world.sim.faults.clear()
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()


@scenario(ALL)
def nobody_listens(world):
    world.write(3)
    line = world.command("run", world.input, "-o", world.output, timeout="2s")
    with socket.socket() as deaf:  # bound and not listening: connections are refused, and nobody else gets the port
        deaf.bind(("127.0.0.1", 0))
        url = world.sim.base_url().replace(str(world.sim.port), str(deaf.getsockname()[1]))
        line[line.index("--base-url") + 1] = url
        world.code(world.finish_process(world.start(line)), 5, 8)
    want(not os.path.exists(world.output), "OUT is there")
