#!/usr/bin/env python3
"""Writes docs/first-program.md anew: a comment with the path of an example stands before each block of code, which is that
file. The tests build and run the examples, so that the page shows what works.

    first_program.py docs/first-program.md > NEW"""
import re
import sys

LANGUAGES = {".c": "c", ".cc": "cpp", ".go": "go", ".rs": "rust", ".cs": "csharp"}


def block(match):
    path = match.group(1)
    language = LANGUAGES[path[path.rindex("."):]]
    with open(path, encoding="utf-8") as file:
        return "<!-- %s -->\n```%s\n%s```\n" % (path, language, file.read())


with open(sys.argv[1], encoding="utf-8") as page:
    sys.stdout.write(re.sub(r"<!-- (\S+\.\w+) -->\n```\w+\n.*?^```\n", block, page.read(), flags=re.S | re.M))
