#!/usr/bin/env python3
"""Runs the cases of updates on Atlas and its peers, and shows what each makes of them.

usage: run_cases.py [--show] [TITLE]

Prints every case whose outcome is not the one that the tables say, with --show every one. TITLE: only cases whose
title contains it.
"""

import argparse
import sys

import updaters
import policy_cases
import update_cases


def show(case, implementation, outcome):
    print(f"# {case.title}")
    for line in [*(f"rule {rule}" for rule in case.rules), *case.lines]:
        print(f"    {line}")
    wanted = case.wanted(implementation.name)
    for line in wanted:
        print(f"  {'  ' if line in outcome else '- '}{line}")
    for line in outcome:
        if line not in wanted:
            print(f"  {implementation.name} = {line}")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", action="store_true")
    parser.add_argument("title", nargs="?", default="")
    arguments = parser.parse_args()
    differing = 0
    for cases, peers in ((update_cases.CASES, updaters.PEERS), (policy_cases.CASES, updaters.PEERS[:1])):
        named = [case for case in cases if arguments.title in case.title]
        for kind in (updaters.Atlas, *peers):
            implementation = kind()
            chosen = [case for case in named if case.is_for(implementation.name)]
            if not chosen or not kind.server_kind.is_installed():
                continue
            outcomes = implementation.outcomes(chosen)
            for case, outcome in zip(chosen, outcomes, strict=True):
                differs = outcome != case.wanted(implementation.name)
                differing += differs
                if differs or arguments.show:
                    show(case, implementation, outcome)
            print(f"{implementation.name}: {len(chosen)} cases")
    print(f"{differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
