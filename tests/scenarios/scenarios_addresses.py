"""Several addresses in one state directory: whose key goes where, whose batch an id names; what the state may start."""
import json
import os
import subprocess

from harness import MODELS, SIMS, Fault, Script, add, scenario, want
from scenarios_again import wait_for
from scenarios_damage import QUEUES
from scenarios_library import library, lines
from sim_base import KEY
from state_files import batch_records, forget

ADDRESSES = {"openai": "OPENAI_BASE_URL", "anthropic": "ANTHROPIC_BASE_URL", "groq": "GROQ_BASE_URL"}


# ---- one job, two vendors ----

def address_of_one_vendor(world, other):
    """--base-url is a word about the parts that have that address; the other vendor's key stays where it was."""
    second = SIMS[other]()
    try:
        second.scripts = world.sim.scripts = [Script(phases=("validating", "in_progress"))]
        world.env.update({second.key_variable: KEY, ADDRESSES[world.vendor]: world.sim.base_url(),
                          ADDRESSES[other]: second.base_url()})
        world.write(4)
        rows = [dict(world.request(name), provider=world.vendor) for name in world.ids[:2]]
        rows += [dict(world.request(name), provider=other, model=MODELS[other]) for name in world.ids[2:]]
        world.write_lines("".join(json.dumps(row) + "\n" for row in rows).encode())
        line = [world.program, "submit", world.input, "-o", world.output, "--state-dir", world.state]
        world.code(world.finish_process(world.start(line)), 0)
        for name in (world.vendor, other):
            del world.env[ADDRESSES[name]]
        world.env[second.key_variable] = KEY + "-of-another-account"
        before, touched = len(world.sim.calls), len(second.calls)
        world.env[world.sim.key_variable] = KEY + "-rotated"
        job, polls = world.job_id(), world.sim.count("poll")
        process = world.start(world.command("resume", job, "--base-url", world.sim.base_url(), timeout="20s"))
        wait_for(lambda: world.sim.count("poll") >= polls + 3 or process.poll() is not None, "three polls")
        process.terminate()
        world.finish_process(process)
        asked = [request for _, request, _ in world.sim.calls[before:]]
        keys = {request.headers.get("authorization", "") + request.headers.get("x-api-key", "") for request in asked}
        want(not any("another-account" in key for key in keys), "the other vendor's key came to this address")
        want(asked, "nothing was asked here")
        want(len(second.calls) == touched, "a new key went to an address nobody named")
    finally:
        second.close()


for pair in (("openai", "anthropic"), ("anthropic", "openai"), ("openai", "groq"), ("groq", "anthropic")):
    add(pair[0], "address-given-for-a-job-that-is-also-%ss" % pair[1], address_of_one_vendor, other=pair[1])


# ---- one id, two servers ----

def second_server(world):
    """Another server of the kind; what is called from now on goes there."""
    first, world.sim = world.sim, SIMS[world.vendor]()
    world.sim.kill = world.kill_now
    return first


def rename(sim, name):
    (batch,) = sim.batches.values()
    sim.batches.clear()
    batch.id = name
    sim.batches[name] = batch
    return batch


@scenario("openai anthropic google mistral together groq")
def one_batch_id_at_two_servers_attached(world):
    """Small servers count their batches from one: the second address has a batch and answers of its own."""
    world.write(ids=["ant0", "ant1"])
    world.code(world.run(), 0)
    name = world.sim.own_batches()[0].id
    forget(world)
    world.code(world.call("attach", name, "-o", world.output), 0)
    os.remove(world.output)
    first, kept = second_server(world), world.state
    try:
        world.write(ids=["bee0", "bee1"])
        world.state = os.path.join(world.dir, "extra")
        world.code(world.run(), 0)
        world.state = kept
        os.remove(world.output)
        rename(world.sim, name)
        world.code(world.call("attach", name, "-o", world.output), 0)
        texts = sorted(row["text"] for row in world.rows().values())
        want(texts == ["answer to q-bee0", "answer to q-bee1"], "the second address's answers: %s" % texts)
    finally:
        first.close()


