"""Answers that are there must arrive: files that are gone, portals, broken downloads, damaged state, full queues."""
import json
import os
import re

from harness import ALL, FILE_BASED, Fault, Script, add, scenario, want
from sim_base import Response, dump

TWO_FILES = "openai groq mistral together"
ROUTES = "openai anthropic mistral together groq"  # google's small batches have their results in the operation


def creates(world, number):
    want(world.sim.count("create") == number, "%d creates, not %d" % (world.sim.count("create"), number))


def one_error(index, row):
    return "error" if index == 1 else "ok"


def is_error_file(world, request):
    file = world.sim.files.get(request.path[len(world.sim.prefix):].split("/")[2])
    return bool(file) and file.get("kind") == "error"


def refusal(world, status):
    return lambda request, response: Response(status, world.sim.error_body(status))


# ---- files that are gone ----

def gone(world, status):
    """Asked for eight times, then each row says why; a later refetch brings them, and OUT is written anew."""
    world.write(5)
    world.sim.rewrite["content"] = refusal(world, status)
    world.code(world.run(), 3)
    want(world.sim.count("content") == 8, "%d downloads" % world.sim.count("content"))
    rows = world.check_out(lambda name: "errored")
    want(all(row["error"]["type"] == "results_gone" for row in rows.values()), "rows: %s" % str(rows)[:300])
    world.code(world.call("resume"), 0)
    want(world.sim.count("content") == 8, "asked again")
    done = world.call("retry", world.job_id(), "-o", os.path.join(world.dir, "extra-out"))
    want(done.code != 0 and "--again" in done.err and "refetch" in done.err, "retry: %r" % done)
    creates(world, 1)
    world.sim.rewrite.clear()
    world.code(world.call("results", world.job_id(), "--refetch"), 0)
    world.check_out()
    creates(world, 1)


for vendor in ROUTES.split():
    for number in (404, 410, 400):
        add(vendor, "results-answer-%d" % number, gone, status=number)


@scenario(TWO_FILES)
def error_file_gone(world):
    """The good, paid answers arrive."""
    world.write(5)
    world.sim.scripts = [Script(outcome=one_error)]
    world.sim.rewrite["content"] = lambda request, response: (
        Response(404, world.sim.error_body(404)) if is_error_file(world, request) else response)
    world.code(world.run(), 3)
    rows = world.check_out(lambda name: "errored" if name == "r1" else "succeeded")
    want(rows["r1"]["error"]["type"] == "results_gone", "r1: %s" % rows["r1"])
    world.sim.rewrite.clear()
    world.code(world.call("results", world.job_id(), "--refetch"), 3)
    rows = world.check_out(lambda name: "errored" if name == "r1" else "succeeded")
    want("no good" in str(rows["r1"]["error"]), "r1 after the refetch: %s" % rows["r1"])


@scenario(TWO_FILES)
def output_file_gone(world):
    world.write(5)
    world.sim.scripts = [Script(outcome=one_error)]
    world.sim.rewrite["content"] = lambda request, response: (
        response if is_error_file(world, request) else Response(404, world.sim.error_body(404)))
    world.code(world.run(), 3)
    rows = world.check_out(lambda name: "errored")
    want("no good" in str(rows["r1"]["error"]) and rows["r0"]["error"]["type"] == "results_gone", "rows: %s" % rows)


@scenario(ROUTES)
def gone_for_a_while_over_restarts(world):
    """The tries of all processes count together, and the file comes back before they are used up."""
    world.write(5)
    world.sim.faults.append(Fault("content", "404", times=6))
    for _ in range(3):
        world.run(timeout="60ms")
    world.code(world.run(), 0, 2)
    world.check_out()
    want(world.sim.count("content") == 7, "%d downloads" % world.sim.count("content"))


@scenario(ROUTES)
def downloads_that_fail_are_told(world):
    """One warning when it begins, and the reason in status and list; the answers arrive once it is over."""
    world.write(5)
    world.sim.faults.append(Fault("content", "500", times=10 ** 9))
    done = world.code(world.run(timeout="700ms"), 8)
    warnings = [line for line in done.err.split("\n") if "500" in line and "warning" in line]
    want(len(warnings) == 1, "%d warnings: %r" % (len(warnings), done.err))
    job = world.job_id()
    want("500" in world.call("list", "--json").out, "list does not say why")
    want("500" in json.dumps(world.call("status", job, "--json").json()), "status does not say why")
    world.sim.faults.clear()
    world.code(world.call("resume"), 0)
    world.check_out()


