#!/usr/bin/env python3
"""The units that scripts/demo and the packages are built of (cmake/Unity.cmake) compile, with warnings as errors. The
preset dev compiles each file by itself, so that a name that two files of a folder share would be seen by users first.

    unity.py SOURCE_DIR BUILD_DIR"""

import concurrent.futures
import json
import pathlib
import shlex
import subprocess
import sys


def compiled(entry):
    """What the compiler says about one unit, without code being made."""
    words = [word for word in shlex.split(entry["command"]) if not word.startswith(("-O", "-D_FORTIFY_SOURCE"))]
    run = subprocess.run(words + ["-fsyntax-only"], cwd=entry["directory"], stderr=subprocess.PIPE, text=True)
    return "" if run.returncode == 0 else run.stderr


def main(source, build):
    subprocess.run(["cmake", "-S", source, "--preset", "release", "-B", build, "-DBATCHROUTER_DEVELOPER=ON",
                    "-DBATCHROUTER_BUILD_EXAMPLES=OFF"], cwd=source, stdout=subprocess.DEVNULL, check=True)
    entries = json.loads((pathlib.Path(build) / "compile_commands.json").read_text(encoding="utf-8"))
    units = [entry for entry in entries if "/Unity/unity_" in entry["file"]]
    if not units:
        sys.exit("FAILED: the preset release has no unity units")
    with concurrent.futures.ThreadPoolExecutor(2) as two:
        failures = [what for what in two.map(compiled, units) if what]
    if failures:
        sys.exit("".join(failures) + "FAILED: %d of %d units; a name in an unnamed namespace has to be the only one of "
                 "its folder" % (len(failures), len(units)))
    print("ok: %d units" % len(units))


if __name__ == "__main__":
    main(*sys.argv[1:])
