"""Which account made it: other projects' keys prove nothing, rotated ones find it, and everything goes on at once."""
import os
import signal

from harness import ALL, SIMS, Fault, Script, scenario, want
from scenarios_identity import creates, ends_well, untouched
from sim_tenants import OTHER_KEY, ROTATED_KEY, Projects, stranger

ADDRESSES = {"google": "GOOGLE_GEMINI_BASE_URL"}


def trust_the_address(world):
    """The user's environment names the address, so that any key may go there."""
    world.env[ADDRESSES.get(world.vendor, world.vendor.upper() + "_BASE_URL")] = world.sim.base_url()


def with_key(world, key):
    return {world.sim.key_variable: key}


@scenario(ALL)
def absence_under_another_key_proves_nothing(world):
    world.write(5)
    world.sim.projects = Projects()
    world.sim.projects.of_key[OTHER_KEY] = "other"
    trust_the_address(world)
    world.sim.faults.append(Fault("create", "kill", "after"))
    world.run()
    for _ in range(2):
        done = world.call("resume", env=with_key(world, OTHER_KEY))
        world.code(done, 4)
        want("account" in done.err, "the account is not named as the reason: %r" % done.err)
    creates(world, 1)
    ends_well(world)


@scenario(ALL)
def not_found_under_another_key_proves_nothing(world):
    """The batch is known by its id, and another project answers 404."""
    world.write(5)
    world.sim.projects = Projects()
    world.sim.projects.of_key[OTHER_KEY] = "other"
    trust_the_address(world)
    world.code(world.call("submit", world.input, "-o", world.output), 0)
    world.code(world.call("resume", env=with_key(world, OTHER_KEY)), 4, 5)
    want(not os.path.exists(world.output), "OUT is there")
    ends_well(world)


@scenario(ALL)
def a_rotated_key_of_the_project_finds_it(world):
    """Finding proves: from then on absence under the new key counts as well."""
    world.write(5)
    world.sim.projects = Projects()
    world.sim.projects.of_key[ROTATED_KEY] = "main"
    trust_the_address(world)
    world.sim.faults.append(Fault("create", "kill", "after"))
    world.run()
    del world.sim.projects.of_key[world.env[world.sim.key_variable]]
    world.env[world.sim.key_variable] = ROTATED_KEY
    ends_well(world)


@scenario(ALL)
def a_known_batch_that_answers_404_blocks(world):
    world.write(5)
    world.sim.scripts = [Script(not_found=10 ** 9)]
    done = world.code(world.run(timeout="20s"), 4, 5)
    want("resume" in done.err, "stderr does not say how to go on: %r" % done.err)
    want(not os.path.exists(world.output), "OUT is there")
    world.sim.own_batches()[0].script.not_found = 0
    ends_well(world)


@scenario(ALL)
def a_batch_found_under_a_new_key_makes_that_key_the_jobs(world):
    """The address needs no second word then, and the batch is asked for by its id."""
    world.write(5)
    world.sim.scripts = [Script(phases=("validating", "in_progress"))]
    world.sim.projects = Projects()
    world.sim.projects.of_key[ROTATED_KEY] = "main"
    world.code(world.run(timeout="300ms"), 8)
    world.env[world.sim.key_variable] = ROTATED_KEY
    job, address = world.job_id(), world.sim.base_url()
    world.code(world.call("status", job), 4)
    world.code(world.call("status", job, "--base-url", address), 0)
    world.code(world.call("status", job), 0)
    world.sim.own_batches()[0].script.phases = ["completed"]
    ends_well(world)


@scenario(ALL)
def kills_strangers_looks_and_keys_at_once(world):
    """Killed at each call in turn while another program sends the same ids, with looks and rotating keys in between."""
    world.write(9)
    world.sim.projects = Projects()
    world.sim.projects.of_key[ROTATED_KEY] = "main"
    trust_the_address(world)
    world.sim.on_call = lambda name, request: name == "create" and stranger(world.sim, request)
    world.sim.scripts = [Script(phases=("validating", "in_progress", "completed"))]
    steps = [*SIMS[world.vendor].upload_calls, "create", "list", "poll", "poll", "content"]
    world.sim.faults = [Fault(step, "kill", ("after", "before")[index % 2]) for index, step in enumerate(steps)]
    first = world.env[world.sim.key_variable]
    done = world.run()
    for turn in range(20):
        if done.code not in (-signal.SIGKILL, 4):
            break
        # 4: absence under a key that never proved to be of the account, so that the first one has to say it
        world.env[world.sim.key_variable] = first if done.code == 4 or turn % 2 else ROTATED_KEY
        for job in [job["id"] for job in world.call("list", "--json").json()["jobs"]]:
            world.call("status", job)
        done = world.run() if turn % 3 == 0 else world.call("resume")
        if done.code == 0 and not os.path.exists(world.output):
            done = world.run()  # it died before the job was recorded
    world.code(done, 0)
    world.check_out()
    world.one_batch()
    untouched(world)
