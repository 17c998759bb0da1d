"""Keys that are missing or refused, money and quota, and other origins, which never get a key."""
import os
import subprocess

from harness import ALL, SIMS, Fault, Script, Skip, scenario, want
from scenarios_faults import fault
from sim_base import KEY


@scenario(ALL)
def key_wrong(world):
    world.write(4)
    world.env[SIMS[world.vendor].key_variable] = "sk-wrong-" + KEY
    world.sim.expect_key = "something-else"
    done = world.code(world.run(), 4)
    want(len(world.sim.calls) == 1, "%d calls with a refused key" % len(world.sim.calls))
    want(not os.path.exists(world.output), "OUT is there")
    want(done.err.strip() and "sk-wrong" not in done.err, "stderr: %r" % done.err)


@scenario(ALL)
def key_refused_with_403(world):
    world.write(4)
    first = (*SIMS[world.vendor].upload_calls, "create")[0]
    fault(world, first, "403", times=10 ** 9)
    if world.vendor == "google":
        fault(world, "create", "403", times=10 ** 9)
    world.code(world.run(), 4)
    want(len(world.sim.calls) == 1, "%d calls with a refused key" % len(world.sim.calls))


@scenario(ALL)
def key_missing(world):
    world.write(4)
    del world.env[SIMS[world.vendor].key_variable]
    done = world.code(world.run(), 4)
    want(SIMS[world.vendor].key_variable in done.err, "stderr does not name the variable: %r" % done.err)
    world.nothing_sent()


@scenario(ALL)
def key_empty(world):
    world.write(4)
    world.env[SIMS[world.vendor].key_variable] = ""
    world.code(world.run(), 4)
    world.nothing_sent()


@scenario("google")
def key_in_gemini_variable(world):
    world.write(4)
    world.env["GEMINI_API_KEY"] = world.env.pop("GOOGLE_API_KEY")
    world.code(world.run(), 0)
    world.check_out()


@scenario(ALL)
def key_refused_while_it_runs_then_mended(world):
    world.write(4)
    world.sim.scripts = [Script(phases=("validating",) * 3 + ("completed",))]
    fault(world, "poll", "401", skip=1, times=10 ** 9)
    world.code(world.run(timeout="5s"), 4)
    world.one_batch()
    world.sim.faults.clear()
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()


# ---- money and quota ----

QUOTA = {"openai": ("429", "insufficient_quota"), "groq": ("429", "insufficient_quota"),
         "together": ("429", "insufficient_quota"), "mistral": ("429", "insufficient_quota"),
         "anthropic": ("402", None)}


@scenario("openai groq anthropic")
def quota_gone_at_create(world):
    world.write(4)
    action, code = QUOTA[world.vendor]
    fault(world, "create", action, times=10 ** 9, code=code)
    done = world.code(world.run(), 7)
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))
    want("resume" in done.err, "stderr does not name resume: %r" % done.err)
    want(not os.path.exists(world.output), "OUT is there")
    world.sim.faults.clear()
    world.code(world.call("resume"), 0)
    world.check_out()
    world.one_batch()


@scenario("anthropic")
def spend_limit_reached(world):
    world.write(4)
    fault(world, "create", "429", times=10 ** 9, code="enforced_spend_limit_reached")
    world.code(world.run(), 7)
    want(world.sim.count("create") == 1, "%d creates" % world.sim.count("create"))


@scenario("openai groq")
def queue_full_waits_for_a_slot(world):
    """token_limit_exceeded is the one transient reason of a failed batch."""
    full = Script(phases=("validating", "failed"), errors=[
        {"code": "token_limit_exceeded", "message": "Enqueued token limit reached.", "param": None, "line": None}])
    world.write(5)
    world.sim.scripts = [full, full, Script()]
    world.code(world.run(), 0)
    world.check_out()
    want(len(world.sim.own_batches()) == 3, "%d batches" % len(world.sim.own_batches()))


# ---- other origins ----


def certificate(folder):
    path = os.path.join(folder, "extra")
    os.makedirs(path, exist_ok=True)
    pem = os.path.join(path, "tls.pem")
    done = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pem + ".key", "-out",
                           pem + ".crt", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                           "subjectAltName=IP:127.0.0.1"], capture_output=True)
    if done.returncode != 0:
        raise Skip("openssl cannot make a certificate")
    with open(pem, "wb") as whole:
        for part in (pem + ".key", pem + ".crt"):
            with open(part, "rb") as file:
                whole.write(file.read())
    return pem


def key_seen(sim):
    return [name for _, request, _ in sim.calls for name, value in request.headers.items() if KEY in value]


@scenario("anthropic")
def results_on_a_foreign_http_host_refused(world):
    world.write(4)
    other = SIMS["anthropic"]()
    other.batches = world.sim.batches
    world.sim.on_call = lambda name, request: world.sim.scripts[0].__dict__.update(
        results_url=other.origin + "/v1/messages/batches/%s/results" % next(iter(world.sim.batches), "x"))
    done = world.run(timeout="5s")
    want(not key_seen(other), "the key went to a foreign host")
    want(not other.calls, "a foreign plain http host was asked")
    world.code(done, 0, 1, 3, 5, 8)
    if os.path.exists(world.output):
        want(set(world.rows()) == set(world.ids), "ids in OUT")


@scenario("anthropic")
def results_on_a_foreign_https_host_without_the_key(world):
    world.write(4)
    pem = certificate(world.dir)
    other = SIMS["anthropic"](tls=pem)
    other.batches = world.sim.batches
    other.check_auth = lambda request, name: None
    world.sim.on_call = lambda name, request: world.sim.scripts[0].__dict__.update(
        results_url=other.origin + "/v1/messages/batches/%s/results" % next(iter(world.sim.batches), "x"))
    done = world.run("--set", "http.ca_file=" + pem + ".crt", timeout="5s")
    want(not key_seen(other), "the key went to a foreign host")
    world.code(done, 0)
    world.check_out()


@scenario("google")
def upload_to_a_foreign_http_host_refused(world):
    world.write(3000)
    other = SIMS["google"]()
    world.sim.upload_origin = other.origin
    done = world.run(timeout="4s")
    want(not other.calls, "a foreign plain http host was asked")
    if world.sim.count("upload_start") == 0:
        raise Skip("small batches go inline")
    want(done.code != 0 and not world.sim.batches, "went on without the upload: %r" % done)


@scenario(ALL)
def redirects_are_not_followed_with_the_key(world):
    world.write(4)
    other = SIMS[world.vendor]()
    fault(world, "content", "redirect", to=other.origin + "/elsewhere", times=10 ** 9)
    world.code(world.run(timeout="4s"), 0, 1, 3, 5, 8)
    want(not other.calls, "a foreign plain http host was asked: %s" % other.calls[:1])


@scenario("google")
def mime_type_refused(world):
    world.write(3000)
    world.sim.refused_types = ("application/jsonl", "jsonl")
    world.code(world.run(), 0)
    if world.sim.count("upload_start") == 0:
        raise Skip("small batches go inline")
    world.check_out()


@scenario("google")
def states_with_the_sdk_prefix(world):
    world.write(4)
    world.sim.state_prefix = "JOB_STATE_"
    world.code(world.run(), 0)
    world.check_out()


@scenario("openai")
def plain_http_only_to_loopback(world):
    world.write(2)
    line = world.command("run", world.input, "-o", world.output, timeout="3s")
    line[line.index("--base-url") + 1] = "http://203.0.113.7/v1"
    world.code(world.finish_process(world.start(line)), 2)
