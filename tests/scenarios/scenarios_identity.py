"""Whose batch is it: strangers who look like us, lists that prove nothing, other keys, and what a person decides."""
import json
import os

from harness import ALL, Fault, Script, add, scenario, want
from sim_base import Response
from sim_tenants import stranger, strangers_touched

PAGED = "openai anthropic google groq"  # lists that say that there is more


def untouched(world):
    want(not strangers_touched(world.sim), "a stranger's batch was touched: %s" % strangers_touched(world.sim)[:3])


def creates(world, number):
    want(world.sim.count("create") == number, "%d creates, not %d" % (world.sim.count("create"), number))


def ends_well(world, number=1):
    """resume delivers every answer; nothing was sent but what had been."""
    world.code(world.call("resume"), 0)
    world.check_out()
    creates(world, number)
    untouched(world)


def strange_company(world, times=1, script=None):
    """Around our first create call another program makes batches that look like ours."""
    def make(name, request):
        if name == "create" and world.sim.count("create") == 1:
            for _ in range(times):
                stranger(world.sim, request, script)
    world.sim.on_call = make


# ---- strangers ----

@scenario(ALL)
def a_stranger_stands_where_ours_was_to_be(world):
    """Our create never arrives, and another program sends the same ids with other questions in that moment."""
    world.write(6)
    strange_company(world)
    world.sim.faults.append(Fault("create", "reset"))
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()
    creates(world, 2)
    untouched(world)


@scenario(ALL)
def ours_is_told_from_strangers(world):
    """Our create is executed and its answer lost, with look-alikes made in the same moment."""
    world.write(6)
    strange_company(world, times=2)
    world.sim.faults.append(Fault("create", "reset", "after"))
    world.code(world.run(), 0)
    world.check_out()
    world.one_batch()
    creates(world, 1)
    untouched(world)


@scenario(ALL)
def what_runs_at_a_stranger_is_waited_for_or_proven(world):
    """While the only candidate runs nothing is sent where a batch cannot be told by a marker."""
    world.write(6)
    strange_company(world, script=Script(phases=("in_progress",)))
    world.sim.faults.append(Fault("create", "reset"))
    if world.vendor != "anthropic":
        world.code(world.run(), 0)
        return world.check_out()
    world.code(world.run(timeout="1s"), 5, 8)
    creates(world, 1)
    untouched(world)
    for batch in world.sim.batches.values():
        batch.script.phases = ["completed"]
    ends_well(world, 2)


@scenario(ALL)
def two_jobs_of_one_directory_are_told_apart(world):
    """The same ids with other questions, both answers to the create calls lost."""
    world.may_pay_twice = True
    outs, ids = [], ["r%d" % i for i in range(5)]
    os.makedirs(os.path.join(world.dir, "extra"))
    world.sim.faults += [Fault("create", "reset", "after", times=2), Fault("list", "503", times=10 ** 9)]
    for job in ("alpha", "beta"):
        outs.append(os.path.join(world.dir, "extra", job))
        world.write_lines(b"".join(json.dumps(world.request(name, job + name)).encode() + b"\n" for name in ids))
        world.code(world.call("run", world.input, "-o", outs[-1], timeout="400ms"), 5, 8)
    world.sim.faults.clear()
    world.code(world.call("resume"), 0)
    creates(world, 2)
    world.ids = ids
    for out in outs:
        world.texts = {name: os.path.basename(out) + name for name in ids}
        world.check_out(path=out)


@scenario(ALL)
def two_directories_of_one_account_are_told_apart(world):
    """Two people, one pipeline: the same ids, both answers to the create calls lost, both batches in the list."""
    world.may_pay_twice = True
    base, ids = world.state, ["r%d" % i for i in range(5)]
    os.makedirs(os.path.join(world.dir, "extra"))
    people = {name: (os.path.join(base, name), os.path.join(world.dir, "extra", name)) for name in ("ann", "bob")}
    os.makedirs(base, 0o700)
    world.sim.faults += [Fault("create", "reset", "after", times=2), Fault("list", "503", times=10 ** 9)]
    for name, (world.state, out) in people.items():
        world.write_lines(b"".join(json.dumps(world.request(i, name + i)).encode() + b"\n" for i in ids))
        world.code(world.call("run", world.input, "-o", out, timeout="400ms"), 5, 8)
    world.sim.faults.clear()
    world.ids = ids
    for name, (world.state, out) in people.items():
        world.code(world.call("resume"), 0)
        world.texts = {i: name + i for i in ids}
        world.check_out(path=out)
    creates(world, 2)
    world.state = base


# ---- cancel before the proof ----

