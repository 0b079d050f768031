"""Files that are not there, not readable, not text, too large, too deep."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from workers.config.findings import Code, ConfigurationInvalid, Finding
from workers.config.load import Reading, load

Read = Callable[[], Reading]


def only(reading: Reading) -> Finding:
    """The one finding there is."""
    assert len(reading.findings) == 1, [str(finding) for finding in reading.findings]
    return reading.findings[0]


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is one finding that says how to name another."""
    with pytest.raises(ConfigurationInvalid) as refused:
        load(tmp_path / "nowhere", {})
    (finding,) = refused.value.findings
    assert finding.code is Code.MISSING_FILE
    assert "PRODUCTOPS_CONFIG_DIR" in finding.remedy


def test_missing_file(folder: Path, read_folder: Read) -> None:
    """A missing file is one finding, and nothing is said about what it would have held."""
    (folder / "team.yaml").unlink()
    finding = only(read_folder())
    assert (finding.code, finding.path) == (Code.MISSING_FILE, str(folder / "team.yaml"))
    assert finding.snippet == ""


def test_every_missing_file_is_named(folder: Path, read_folder: Read) -> None:
    """All missing files are found in one pass."""
    for file in folder.iterdir():
        file.unlink()
    assert [Path(finding.path).name for finding in read_folder().findings] == [
        "team.yaml",
        "routes.yaml",
        "sources.yaml",
    ]


def test_a_folder_instead_of_a_file(folder: Path, read_folder: Read) -> None:
    """A folder called team.yaml is no plain file."""
    (folder / "team.yaml").unlink()
    (folder / "team.yaml").mkdir()
    assert only(read_folder()).code is Code.UNREADABLE_FILE


def test_a_pipe_does_not_hang(folder: Path, read_folder: Read) -> None:
    """A named pipe is refused without waiting for somebody to write to it."""
    (folder / "team.yaml").unlink()
    os.mkfifo(folder / "team.yaml")
    assert only(read_folder()).code is Code.UNREADABLE_FILE


def test_one_byte_over_a_mebibyte(folder: Path, read_folder: Read) -> None:
    """A file of 1 MiB is read, one byte more is refused."""
    path = folder / "team.yaml"
    sound = path.read_bytes()
    path.write_bytes(sound + b"#" * (1_048_576 - len(sound)))
    assert read_folder().findings == ()
    path.write_bytes(sound + b"#" * (1_048_577 - len(sound)))
    assert only(read_folder()).code is Code.TOO_LARGE


def test_latin_1(folder: Path, read_folder: Read) -> None:
    """A byte that is not UTF-8 is named with its line and column."""
    (folder / "team.yaml").write_bytes("company: x\npeople: Zoë\n".encode("latin-1"))
    finding = only(read_folder())
    assert (finding.code, finding.line, finding.column) == (Code.BAD_ENCODING, 2, 11)
    assert "0xeb" in finding.message


def test_utf_16(folder: Path, read_folder: Read) -> None:
    """UTF-16, as some editors save it, is recognised by name."""
    (folder / "team.yaml").write_text("company: x\n", encoding="utf-16")
    assert "UTF-16" in only(read_folder()).message


def test_byte_order_mark(folder: Path, read_folder: Read) -> None:
    """A UTF-8 byte order mark and Windows line ends change nothing."""
    path = folder / "team.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_folder().findings == ()


def test_windows_line_ends_keep_line_numbers(folder: Path, read_folder: Read) -> None:
    """Lines count the same with Windows line ends."""
    path = folder / "team.yaml"
    text = path.read_text("utf-8").replace("id: ben", "id: ana")
    path.write_bytes(text.encode().replace(b"\n", b"\r\n"))
    assert {finding.line for finding in read_folder().findings if finding.path == str(path)} == {
        8,
        22,
    }


def test_control_character(folder: Path, read_folder: Read) -> None:
    """A control character is named by its number; the snippet does not hold it."""
    (folder / "team.yaml").write_bytes(b"company: x\npeople: \x07\n")
    finding = only(read_folder())
    assert (finding.code, finding.line, finding.column) == (Code.BAD_ENCODING, 2, 9)
    assert "U+0007" in finding.message
    assert "\x07" not in str(finding)


def test_deep_nesting(folder: Path, read_folder: Read) -> None:
    """A hundred thousand opening brackets are refused at the depth limit."""
    (folder / "team.yaml").write_text("company: " + "[" * 100_000, encoding="utf-8")
    finding = only(read_folder())
    assert finding.code is Code.TOO_LARGE
    assert "deep" in finding.message


def test_impossible_escapes(folder: Path, read_folder: Read) -> None:
    """Escapes that name no character are syntax errors, half a character is an encoding error."""
    path = folder / "team.yaml"
    path.write_text('company: "\\UFFFFFFFF"\n', encoding="utf-8")
    assert only(read_folder()).code is Code.YAML_SYNTAX
    path.write_text('company: "\\ud800"\n', encoding="utf-8")
    assert only(read_folder()).code is Code.BAD_ENCODING
