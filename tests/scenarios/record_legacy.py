#!/usr/bin/env python3
"""Makes the fixtures in legacy/ with an older version: record_legacy.py --program PATH --library PATH [--filter WORD]

Run by hand, with the program of that version built beside its shared library. Each case leaves a state directory in one
phase and what the vendor has then.
"""
import argparse
import contextlib
import ctypes
import glob
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import harness
import legacy
from harness import MODELS, SIMS, Fault, Script
from sim_base import Batch, random_id

FOUR = "openai anthropic google mistral"
TWO = "openai anthropic"  # for what does not depend on the vendor's protocol
BUSY = ("validating", "in_progress")
SLOW = ("--set", "retry.base_ms=60000", "--set", "retry.cap_ms=60000")
PLANNED, UPLOADED, CREATING, UNKNOWN, RUNNING, FETCHING, COLLECTED, REFUSED = range(8)
CASES = []


def case(vendors=TWO, **named):
    def register(function):
        CASES.extend((vendor, function.__name__.replace("_", "-"), function, named) for vendor in vendors.split())
        return function
    return register


def phases(world):
    """The phase of each part, in the order of jobs and parts; nothing before the first is recorded."""
    try:
        with contextlib.closing(sqlite3.connect("file:%s/state.db?mode=ro" % world.state, uri=True)) as database:
            return [row[0] for row in database.execute(
                "SELECT json_extract(record, '$.phase') FROM batches ORDER BY job_id, part")]
    except sqlite3.OperationalError:
        return []


def until(condition, process=None):
    for _ in range(4000):
        if condition():
            return
        if process and process.poll() is not None:
            break
        time.sleep(0.003)
    raise SystemExit("it never came to that: %s" % (process.communicate() if process else "",))


def kill_when(world, process, condition):
    until(condition, process)
    process.kill()
    process.wait()


def begin(world, *more, count=2):
    world.write(count)
    return world.start(world.command("run", world.input, "-o", world.output, *more, fast=not more))


def killed_by(world, *faults):
    world.sim.faults = list(faults)
    process = begin(world)
    world.finish_process(process)
    assert process.returncode == -signal.SIGKILL, process.returncode


def ended(world, code, *words, **options):
    done = world.call(*words, **options)
    assert done.code == code, done
    return done


@case("openai")
def planned(world):
    """Killed in the upload, before the vendor had the file."""
    killed_by(world, Fault(world.sim.upload_calls[-1], "kill"))


@case("openai")
def planned_file_there(world):
    killed_by(world, Fault(world.sim.upload_calls[-1], "kill", "after"))


@case("anthropic")
def planned_before_create(world):
    die_in_phase(world, PLANNED)


def die_in_phase(world, phase):
    """The durable step at which it has to die is found by trying."""
    keep, folder = world.state, world.dir
    for number in range(1, 60):
        world.state = os.path.join(folder, "try%d" % number)
        world.write(2)
        world.sim.batches.clear()
        world.sim.files.clear()
        done = world.run(env={"LD_PRELOAD": world.die_at_step, "DIE_AT_STEP": str(number)})
        if done.code == -signal.SIGKILL and phases(world) == [phase]:
            shutil.copytree(world.state, keep)
            world.state = keep
            return
        if done.code != -signal.SIGKILL:
            break
    raise SystemExit("no step leaves it in phase %d" % phase)


@case("openai anthropic google")
def planned_put_back(world):
    """A snapshot from before the create call, put back after the vendor had taken the batch."""
    if world.vendor == "anthropic":
        die_in_phase(world, PLANNED)
    else:
        killed_by(world, Fault(world.sim.upload_calls[-1], "kill"))
    before = world.state + ".before"
    shutil.copytree(world.state, before)
    ended(world, 0, "resume")
    shutil.rmtree(world.state)
    os.rename(before, world.state)
    os.remove(world.output)


@case()
def uploaded(world):
    """Too many requests, so it waits with the file at the vendor."""
    world.sim.faults = [Fault("create", "429", times=99)]
    process = begin(world, *SLOW)
    kill_when(world, process, lambda: phases(world) == [UPLOADED])


@case("openai")
def queue_full(world):
    """The batch failed for want of room in the queue; it is planned anew."""
    world.sim.scripts = [Script(phases=("validating", "failed"), errors=[
        {"code": "token_limit_exceeded", "message": "Enqueued token limit reached.", "param": None, "line": None}])]
    world.write(2)
    process = world.start(world.command("run", world.input, "-o", world.output, poll="30ms",
                                        fast=False) + ["--set", "poll.max_interval_ms=60000"])
    kill_when(world, process, lambda: phases(world) == [PLANNED] and world.sim.batches)


