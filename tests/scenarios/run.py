#!/usr/bin/env python3
"""Runs the scenarios: run.py --program PATH [--vendor openai,…] [--filter WORD] [--jobs N] [--list]"""
import argparse
import multiprocessing
import os
import subprocess
import sys
import time
import traceback

import harness
import scenarios_accounts
import scenarios_addresses
import scenarios_again
import scenarios_answers
import scenarios_canary
import scenarios_canary_kills
import scenarios_cli
import scenarios_convert
import scenarios_crash
import scenarios_create
import scenarios_damage
import scenarios_damage_results
import scenarios_decide
import scenarios_faults
import scenarios_guards
import scenarios_identity
import scenarios_input
import scenarios_journal
import scenarios_keys
import scenarios_legacy
import scenarios_library
import scenarios_limits
import scenarios_objects
import scenarios_rows
import scenarios_secrets
import scenarios_trouble
import scenarios_vllm

MODULES = (scenarios_accounts, scenarios_addresses, scenarios_again, scenarios_answers, scenarios_canary,
           scenarios_canary_kills, scenarios_cli, scenarios_convert, scenarios_crash, scenarios_create,
           scenarios_damage, scenarios_damage_results, scenarios_decide, scenarios_faults, scenarios_guards,
           scenarios_identity, scenarios_input, scenarios_journal, scenarios_keys, scenarios_legacy,
           scenarios_library, scenarios_limits, scenarios_objects, scenarios_rows, scenarios_secrets,
           scenarios_trouble, scenarios_vllm)
SKIPPED = 77  # what ctest takes for "skipped"


def one(job):
    index, program, keep, die_at_step, sanitized = job
    vendor, name, function, named = harness.SCENARIOS[index]
    began, world = time.monotonic(), harness.World(program, vendor)
    world.die_at_step, world.sanitized = die_at_step, sanitized
    verdict, why = "PASSED", ""
    try:
        function(world, **named)
        world.check_always()
    except harness.Skip as reason:
        verdict, why = "SKIPPED", str(reason)
    except harness.Failure as reason:
        verdict, why = "FAILED", str(reason)
    except Exception:  # a scenario that breaks is a failed scenario
        verdict, why = "FAILED", "scenario broke: " + traceback.format_exc(limit=-3)
    finally:
        kept = keep and verdict == "FAILED"
        if kept:
            why += " [kept: %s]" % world.dir
        world.close(kept)
    return vendor, name, verdict, why, time.monotonic() - began


def providers_of(program):
    """The vendors this build of the program knows."""
    done = subprocess.run([program, "providers"], capture_output=True, text=True)
    return {word.strip("|,: ") for word in done.stdout.split()}


def choose(arguments):
    vendors = arguments.vendor.split(",") if arguments.vendor else None
    return [i for i, (vendor, name, _, _) in enumerate(harness.SCENARIOS)
            if (not vendors or vendor in vendors)
            and all(word in vendor + "/" + name for word in arguments.filter)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--vendor", default="")
    parser.add_argument("--filter", action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("--keep", action="store_true", help="keep the directory of a failed scenario")
    parser.add_argument("--die-at-step", default="", help="the library built of die_at_step.c")
    parser.add_argument("--sanitized", action="store_true", help="the program is a sanitizer's")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    chosen = choose(arguments)
    if arguments.list:
        for index in chosen:
            print("%s/%s" % harness.SCENARIOS[index][:2])
        return 0
    program = os.path.abspath(arguments.program)
    if not os.access(program, os.X_OK):
        sys.exit("run.py: no program at " + program)
    counts = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
    known = providers_of(program)
    for vendor in sorted({harness.SCENARIOS[i][0] for i in chosen} - known):
        absent = [i for i in chosen if harness.SCENARIOS[i][0] == vendor]
        print("SKIPPED %s: %d scenarios, this build has no such provider" % (vendor, len(absent)))
        counts["SKIPPED"] += len(absent)
        chosen = [i for i in chosen if i not in absent]
    preload = os.path.abspath(arguments.die_at_step) if arguments.die_at_step else ""
    jobs = [(i, program, arguments.keep, preload, arguments.sanitized) for i in chosen]
    with multiprocessing.Pool(arguments.jobs, maxtasksperchild=20) as pool:
        for vendor, name, verdict, why, seconds in pool.imap(one, jobs):
            counts[verdict] += 1
            print("%-7s %s/%s (%.1f s)%s" % (verdict, vendor, name, seconds, ": " + why if why else ""), flush=True)
    print("%(PASSED)d passed, %(FAILED)d failed, %(SKIPPED)d skipped" % counts)
    if not counts["PASSED"] and not counts["FAILED"] and counts["SKIPPED"]:
        return SKIPPED
    return 1 if counts["FAILED"] or not counts["PASSED"] else 0


if __name__ == "__main__":
    sys.exit(main())
