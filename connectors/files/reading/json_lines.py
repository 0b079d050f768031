"""JSON lines: one object a line."""

from collections.abc import Mapping

from connectors.base.payload import read_json
from connectors.files.reading.encoding import Encoding
from connectors.files.reading.lines import LONGEST, Line, Lines
from connectors.files.reading.row import Row

__all__ = ["JsonRows"]


class JsonRows:
    """A ``RowReader``. JSON is UTF-8 by its standard; other encodings are read all the same."""

    columns: tuple[str, ...] = ()

    def __init__(self, lines: Lines, encoding: Encoding, line: int) -> None:
        self._lines = lines
        self._encoding = encoding
        self._line = line

    def next(self) -> Row | None:
        """The next row that is not blank; ``None`` at the end."""
        while (line := self._lines.next()) is not None:
            number, self._line = self._line, self._line + 1
            if line.raw.strip():
                return self._row(line, number)
        return None

    def _row(self, line: Line, number: int) -> Row:
        fields, problem = None, ""
        if line.overlong:
            problem = f"the line is longer than {LONGEST} bytes"
        else:
            try:
                fields = read_json(line.raw.decode(self._encoding.name))
            except UnicodeDecodeError as error:
                problem = f"the line is not {self._encoding.name} (byte {error.start + 1})"
            except ValueError as error:
                problem = f"the line is {error}"
            else:
                if not isinstance(fields, Mapping):
                    fields, problem = None, "the line is JSON, but no object"
        return Row(
            number,
            line.end,
            1,
            line.raw,
            fields,
            problem,
            open_ended=not line.overlong and not line.raw.endswith(self._encoding.newline),
        )
