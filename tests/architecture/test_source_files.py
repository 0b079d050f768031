"""Size, names and shape of the source: what keeps it easy to find one's way."""

import ast
from collections import Counter
from pathlib import Path

LONGEST_FILE = 400
FULLEST_FOLDER = 14
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "stuff"}
"""Names that say nothing about the idea inside."""
PRODUCT = ("schemas", "connectors", "workers")


def relative(path: Path, root: Path) -> str:
    """The path as a person would name it."""
    return path.relative_to(root).as_posix()


def test_no_file_is_too_long(root: Path, sources: list[Path]) -> None:
    """A Python file holds one idea: at most 400 lines."""
    lengths = {relative(path, root): len(path.read_text().splitlines()) for path in sources}
    assert {path: n for path, n in lengths.items() if n > LONGEST_FILE} == {}


def test_files_are_named_after_their_idea(root: Path, sources: list[Path]) -> None:
    """No file or folder is called utils, helpers, common or the like."""
    named = [
        relative(path, root)
        for path in sources
        if NAMELESS & {path.stem, *path.relative_to(root).parts[:-1]}
    ]
    assert named == []


def test_folders_can_be_overlooked(root: Path, sources: list[Path]) -> None:
    """A folder of the product holds at most 14 Python files; more want a folder of their own."""
    counts = Counter(
        relative(path.parent, root)
        for path in sources
        if path.relative_to(root).parts[0] in PRODUCT and path.name != "__init__.py"
    )
    assert {folder: n for folder, n in counts.items() if n > FULLEST_FOLDER} == {}


def test_every_module_says_what_it_is(root: Path, sources: list[Path]) -> None:
    """Each module of the product begins with a docstring."""
    silent = [
        relative(path, root)
        for path in sources
        if path.relative_to(root).parts[0] in PRODUCT
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_every_test_is_a_sentence(root: Path, sources: list[Path]) -> None:
    """Each test function has a docstring: the sentence that it proves."""
    silent = [
        f"{relative(path, root)}::{node.name}"
        for path in sources
        if path.name.startswith("test_")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_test_files_have_unique_names(root: Path, sources: list[Path]) -> None:
    """A test file's name is enough to find it."""
    names = Counter(
        path.name
        for path in sources
        if path.name.startswith("test_") and path.is_relative_to(root / "tests")
    )
    assert [name for name, n in names.items() if n > 1] == []


def test_tests_neither_patch_nor_sleep(root: Path, sources: list[Path]) -> None:
    """Clock, transport and randomness are injected; nothing is replaced behind the code's back."""
    forbidden = {"setattr": "monkeypatch", "patch": "mock"}
    found = []
    for path in sources:
        if not path.is_relative_to(root / "tests"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "unittest.mock":
                found.append(f"{relative(path, root)}:{node.lineno} unittest.mock")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = ast.unparse(node.func.value)
                if owner == forbidden.get(node.func.attr) or (
                    node.func.attr == "sleep" and owner == "time"
                ):
                    found.append(f"{relative(path, root)}:{node.lineno} {ast.unparse(node.func)}")
    assert found == []
