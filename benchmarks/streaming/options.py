"""The command line that all jobs in Python have."""

import argparse
from collections.abc import Sequence

__all__ = ["options"]


def options(jobs: Sequence[str]) -> argparse.Namespace:
    """What to run, where, for how many events."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--job", choices=jobs, required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--events", type=int, required=True, help="0: until SIGTERM")
    parser.add_argument("--state-dir", required=True)
    parser.add_argument("--guarantee", default="at-least-once")
    return parser.parse_args()