@case("openai anthropic google mistral groq")
def creating_executed(world):
    killed_by(world, Fault("create", "kill", "after"))


@case()
def creating_not_executed(world):
    killed_by(world, Fault("create", "kill"))


def unknown(world, when):
    world.sim.faults = [Fault("create", "reset", when), Fault("list", "503", times=99)]
    process = begin(world, *SLOW)
    kill_when(world, process, lambda: phases(world) == [UNKNOWN] and world.sim.count("list"))


@case()
def unknown_executed(world):
    unknown(world, "after")


@case()
def unknown_not_executed(world):
    unknown(world, "before")


@case("openai")
def unknown_absent_once(world):
    """One complete listing has shown nothing so far."""
    world.sim.faults = [Fault("create", "reset"), Fault("list", "kill", skip=1)]
    world.finish_process(begin(world))
    assert phases(world) == [UNKNOWN]


@case()
def running(world):
    world.sim.scripts = [Script(phases=BUSY)]
    process = begin(world)
    kill_when(world, process, lambda: phases(world) == [RUNNING] and world.sim.count("poll") > 1)


@case(FOUR)
def fetching(world):
    """Killed in the middle of the download."""
    event = threading.Event()
    world.sim.faults = [Fault("content", "stall", "after", event=event)]
    process = begin(world)
    kill_when(world, process, lambda: any(
        os.path.getsize(path) for path in glob.glob(world.state + "/spool/*/p0.output.jsonl")))
    event.set()


@case()
def done_unread(world):
    world.sim.scripts = [Script(outcome=lambda index, row: "error" if index == 1 else "ok")]
    world.write(2)
    ended(world, 0, "submit", world.input, "-o", world.output)
    ended(world, 3, "watch", world.job_id())


@case("openai")
def done_half_read(world):
    """One of two results was acknowledged by a program."""
    world.write(2)
    ended(world, 0, "submit", world.input)
    job = world.job_id()
    ended(world, 0, "watch", job)
    with router(world) as (library, handle):
        opened, result = ctypes.c_void_p(), ctypes.c_void_p()
        check(library.br_job_open(handle, job.encode(), ctypes.byref(opened), None))
        check(library.br_next_result(handle, opened, ctypes.c_int64(5000), ctypes.byref(result), None))
        check(library.br_result_ack(result, None))
        library.br_result_free(result)
        library.br_job_free(opened)


@case()
def done(world):
    world.write(1)
    ended(world, 0, "run", world.input, "-o", world.output)
    os.remove(world.output)


@case("openai")
def refused(world):
    """Refused by the vendor, and killed before its rows were written."""
    keep = world.sim._fault
    world.sim._fault = lambda name: Fault("create", "400") if name == "create" else keep(name)
    die_in_phase(world, REFUSED)


@case("openai")
def refused_done(world):
    world.sim.faults = [Fault("create", "400")]
    world.write(2)
    ended(world, 3, "run", world.input, "-o", world.output)
    os.remove(world.output)


@case()
def blocked_key(world):
    world.sim.expect_key = "another"
    world.write(2)
    ended(world, 4, "run", world.input, "-o", world.output)


@case("openai")
def blocked_key_running(world):
    world.sim.scripts = [Script(phases=BUSY)]

    def change(name, request):
        if name == "poll":
            world.sim.expect_key = "another"
    world.sim.on_call = change
    world.write(2)
    ended(world, 4, "run", world.input, "-o", world.output)


@case("openai")
def blocked_credit(world):
    world.sim.faults = [Fault("create", "429", code="insufficient_quota", times=99)]
    world.write(2)
    ended(world, 7, "run", world.input, "-o", world.output)


@case("openai google")
def cancel_running(world):
    """The wish is saved; the call was under way."""
    running(world)
    world.sim.faults = [Fault("cancel", "kill")]
    ended(world, -signal.SIGKILL, "cancel", world.job_id())


def cancel_unknown(world, when):
    unknown(world, when)
    process = world.start(world.command("cancel", world.job_id()))
    kill_when(world, process, lambda: wish(world))


def wish(world):
    with contextlib.closing(sqlite3.connect("file:%s/state.db?mode=ro" % world.state, uri=True)) as database:
        return database.execute("SELECT json_extract(record, '$.cancel_wanted') FROM batches").fetchone()[0]


@case()
def cancel_unknown_executed(world):
    cancel_unknown(world, "after")


@case("openai")
def cancel_unknown_not_executed(world):
    cancel_unknown(world, "before")


