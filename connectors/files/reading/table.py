"""Opening a file as rows, from its beginning or from a place within."""

from pathlib import Path
from typing import BinaryIO

from connectors.base.errors import ConfigurationError
from connectors.files.reading.csv_table import CsvRows, read_header
from connectors.files.reading.encoding import HEAD, Encoding, detect
from connectors.files.reading.json_lines import JsonRows
from connectors.files.reading.lines import Lines
from connectors.files.reading.row import RowReader
from connectors.files.settings import Format, Settings

__all__ = ["open_rows"]

_BY_NAME = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".json": Format.JSONL,
}


def open_rows(
    file: BinaryIO, name: str, settings: Settings, *, offset: int = 0, line: int = 1
) -> RowReader:
    """The file's rows from byte ``offset`` on, which is line ``line``.

    Raises ``ConfigurationError`` for a file that is not what the settings say.
    """
    head = file.read(HEAD)
    encoding = detect(head, settings.encoding)
    lines = Lines(file, encoding.start, encoding.newline)
    if _format(head, name, settings, encoding) is Format.JSONL:
        if settings.encoding == "auto" and encoding.name == "cp1252":
            encoding = Encoding("utf-8", 0)  # JSON is nothing else (RFC 8259, 8.1)
        lines.seek(max(offset, encoding.start))
        return JsonRows(lines, encoding, line)
    try:
        columns, delimiter, taken = read_header(lines, encoding, settings.delimiter)
    except ConfigurationError as error:
        raise ConfigurationError(f"{name}: {error}", remedy=error.remedy) from None
    if offset > encoding.start:
        lines.seek(offset)
    else:
        line = 1 + taken
    return CsvRows(lines, encoding, columns, delimiter, line)


def _format(head: bytes, name: str, settings: Settings, encoding: Encoding) -> Format:
    form = settings.format
    if form is Format.AUTO:
        form = _BY_NAME.get(Path(name).suffix.lower(), Format.AUTO)
    text = head[encoding.start : encoding.start + 4096].decode(encoding.name, "replace").lstrip()
    if form is Format.AUTO:
        form = Format.JSONL if text.startswith("{") else Format.CSV
    if form is Format.JSONL and text.startswith("["):
        raise ConfigurationError(
            f"{name} is one JSON list, not JSON lines",
            remedy="write one object a line: jq -c '.[]' FILE > FILE.jsonl",
        )
    return form
