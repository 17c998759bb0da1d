"""Never crash, never grow: answers that trickle, deep answers, audit files of one name, limits of file size."""
import os
import threading

from harness import ALL, Fault, add, scenario, want


def trickle(world, call):
    """Two bytes now and then are broken off and tried again; a create that was broken off is looked for."""
    world.write(4)
    call = world.sim.upload_calls[0] if call == "upload" else call
    stop, slow = threading.Event(), [True]

    def rewrite(request, response):
        if slow[0]:
            slow[0] = False
            response.body = bytes(response.body) + b" " * 4000
            response.drip = (2, stop, 0.05)
        return response
    world.sim.rewrite[call] = rewrite
    done = world.run("--set", "http.stall_timeout_ms=1000", timeout="30s")
    stop.set()
    world.code(done, 0)
    world.check_out()
    world.one_batch()
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))
    want(world.sim.count(call) >= 2 or call == "create", "it was not tried again")
    want(done.seconds < 15, "took %.1f s" % done.seconds)


for vendor in ALL.split():
    for step in ("upload", "create", "poll", "content"):
        if (step, vendor) not in (("upload", "anthropic"), ("upload", "google"), ("content", "google")):
            add(vendor, "two-bytes-now-and-then-at-" + step, trickle, call=step)


@scenario(ALL)
def a_control_answer_of_great_depth_is_no_answer(world):
    world.write(3)
    deep = b"[" * 200_000 + b"]" * 200_000
    body = b'{"id":"x","status":"completed","deep":' + deep + b"}"
    world.sim.faults.append(Fault("poll", "body", body=body))
    world.code(world.run(), 0)
    world.check_out()


# ---- files ----

@scenario(ALL)
def audit_files_of_two_jobs_of_one_name(world):
    folder, kept = os.path.join(world.state, "generated", world.vendor), {}
    for turn in ("first", "second"):
        world.write(ids=["%s-%d" % (turn, n) for n in range(3)])
        world.code(world.run("--name", "nightly"), 0)
        world.check_out()
        files = {name: open(os.path.join(folder, name), "rb").read() for name in os.listdir(folder)}
        want(all(files.get(name) == data for name, data in kept.items()), "the first job's files were changed")
        kept = files
    want(len(kept) == 8, "audit files: %s" % sorted(kept))


def file_size_limit(world, blocks):
    """The system's limit of file size ends in a sentence; with a higher one the job goes on."""
    world.write(400)
    line = ["sh", "-c", "ulimit -f %d; exec \"$@\"" % blocks, "sh", *world.command("run", world.input, "-o",
                                                                                world.output, timeout="5s")]
    done = world.finish_process(world.start(line))
    want(done.code in (0, 1, 10), "%r" % done)
    want(done.err.strip(), "not a word")
    if done.code:
        want(not os.path.exists(world.output), "OUT is there")
        world.code(world.run(), 0)
    world.check_out()
    world.one_batch()


for vendor in ("openai", "anthropic"):
    for number in (1, 16, 60, 100, 160, 250, 400, 800):
        add(vendor, "file-size-limit-of-%d-blocks" % number, file_size_limit, blocks=number)


def more_jobs_than_descriptors(world, limit):
    """What needs a file waits for its turn; no job is blocked."""
    os.makedirs(os.path.join(world.dir, "extra"))
    names = ["j%d" % n for n in range(40)]
    for name in names:
        world.write(ids=[name])
        world.code(world.call("submit", world.input, "-o", os.path.join(world.dir, "extra", name)), 0)
    line = ["sh", "-c", "ulimit -n %d; exec \"$@\"" % limit, "sh", *world.command("resume", timeout="15s")]
    world.code(world.finish_process(world.start(line)), 0)
    for name in names:
        world.ids = [name]
        world.check_out(path=os.path.join(world.dir, "extra", name))
    want(world.sim.count("create") == len(names), "%d creates" % world.sim.count("create"))


for number in (64, 40):
    add("openai", "more-jobs-than-%d-descriptors" % number, more_jobs_than_descriptors, limit=number)