@scenario(ALL)
def cancel_before_the_proof_is_remembered(world):
    """It says so, touches nobody, and is carried out once our batch is found."""
    world.write(6)
    strange_company(world)
    world.sim.scripts = [Script(phases=("in_progress",) * 40 + ("completed",))]
    world.sim.faults += [Fault("create", "reset", "after"), Fault("list", "503", times=10 ** 9)]
    world.code(world.run(timeout="400ms"), 5, 8)
    done = world.code(world.call("cancel", world.job_id()), 5)
    want("cancel" in done.err and "resume" in done.err, "it does not say that the cancel is kept: %r" % done.err)
    want(world.sim.count("cancel") == 0, "a batch was cancelled before it was proven to be ours")
    world.sim.faults.clear()
    world.code(world.call("resume"), 0, 3)
    creates(world, 1)
    untouched(world)
    want(set(world.rows()) == set(world.ids), "ids in OUT")
    if world.vendor != "anthropic":  # there the proof are its rows, which come when it has ended
        want(world.sim.count("cancel") == 1, "the cancel was not carried out")


@scenario(ALL)
def cancel_of_what_never_arrived_touches_no_stranger(world):
    world.write(6)
    strange_company(world)
    world.sim.faults += [Fault("create", "reset"), Fault("list", "503", times=10 ** 9)]
    world.code(world.run(timeout="400ms"), 5, 8)
    world.code(world.call("cancel", world.job_id()), 5)
    world.sim.faults.clear()
    world.code(world.call("resume"), 3)
    rows = world.rows()
    want(all(rows[name]["status"] == "cancelled" for name in world.ids), "rows: %s" % str(rows)[:300])
    creates(world, 1)
    untouched(world)


# ---- what a list does not prove ----

def damaged_entries(damage):
    """A list in which no entry can be read."""
    def rewrite(request, response):
        value = json.loads(bytes(response.body))
        entries = value if isinstance(value, list) else value.get("data") or value.get("operations") or []
        for index, entry in enumerate(entries):
            entries[index] = damage(entry)
        return Response(response.status, value)
    return rewrite


def with_id(entry, value):
    """An entry whose id, wherever it stands, is that value."""
    entry = {name: value if name in ("id", "name") else held for name, held in entry.items()}
    if isinstance(entry.get("metadata"), dict) and "name" in entry["metadata"]:
        entry["metadata"]["name"] = value
    return entry


DAMAGES = {"null": lambda entry: None, "a-number": lambda entry: 7, "id-empty": lambda entry: with_id(entry, ""),
           "id-null": lambda entry: with_id(entry, None), "id-an-object": lambda entry: with_id(entry, {"a": 1})}


def unreadable(world, rewrite):
    """The create was executed; what is listed cannot be read, so nothing is proven and nothing sent."""
    world.write(5)
    world.sim.rewrite["list"] = rewrite
    world.sim.faults.append(Fault("create", "reset", "after"))
    done = world.code(world.run(timeout="1s"), 5, 8)
    want(done.err.strip(), "not a word")
    creates(world, 1)
    world.sim.rewrite.clear()
    ends_well(world)


def empty_with_more(request, response):
    """The first page is empty and says that there is more."""
    value = json.loads(bytes(response.body))
    if not {"after", "after_id", "pageToken", "cursor"} & set(request.query):
        name = "data" if "data" in value else "operations"
        value[name] = []
        if "paging" in value:
            value["paging"] = {"next_cursor": "c0"}
        elif name == "operations":
            value["nextPageToken"] = "0"
        else:
            value.update(has_more=True, first_id=None, last_id=None)
    return Response(200, value)


def repeated(request, response):
    """A page without our batch, again and again, each time with the same word about the next."""
    value = json.loads(bytes(response.body))
    if "paging" in value:
        value.update(data=[], paging={"next_cursor": "c0"})
    elif "data" in value:
        last = request.query.get("after") or request.query.get("after_id") or value["last_id"]
        value.update(data=[], has_more=True, last_id=last)
    else:
        value = {"operations": [], "nextPageToken": "0"}
    return Response(200, value)


for vendor in ALL.split():
    for label, how in DAMAGES.items():
        add(vendor, "list-entry-" + label, unreadable, rewrite=damaged_entries(how))


def empty_first_page(world):
    """What the list holds behind an empty page is found, or the list proves nothing."""
    world.write(5)
    world.sim.rewrite["list"] = empty_with_more
    world.sim.faults.append(Fault("create", "reset", "after"))
    world.code(world.run(timeout="1s"), 0, 5, 8)
    creates(world, 1)
    world.sim.rewrite.clear()
    ends_well(world)


for vendor in PAGED.split():
    add(vendor, "list-with-an-empty-first-page", empty_first_page)
    add(vendor, "list-that-repeats-a-page", unreadable, rewrite=repeated)
