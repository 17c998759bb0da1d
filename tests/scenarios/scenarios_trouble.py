"""Rarer trouble: stalled connections, somebody else's answer, a damaged state directory, housekeeping that fails."""
import os
import sqlite3
import threading

from harness import ALL, FILE_BASED, OPENAI_FAMILY, Fault, Script, scenario, want
from sim_base import dump


def stalled(world, call, when):
    event = threading.Event()
    world.write(6)
    world.sim.faults = [Fault(call, "stall", when, event=event)]
    done = world.run("--set", "http.stall_timeout_ms=1000")
    event.set()
    world.code(done, 0)
    world.check_out()
    world.one_batch()


@scenario(ALL)
def poll_stalls(world):
    stalled(world, "poll", "after")


@scenario(ALL)
def download_stalls(world):
    stalled(world, "content", "after")


@scenario(ALL)
def create_stalls_after_execution(world):
    stalled(world, "create", "after")


@scenario(ALL)
def poll_answers_with_another_batch(world):
    """A cache on the way may answer for somebody else: their end is not ours."""
    world.write(5)
    world.sim.add_foreign_batch(5)
    other = list(world.sim.batches.values())[0]
    other.state = "completed"
    other.result = []
    value = world.sim.batch_object(other)

    world.sim.faults = [Fault("poll", "body", body=dump(value), times=2)]
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()


@scenario(ALL)
def cancel_call_fails_at_first(world):
    world.write(6)
    world.sim.scripts = [Script(phases=("in_progress",))]
    job = world.code(world.call("submit", world.input, "--json"), 0).json()["id"]
    world.sim.faults = [Fault("cancel", "503"), Fault("cancel", "reset"), Fault("cancel", "429")]
    world.code(world.call("cancel", job), 0)
    want(world.sim.count("cancel") == 4, "%d cancel calls" % world.sim.count("cancel"))
    want(world.sim.own_batches()[0].cancelling is not None, "was not cancelled")


@scenario(OPENAI_FAMILY + " google mistral")
def remote_files_deleted_on_demand(world):
    world.write(6)
    world.code(world.run("--set", "files.delete_remote=all"), 0)
    world.check_out()
    want(world.sim.count("delete") >= 1 or not world.sim.files, "no delete call")
    want(not [f for f in world.sim.files.values() if f.get("purpose") in ("batch", "batch-api")], "input file is left")


@scenario(OPENAI_FAMILY + " google mistral")
def remote_files_kept_otherwise(world):
    world.write(6)
    world.code(world.run(), 0)
    want(world.sim.count("delete") == 0, "files were deleted")


@scenario("openai")
def delete_that_fails_harms_nothing(world):
    world.write(6)
    world.sim.faults = [Fault("delete", "500", times=10 ** 9)]
    world.code(world.run("--set", "files.delete_remote=all"), 0)
    world.check_out()


@scenario("openai")
def state_directory_damaged(world):
    world.write(4)
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    world.code(world.run(timeout="300ms"), 8)
    for folder, _, names in os.walk(world.state):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                head = file.read(16)
            if head.startswith(b"SQLite format 3"):
                with open(path, "r+b") as file:
                    file.write(b"\xff" * 4096)
            elif name.endswith(("-wal", "-shm")):
                os.remove(path)
    done = world.code(world.call("resume"), 10)
    want(done.err.strip(), "no word on stderr")
    world.code(world.run(), 10)
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))


@scenario("openai")
def state_directory_is_a_file(world):
    world.write(2)
    with open(world.state, "w") as file:
        file.write("x")
    os.chmod(world.state, 0o600)
    world.code(world.run(), 2, 10)
    world.nothing_sent()


@scenario("openai")
def state_opens_as_sqlite(world):
    """The store is what design.md says it is, and it is whole after a kill."""
    world.write(4)
    world.sim.faults = [Fault("poll", "kill", "after")]
    world.run()
    found = 0
    for folder, _, names in os.walk(world.state):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                head = file.read(16)
            if head.startswith(b"SQLite format 3"):
                found += 1
                with sqlite3.connect("file:%s?mode=ro" % path, uri=True) as store:
                    want(store.execute("pragma integrity_check").fetchone()[0] == "ok", "integrity of " + path)
    want(found == 1, "%d SQLite files" % found)
    world.code(world.call("resume"), 0)
    world.check_out()


@scenario(ALL)
def everything_goes_wrong_once(world):
    world.write(30)
    world.sim.scripts = [Script(not_found=1, late=1, outcome=lambda index, row: "error" if index == 7 else "ok",
                                joined=lambda kind, data, fetch: data[:-9] if fetch == 1 else data)]
    calls = (*world.sim.upload_calls, "poll", "content", "list")
    world.sim.faults = [Fault(call, action) for call in calls for action in ("503", "reset", "429", "close")]
    world.sim.faults.append(Fault("create", "reset", "after"))
    # An upload of several calls begins again with each failure, so that theirs add up.
    world.code(world.run("--set", "retry.max_attempts=20"), 3)
    world.check_out(lambda name: "errored" if name == "r7" else "succeeded")
    world.one_batch()


@scenario(FILE_BASED)
def upload_answers_nonsense(world):
    world.write(6)
    call = world.sim.upload_calls[-1]
    world.sim.faults = [Fault(call, "body", body=body, when="after") for body in (b"", b"{}", b'{"id":null}', b"[")]
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()


@scenario("openai")
def counters_that_lie(world):
    """Counters are informative only."""
    def patch(value, batch):
        value["request_counts"] = {"total": 3, "completed": 99, "failed": -4}
        return value
    world.write(6)
    world.sim.scripts = [Script(patch=patch)]
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def state_goes_backwards(world):
    world.write(5)
    world.sim.scripts = [Script(phases=("in_progress", "validating", "in_progress", "finalizing", "completed"))]
    world.code(world.run(), 0)
    world.check_out()
