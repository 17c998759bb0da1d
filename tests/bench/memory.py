#!/usr/bin/env python3
"""Peak memory of a whole job on the built-in emulator, against what is allowed: 24 MB and 16 bytes for each request.

    memory.py --program BATCHROUTER [--shared ../shared] [--sizes 1000,50000,200000,1000000] [--work DIR]

A million requests take about 12 GB of disk and a minute. What is over the vendor's limit is split into remote batches."""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

from run import to_unified

BASE = 50000
COUNT_IDS = "import json, sys; print(len({json.loads(line)['custom_id'] for line in open(sys.argv[1], 'rb')}))"


def base_lines(shared, work):
    data = os.path.join(work, "d%d" % BASE)
    path = os.path.join(data, "ours.jsonl")
    if not os.path.exists(path):
        subprocess.run([sys.executable, os.path.join(shared, "bench/gen/gen.py"), data, str(BASE), "--kinds",
                        "unified,openai_in,openai_out"], check=True)
        to_unified(os.path.join(data, "unified.jsonl"), path)
    return path


def write_input(base, size, path):
    """The generator's lines again and again, each round with ids of its own."""
    with open(path, "wb") as out:
        for done in range(0, size, BASE):
            with open(base, "rb") as lines:
                for _, line in zip(range(min(BASE, size - done)), lines):
                    out.write(line.replace(b'"custom_id":"', b'"custom_id":"%d-' % (done // BASE), 1))


def peak_of(program, url, source, folder, env):
    command = [program, "run", source, "-o", folder + "/out.jsonl", "--state-dir", folder + "/state", "--provider",
               "openai", "--base-url", url, "--split", "--poll-interval", "50ms", "--set", "audit.files=0", "-q"]
    pid = os.posix_spawn(program, command, env)
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit("failed with %d" % os.waitstatus_to_exitcode(status))
    return usage.ru_maxrss * 1024 / 1e6


def measure(options, size, base, env):
    emulator = subprocess.Popen([options.program, "emulate", "--vendor", "openai", "--speed", "2000"],
                                stdout=subprocess.PIPE, text=True)
    try:
        url = re.search(r"http://\S+", emulator.stdout.readline()).group(0)
        with tempfile.TemporaryDirectory(dir=options.work) as folder:
            source = folder + "/in.jsonl"
            write_input(base, size, source)
            began = time.monotonic()
            peak = peak_of(options.program, url, source, folder, env)
            took = time.monotonic() - began
            # In a process of its own: a child's peak begins with its parent's, so this one has to stay small.
            count = subprocess.run([sys.executable, "-c", COUNT_IDS, folder + "/out.jsonl"], stdout=subprocess.PIPE)
            if int(count.stdout) != size:
                sys.exit("%d ids came back, not %d" % (int(count.stdout), size))
    finally:
        emulator.terminate()
        emulator.wait()
    print("| %d | %.1f | %.1f | %.1f |" % (size, peak, 24 + 16 * size / 1e6, took), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--program", required=True)
    parser.add_argument("--shared", default=os.path.join(here, "../../../shared"))
    parser.add_argument("--sizes", default="1000,50000,200000,1000000")
    parser.add_argument("--work", help="keep the generated data there")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory() as temporary:
        options.work = os.path.abspath(options.work or temporary)
        base = base_lines(options.shared, options.work)
        print("| requests | peak MB | allowed MB | s |\n|---|---|---|---|")
        for size in options.sizes.split(","):
            measure(options, int(size), base, dict(os.environ, OPENAI_API_KEY="bench"))


if __name__ == "__main__":
    main()
