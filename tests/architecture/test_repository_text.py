"""What no file of the repository may say."""

import re

HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
    )
)
"""Where packages come from is the business of the machine, not of the repository."""

MACHINE_PATHS = re.compile(r"(?<![\w.:~$}])/(?:work|root|home/\w+|Users/\w+)/")

SECRETS = re.compile(
    r"xox[abprs]-\d{10,}-\d{10,}-\w{24}|AKIA[0-9A-Z]{16}|ghp_[0-9A-Za-z]{36}"
    r"|-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----"
)
"""Tokens of Slack, a cloud and a forge, and private keys."""


def lines_with(texts: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    """``file:line`` of every match."""
    return [
        f"{path}:{number} {line.strip()[:100]}"
        for path, text in texts.items()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_index(texts: dict[str, str]) -> None:
    """Any mirror will do: lock files, scripts and images name packages and hashes only."""
    assert lines_with(texts, re.compile("|".join(map(re.escape, HOSTS)))) == []


def test_no_file_names_a_path_of_one_machine(texts: dict[str, str]) -> None:
    """The repository works wherever it is cloned to."""
    assert lines_with(texts, MACHINE_PATHS) == []


def test_no_file_holds_a_live_secret(texts: dict[str, str]) -> None:
    """No token of a known form stands anywhere, not even in a test."""
    assert lines_with(texts, SECRETS) == []


def test_text_files_end_with_a_newline_and_use_line_feeds(texts: dict[str, str]) -> None:
    """Every text file can be shown and compared line by line."""
    ours = {
        path: text
        for path, text in texts.items()
        if text and "payloads" not in path and not path.endswith((".svg", ".csv", ".jsonl"))
    }
    assert [path for path, text in ours.items() if not text.endswith("\n") or "\r\n" in text] == []
