"""What goes wrong on the way: refusals, broken connections and cut bodies at each call that may be made again."""
import os
import socket
import subprocess

from harness import ALL, FILE_BASED, SIMS, Fault, Script, Skip, add, scenario, want
from sim_base import KEY

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


# ---- keys ----


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
