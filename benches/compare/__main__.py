"""Measures smspin beside the programs that people use instead, and writes benches/README.md's table and its plots.

    python3 benches/compare [--rows N] [--rounds N] [--only SECTION,…] [--no-write]

The two sides of each figure take turns within one run, and the median of the rounds counts. docs/comparison.md says what
the programs do and don't do beside their speed.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import paper
import sections
from tools import Tools


def arguments():
    parser = argparse.ArgumentParser(prog="python3 benches/compare", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="the most rows of a batch [default: 1000000]")
    parser.add_argument("--rounds", type=int, default=5, help="how often each command runs [default: 5]")
    parser.add_argument("--only", help=f"sections, with commas between them: {', '.join(sections.ALL)}")
    parser.add_argument("--no-write", action="store_true", help="print the table, and leave the files as they are")
    return parser.parse_args()


def main():
    asked = arguments()
    names = asked.only.split(",") if asked.only else list(sections.ALL)
    unknown = [name for name in names if name not in sections.ALL]
    if unknown:
        sys.exit(f"compare: there is no section {', '.join(unknown)}; there are {', '.join(sections.ALL)}")
    if not asked.no_write and asked.only:
        sys.exit("compare: --only measures a part, and the table is written whole: add --no-write")
    root = Path(__file__).resolve().parents[2]
    tools = Tools(root)
    with tempfile.TemporaryDirectory() as work:
        setting = sections.Setting(tools, Path(work), asked.rows, asked.rounds)
        measured = {}
        for name in names:
            print(f"measuring: {name}", file=sys.stderr)
            measured[name] = sections.ALL[name](setting)
    table = paper.table(measured)
    print(table)
    if not asked.no_write:
        paper.write(root / "benches", table, measured, tools, asked)


main()