# ---- pages that are not results ----

PORTALS = {"html": (b"<html><body>Please sign in</body></html>", "text/html"), "empty": (b"", "text/plain"),
           "json": (b'{"error":"sign in first"}', "application/json"), "blank-lines": (b"\n\n\n", "text/plain"),
           "html-lines": (b"<html>\n<body>\nPlease sign in\n</body>\n</html>\n", "text/html")}


def portal(world, page, times):
    """A body in which no row stands is a failed download, however often it comes."""
    world.write(5)
    left = [times]

    def instead(request, response):
        left[0] -= 1
        return response if left[0] < 0 else Response(200, page[0], kind=page[1])
    world.sim.rewrite["content"] = instead
    world.code(world.run(), 0)
    world.check_out()
    creates(world, 1)


for vendor in ROUTES.split():
    for label, body in PORTALS.items():
        add(vendor, "portal-%s-instead-of-results" % label, portal, page=body, times=5)


@scenario(ROUTES)
def a_portal_that_stays_blocks(world):
    world.write(3)
    world.sim.rewrite["content"] = lambda request, response: Response(200, PORTALS["html"][0], kind="text/html")
    world.code(world.run(timeout="20s", poll="5ms"), 5)
    want(not os.path.exists(world.output), "OUT is there")
    world.sim.rewrite.clear()
    world.code(world.call("resume"), 0)
    world.check_out()


# ---- refetch ----

def without(names):
    """Rows of these ids are not in the file yet."""
    def mangle(kind, lines):
        return [line for line in lines if not any(b"q-" + name.encode() + b'"' in line for name in names)]
    return mangle


@scenario("openai anthropic mistral together groq google")
def refetch_brings_what_was_missing_and_changes_nothing_else(world):
    world.write(5)
    script = Script(mangle=without(["r3"]))
    if world.vendor == "google":
        script.phases = ["completed"]
    world.sim.scripts = [script]
    world.code(world.run(), 3)
    first = world.rows()
    want(first["r3"]["error"]["type"] == "missing", "r3: %s" % first["r3"])
    job = world.job_id()
    script.mangle = lambda kind, lines: [line.replace(b"answer to q-r1", b"another answer") for line in lines]
    for batch in world.sim.own_batches():
        for kind in ("output_id", "error_id"):
            batch.__dict__.pop(kind, None)
    world.code(world.call("results", job, "--refetch"), 0)
    rows = world.check_out()
    want(rows["r1"] == first["r1"], "a succeeded row was changed: %s" % rows["r1"])
    creates(world, 1)
    world.code(world.call("results", job, "--refetch"), 0)
    world.check_out()


# ---- downloads that break ----

def breaking(at, ranges, seen):
    """Each download breaks after so many bytes; with ranges the server goes on where it is asked to."""
    def rewrite(request, response):
        asked = request.headers.get("range")
        seen.append((asked, request.headers.get("if-range")))
        start = 0
        if ranges:
            response.headers.update({"ETag": '"v1"', "Accept-Ranges": "bytes"})
            if asked and request.headers.get("if-range") in (None, '"v1"'):
                start, whole = int(asked.split("=")[1].split("-")[0]), len(response.body)
                response.status, response.body = 206, bytes(response.body)[start:]
                response.headers["Content-Range"] = "bytes %d-%d/%d" % (start, whole - 1, whole)
        if len(response.body) > at:
            response.stops_after = at
        return response
    return rewrite


@scenario(ROUTES)
def a_download_that_breaks_goes_on_with_a_range(world):
    world.write(30)
    seen = []
    world.sim.rewrite["content"] = breaking(2000, True, seen)
    world.code(world.run(), 0)
    world.check_out()
    want(len(seen) > 3 and all(asked and mark for asked, mark in seen[1:]), "ranges asked for: %s" % seen[:5])
    starts = [int(asked.split("=")[1].split("-")[0]) for asked, _ in seen[1:]]
    want(starts == sorted(set(starts)), "went on at %s" % starts)


