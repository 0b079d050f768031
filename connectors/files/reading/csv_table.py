"""CSV (RFC 4180) whose rows know their place, also where a quoted field spans lines.

A quote that is never closed would swallow the rest of the file into one field. So the reader
is strict, a row is at most ``LONGEST`` bytes, and after a bad row reading goes on at the line
behind the bad row's first: at worst some lines that belonged to it are reported too.
"""

import csv
from collections.abc import Iterator

from connectors.base.errors import ConfigurationError
from connectors.files.reading.encoding import Encoding
from connectors.files.reading.lines import LONGEST, Line, Lines
from connectors.files.reading.row import Row

__all__ = ["CsvRows", "read_header"]

DELIMITERS = ",;\t|"


class _Unreadable(Exception):  # noqa: N818 - a signal from the feed of lines to its reader
    """The row cannot be read on; the message says why."""


class CsvRows:
    """A ``RowReader``. ``columns`` are the names in the first row."""

    def __init__(
        self, lines: Lines, encoding: Encoding, columns: tuple[str, ...], delimiter: str, line: int
    ) -> None:
        self.columns = columns
        self._lines = lines
        self._encoding = encoding
        self._delimiter = delimiter
        self._line = line
        self._taken: list[Line] = []
        self._reader = self._new_reader()

    def next(self) -> Row | None:
        """The next row that is not blank; ``None`` at the end."""
        while True:
            self._taken.clear()
            try:
                values = next(self._reader, None)
            except (csv.Error, _Unreadable) as error:
                return self._skip(_reason(error))
            if values is None:
                return None
            number = self._line
            self._line += len(self._taken)
            if not any(value.strip() for value in values):
                continue
            return self._row(values, number)

    def _row(self, values: list[str], number: int) -> Row:
        wide = len(self.columns)
        problem = ""
        if len(values) < wide or any(value.strip() for value in values[wide:]):
            problem = f"the row has {len(values)} fields, the first row names {wide}"
        last = self._taken[-1]
        return Row(
            number,
            last.end,
            len(self._taken),
            b"".join(line.raw for line in self._taken),
            None if problem else dict(zip(self.columns, values, strict=False)),
            problem,
            open_ended=not last.raw.endswith(self._encoding.newline),
        )

    def _skip(self, reason: str) -> Row:
        """Give up the first line of the present row, and begin anew behind it."""
        first = self._taken[0]
        number, self._line = self._line, self._line + 1
        open_ended = len(self._taken) == 1 and not first.raw.endswith(self._encoding.newline)
        self._lines.seek(first.end)
        self._reader = self._new_reader()
        return Row(
            number,
            first.end,
            1,
            first.raw,
            None,
            reason,
            open_ended=open_ended and not first.overlong,
        )

    def _new_reader(self) -> Iterator[list[str]]:
        # a limit of the whole process, and below a row's: fields are cut later, not refused
        csv.field_size_limit(LONGEST)
        return csv.reader(self._feed(), delimiter=self._delimiter, strict=True)

    def _feed(self) -> Iterator[str]:
        """Lines as the reader takes them; it takes no more than the row needs."""
        while (line := self._lines.next()) is not None:
            self._taken.append(line)
            if line.overlong or sum(len(each.raw) for each in self._taken) > LONGEST:
                raise _Unreadable(f"the row is longer than {LONGEST} bytes")
            try:
                yield line.raw.decode(self._encoding.name)
            except UnicodeDecodeError as error:
                raise _Unreadable(
                    f"the line is not {self._encoding.name} (byte {error.start + 1})"
                ) from None


def read_header(
    lines: Lines, encoding: Encoding, delimiter: str
) -> tuple[tuple[str, ...], str, int]:
    """The columns' names, the delimiter, and how many lines the first row takes.

    Raises ``ConfigurationError`` if the first row names no columns.
    """
    first = lines.next()
    if first is None:
        return (), "," if delimiter == "auto" else delimiter, 0
    try:
        text = first.raw.decode(encoding.name)
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"the first line is not {encoding.name}", remedy="set the source's encoding"
        ) from None
    if delimiter == "auto":
        delimiter = max(DELIMITERS, key=text.count)

    def feed() -> Iterator[str]:
        yield text
        while (line := lines.next()) is not None and not line.overlong:
            yield line.raw.decode(encoding.name)

    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    try:
        names = tuple(name.strip() for name in next(reader))
    except (csv.Error, UnicodeDecodeError, StopIteration):
        names = ()
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if not any(names) or twice:
        what = f"names {twice[0]!r} twice" if twice else "cannot be read as names of columns"
        raise ConfigurationError(
            f"the first row {what}", remedy="give the file a first row with the columns' names"
        )
    return names, delimiter, reader.line_num


def _reason(error: Exception) -> str:
    if isinstance(error, csv.Error):
        return "a quote is not closed, or not doubled within a quoted field"
    return str(error)
