#!/usr/bin/env python3
"""Writes docs/prices.md with the table of the built-in prices: price_docs.py src/core/requests/price_table.cc docs/prices.md"""
import json
import sys

BEGIN, END = "<!-- table: written by scripts/generate-docs -->", "<!-- end of table -->"
CELLS = ("input", "cached_input", "cache_write_5m", "cache_write_1h", "output")


def cell(value):
    return "" if value is None else f"{value:g}"


def main():
    code = open(sys.argv[1], encoding="utf-8").read()
    table = json.loads(code[code.index('R"(') + 3 : code.index(')";')])
    page = open(sys.argv[2], encoding="utf-8").read()
    lines = [f"Table of {table['date']}, in US dollars for a million tokens.", "",
             "| provider | model | input | cached | write 5 min | write 1 h | output | a batch costs | source |",
             "|---|---|---|---|---|---|---|---|---|"]
    for row in table["models"]:
        share = f"{row['batch_percent']} %"
        if "cached_batch_percent" in row:
            share += f", cached {row['cached_batch_percent']} %"
        prices = " | ".join(cell(row.get(name)) for name in CELLS)
        lines.append(f"| {row['provider']} | `{row['model']}` | {prices} | {share} | {row['source']} |")
        if "long" in row:
            prices = " | ".join(cell(row["long"].get(name)) for name in CELLS)
            lines.append(f"| | prompts over {row['long']['above']:,} | {prices} | | |")
    lines += ["", "| source | what was read, and when |", "|---|---|"]
    lines += [f"| {name} | {what} |" for name, what in table["sources"].items()]
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    sys.stdout.write(page[:start] + "\n" + "\n".join(lines) + "\n" + page[end:])


main()
