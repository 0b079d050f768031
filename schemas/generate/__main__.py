"""``python -m schemas.generate``: write the documents, check them, or keep a release."""

import argparse
import sys
from importlib.metadata import version

from schemas.generate.documents import GENERATED, RELEASES, documents, stale, write

__all__ = ["main"]


def main(arguments: list[str]) -> int:
    """0 when the documents are as they should be; 1 when ``--check`` finds stale ones."""
    parser = argparse.ArgumentParser(prog="python -m schemas.generate", description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="write nothing, name stale files")
    mode.add_argument("--release", action="store_true", help="also keep today's schemas")
    chosen = parser.parse_args(arguments)
    present = version("productops-workers")
    wanted = documents(present)
    if chosen.check:
        differing = stale(GENERATED, wanted)
        for name in differing:
            sys.stderr.write(f"schemas/generated/{name} is stale: run make generate\n")
        return 1 if differing else 0
    changed = write(GENERATED, wanted)
    if chosen.release:
        kept = {name: text for name, text in wanted.items() if name.endswith(".json")}
        write(RELEASES / present, kept)
    sys.stderr.write(f"{len(changed)} of {len(wanted)} documents changed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
