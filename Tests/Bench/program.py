"""What both benches do around their measurements."""

import argparse
import json
import pathlib
import shutil
import signal
import sys
import tempfile


def parser(programs, parts):
    """The options of both: the programs that are measured, the parts, and what becomes of the results."""
    parser = argparse.ArgumentParser()
    for name in programs:
        parser.add_argument(name, type=pathlib.Path, required=True)
    parser.add_argument("--only", action="append", choices=parts)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--strict", action="store_true")
    return parser


def run(kind, options, prefix, show):
    """Makes a bench in a folder of its own, runs it and shows its results; returns the status to end with."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    home = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
    try:
        bench = kind(options, home)
        try:
            bench.run()
        finally:
            bench.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps(bench.results, indent=2) + "\n")
    show(bench.results)
    return 1 if options.strict and not all(goal["met"] for goal in bench.results["goals"]) else 0