@scenario(ROUTES)
def a_download_that_always_breaks_blocks_with_figures(world):
    world.write(30)
    world.sim.rewrite["content"] = breaking(2000, False, [])
    done = world.code(world.run(timeout="30s", poll="5ms"), 5)
    want("warning" in done.err and re.search("came further than [0-9]+ bytes", done.err), "no figures: %r" % done.err)
    want(not os.path.exists(world.output), "OUT is there")
    world.sim.rewrite.clear()
    world.code(world.call("resume"), 0)
    world.check_out()


@scenario(ROUTES)
def a_file_that_changes_between_ranges_is_read_anew(world):
    """If-Range with an old mark brings the whole file; nothing is sewn together of two."""
    world.write(30)
    first = [True]

    def rewrite(request, response):
        response.headers.update({"ETag": '"v1"' if first[0] else '"v2"', "Accept-Ranges": "bytes"})
        if first[0]:
            response.stops_after, first[0] = 2000, False
        return response
    world.sim.rewrite["content"] = rewrite
    world.code(world.run(), 0)
    world.check_out()


@scenario(ROUTES)
def a_result_line_that_is_too_long_costs_its_row_only(world):
    def longer(kind, lines):
        return [line.replace(b"answer to q-r2", b"x" * 100_000) for line in lines]
    world.write(6)
    world.sim.scripts = [Script(mangle=longer)]
    world.code(world.run("--set", "limits.max_line_bytes=20000"), 3)
    rows = world.check_out(lambda name: "errored" if name == "r2" else "succeeded")
    want(rows["r2"]["error"]["message"], "no reason: %s" % rows["r2"])


@scenario(FILE_BASED)
def foreign_rows_go_no_further(world):
    """Rows of other ids are neither delivered nor counted as answers."""
    def more(kind, lines):
        return [line.replace(b"r0", b"not-ours-%d" % n) for n in range(200) for line in lines[:1]] + lines
    world.write(4)
    world.sim.scripts = [Script(mangle=more, order="plain")]
    world.code(world.run(), 0)
    world.check_out()


@scenario("openai anthropic")
def foreign_rows_without_end_do_not_fill_the_disk(world):
    world.write(3)
    line = dump({"custom_id": "somebody", "response": {"status_code": 200, "body": {"x": "y" * 1000}}}) + b"\n"
    junk = line * ((80 << 20) // len(line))
    world.sim.rewrite["content"] = lambda request, response: Response(200, junk)
    world.code(world.run(), 5)

    def size():
        return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(world.state)
                   for name in names)
    held = size()
    for _ in range(2):
        world.code(world.call("resume"), 5)
    want(size() <= held + (20 << 20), "the state grows: %d bytes, then %d" % (held, size()))
    want(not os.path.exists(world.output), "OUT is there")
    world.sim.rewrite.clear()
    world.code(world.call("resume"), 0)
    world.check_out()


# ---- ranges ----

def other_order(lines):
    """The same rows as the vendor may write them anew."""
    return b"".join(line + b"\n" for line in [lines[1], lines[0], *lines[2:]])


def ranges_of(world, how):
    """A download that breaks inside a row, behind its id; what follows is of another file, or only a piece of it."""
    state = {"broke": False, "asked": 0}

    def rewrite(request, response):
        one = bytes(response.body)
        lines = one.split(b"\n")[:-1]
        two = one if how == "piece" else other_order(lines)
        asked = request.headers.get("range")
        tag = '"one"' if how == "piece" or not state["broke"] else '"two"'
        response.headers.update({"ETag": tag, "Accept-Ranges": "bytes"})
        if not asked and not state["broke"]:
            state["broke"] = True
            response.stops_after = one.index(b"answer to q-")
        elif not asked:
            response.body = two
        else:
            state["asked"] += 1
            start = int(asked.split("=")[1].split("-")[0])
            end = min(start + 200, len(two)) if how == "piece" else len(two)
            return Response(206, two[start:end], {"ETag": tag, "Content-Range": "bytes %d-%d/%d" % (start, end - 1, len(two))})
        return response

    world.write(4)
    world.sim.rewrite["content"] = rewrite
    world.code(world.run(timeout="20s"), 0)
    world.check_out()
    want(state["asked"] > (1 if how == "piece" else 0), "no range was asked for")


for vendor in "openai anthropic groq".split():
    for label in ("piece", "another-file"):
        add(vendor, "range-answered-with-" + label, ranges_of, how=label)