@case()
def attached(world):
    world.sim.scripts = [Script(phases=BUSY)]
    world.write(2)
    ended(world, 0, "submit", world.input)
    batch = next(iter(world.sim.batches.values()))
    shutil.rmtree(world.state)
    with router(world) as (library, handle):
        job = ctypes.c_void_p()
        check(library.br_attach(handle, world.vendor.encode(), batch.id.encode(), ctypes.byref(job), None))
        library.br_job_free(job)


@case("anthropic")
def retry_creating(world):
    """A job with a failed row is done; its retry was killed in the create call, which was executed."""
    world.sim.scripts = [Script(outcome=lambda index, row: "error" if index == 1 else "ok")]
    world.write(2)
    ended(world, 3, "run", world.input, "-o", world.output)
    os.remove(world.output)
    world.sim.scripts = [Script()]
    world.sim.faults = [Fault("create", "kill", "after")]
    process = world.start(world.command("retry", world.job_id(), "-o", world.output, "--poll-interval", "20ms"))
    world.finish_process(process)
    assert process.returncode == -signal.SIGKILL, process.returncode


@case("openai")
def parts(world):
    """Three parts: collected, running, and killed in the create call, which was executed."""
    world.sim.scripts = [Script(), Script(phases=BUSY), Script()]
    models = [MODELS[world.vendor], MODELS[world.vendor] + "-b", MODELS[world.vendor] + "-c"]
    world.ids = ["r%d" % i for i in range(3)]
    world.write_lines("".join(harness.json.dumps(world.request(name, model=models[i])) + "\n"
                              for i, name in enumerate(world.ids)).encode())
    event = threading.Event()
    world.sim.faults = [Fault("create", "hold", "after", skip=2, event=event)]
    process = world.start(world.command("run", world.input, "-o", world.output))
    kill_when(world, process, lambda: sorted(phases(world)) == [CREATING, RUNNING, COLLECTED])
    event.set()


# ---- anthropic, which keeps no marker: batches that were found by their likeness ----

def by_likeness(world, when, states=BUSY, fault=None):
    world.sim.scripts = [Script(phases=states)]
    world.sim.faults = [Fault("create", "reset", when)] + ([fault] if fault else [])
    process = begin(world)
    wanted = [FETCHING if fault else RUNNING]
    kill_when(world, process, lambda: phases(world) == wanted and world.sim.count("poll"))


@case("anthropic")
def likeness(world):
    by_likeness(world, "after")


@case("anthropic")
def likeness_fetching(world):
    event = threading.Event()
    by_likeness(world, "after", ("completed",), Fault("content", "hold", event=event))
    event.set()


@case("anthropic")
def likeness_of_a_stranger(world):
    """Our create call was not executed; somebody else's batch has as many rows, and was taken for ours."""
    stranger = Batch(0, [("other-%d" % i, {"model": "m", "messages": [{"role": "user", "content": "x"}]})
                         for i in range(2)], Script(phases=BUSY), foreign=True, id="msgbatch_" + random_id())
    world.sim.batches[stranger.id] = stranger
    by_likeness(world, "before")


# ---- the library itself ----

def check(status):
    assert status in (0, 1), status


@contextlib.contextmanager
def router(world):
    library = ctypes.CDLL(world.library)
    library.br_config_new.restype = ctypes.c_void_p
    for name in ("br_config_free", "br_router_free", "br_job_free", "br_result_free"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    config, handle = ctypes.c_void_p(library.br_config_new()), ctypes.c_void_p()
    for key, value in (("state_dir", world.state), ("resume.auto", "0"),
                       (world.vendor + ".base_url", world.sim.base_url()),
                       (world.vendor + ".api_key", world.env[world.sim.key_variable])):
        check(library.br_config_set(config, key.encode(), value.encode(), None))
    check(library.br_router_new(config, ctypes.byref(handle), None))
    try:
        yield library, handle
    finally:
        check(library.br_router_close(handle, ctypes.c_int64(5000), None))
        library.br_router_free(handle)
        library.br_config_free(config)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--library", required=True)
    parser.add_argument("--filter", default="")
    arguments = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    total = 0
    for vendor, name, function, named in CASES:
        if arguments.filter not in vendor + "/" + name:
            continue
        world = harness.World(os.path.abspath(arguments.program), vendor)
        world.library = os.path.abspath(arguments.library)
        world.die_at_step = os.path.join(world.dir, "die.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", world.die_at_step, os.path.join(here, "die_at_step.c"), "-ldl"],
                       check=True)
        try:
            function(world, **named)
            size = legacy.save(world, name)
            total += size
            print("%s/%s: phases %s, %d bytes" % (vendor, name, phases(world), size), flush=True)
        finally:
            world.close()
    print("%d bytes" % total)
    return 0


if __name__ == "__main__":
    sys.exit(main())
