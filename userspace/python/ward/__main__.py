# SPDX-License-Identifier: MIT
"""python3 -m ward: what a session finds here, and the register that a script declares."""

from __future__ import annotations

import argparse
import json
import sys

from . import Error, Session, __version__
from ._declare import declaration


def _info() -> int:
    with Session() as session:
        info = session.info()
    print(json.dumps({
        "features": sorted(info.features), "instance": info.instance.hex(),
        "level": info.level, "limit": info.limit, "session": info.session.hex()}, indent=2))
    return 0


def _declare(script: str, packages: str) -> int:
    made = declaration(script, [p for p in packages.split(",") if p])
    print(json.dumps({"declared": made.register.hex(),
                      "parts": [{"name": n, "sha512": d.hex()} for n, d in made.parts]},
                     indent=2))
    return 0


def main() -> int:
    """Exit codes as wardctl's: 0, 1 misuse (also of argparse's), 6 device."""
    parser = argparse.ArgumentParser(prog="python3 -m ward", description=__doc__)
    parser.add_argument("--version", action="version", version=f"ward {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("info", help="open a session and say what it has, as JSON")
    verb = verbs.add_parser("declare", help="the register of a script and packages, as JSON")
    verb.add_argument("script")
    verb.add_argument("--packages", default="", metavar="A,B",
                      help="importable names, in the order in which they are declared")
    args = parser.parse_args()
    try:
        return _info() if args.verb == "info" else _declare(args.script, args.packages)
    except Error as error:
        print(f"ward: {error.strerror}", file=sys.stderr)
        return 6
    except (OSError, ImportError) as error:
        print(f"ward: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SystemExit as stop:
        sys.exit(1 if stop.code == 2 else stop.code)
