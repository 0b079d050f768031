"""Folders of spoilt configuration, each with the exact findings a person sees."""

import re
from collections.abc import Callable
from pathlib import Path
from shutil import copy

import pytest

from workers.config.findings import Code
from workers.config.load import Reading

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(case: Path, folder: Path, read_folder: Callable[[], Reading]) -> None:
    """The findings of a spoilt configuration read exactly as in ``expected.txt``."""
    for file in case.glob("*.yaml"):
        copy(file, folder)
    reading = read_folder()
    shown = "\n\n".join(str(finding) for finding in reading.findings)
    assert shown.replace(f"{folder}/", "") + "\n" == (case / "expected.txt").read_text("utf-8")
    assert reading.configuration is None


def test_the_untouched_configuration_is_sound(read_folder: Callable[[], Reading]) -> None:
    """What the cases spoil has no findings before it is spoilt."""
    reading = read_folder()
    assert reading.findings == ()
    assert reading.configuration is not None


def test_cases_cover_the_codes() -> None:
    """Every kind of finding has a case, but for those that need a special file or variable."""
    shown = "\n".join((case / "expected.txt").read_text("utf-8") for case in CASES)
    elsewhere = {
        Code.MISSING_FILE,
        Code.UNREADABLE_FILE,
        Code.BAD_ENCODING,
        Code.SECRET_FILE,
        Code.ENVIRONMENT,
    }
    seen = set(re.findall(r"^\S+:\d+:\d+ (\S+) ", shown, re.MULTILINE))
    assert set(Code) - seen == elsewhere