@scenario("openai anthropic google mistral together groq")
def one_batch_id_at_two_servers_and_a_lost_create(world):
    """The batch that is found at the second address is this job's, whatever its id is elsewhere."""
    world.write(ids=["ant0", "ant1"])
    world.code(world.run(), 0)
    name = world.sim.own_batches()[0].id
    os.remove(world.output)
    first = second_server(world)
    try:
        world.write(ids=["bee0", "bee1"])
        world.sim.faults.append(Fault("create", "reset", "after"))

        def as_there(_, response):
            rename(world.sim, name)
            return response
        world.sim.rewrite["create"] = as_there
        world.code(world.run(), 0)
        world.check_out()
        world.one_batch()
    finally:
        first.close()


# ---- an attached batch that is no more ----

@scenario("openai groq")
def an_attached_batch_that_failed_for_a_full_queue(world):
    """It ended as failed, and there is nothing of it to be sent: it stays the batch of its job."""
    world.write(4)
    full = Script(phases=("validating", "failed"), errors=[dict(QUEUES["no-code"], param=None, line=None)])
    world.sim.scripts = [full]
    world.code(world.call("submit", world.input), 0)
    (batch,) = world.sim.own_batches()
    forget(world)
    sent = [world.sim.count(name) for name in ("create", "upload")]
    done = world.call("attach", batch.id, "-o", world.output, timeout="5s")
    want(done.code != 8 and "damaged" not in done.err, "%r" % done)
    want(batch_records(world, world.job_id())[0]["status"]["id"] == batch.id, "the batch was forgotten")
    want(sent == [world.sim.count(name) for name in ("create", "upload")], "something was sent")


# ---- a program that the state names ----

@scenario("vllm")
def a_program_named_by_the_state_is_not_started(world):
    """A directory that came from elsewhere names a program: neither resume nor a router that opens it starts it."""
    world.write(2)
    folder = os.path.join(world.dir, "extra")
    os.makedirs(folder)
    program, ran = os.path.join(folder, "program"), os.path.join(folder, "ran")
    with open(program, "w") as file:
        file.write("#!/bin/sh\necho run >%s\n" % ran)
    os.chmod(program, 0o755)
    with library(world) as lib:
        lib.call("submit_and_die", "vllm", lines(world), {"vllm.vllm_command": program})
    if os.path.exists(ran):
        os.remove(ran)
    with library(world) as lib:
        lib.call("wait", world.job_id(), 500)
    want(not os.path.exists(ran), "a router that opens the directory starts it")
    for words in (("list",), ("status", world.job_id()), ("results", world.job_id()), ("resume",)):
        world.call(*words, **({"timeout": "1s"} if words[0] == "resume" else {}))
        want(not os.path.exists(ran), "%s starts it" % words[0])


# ---- an upload that a portal answers ----

def upload_answered_by_a_portal(world, fault, settings):
    """It never reached the vendor: sent again, or said to be so, and no request is given up."""
    world.env.update(FIREWORKS_API_KEY=KEY, FIREWORKS_ACCOUNT_ID="acc")
    world.write(3)
    line = [world.program, "emulate", "--port", "0", "--polls", "1", "--vendor", "fireworks",
            "--fault", "POST /fireworks/v1/accounts/acc/datasets/* " + fault]
    emulator = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=world.env)
    try:
        address = next(word.decode() for line in emulator.stdout for word in line.split() if word.startswith(b"http"))
        words = [word for setting in settings for word in ("--set", setting)]
        done = world.code(world.run("--base-url", address, *words, timeout="8s"), 0, 4, 5)
        if done.code == 0:
            want(sorted(world.rows()) == world.ids, "rows: %s" % sorted(world.rows()))
        else:
            want(not os.path.exists(world.output), "OUT is there")
    finally:
        emulator.kill()
        emulator.wait()


for label, what in (("form", "portal form=html"), ("page", "html status=200"), ("json", "portal form=json")):
    add("fireworks", "upload-answered-by-a-portal-" + label, upload_answered_by_a_portal, fault=what, settings=())
