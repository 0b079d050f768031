"""Bytes to lines to rows: every row knows where it stands, so that a pull can go on there."""

from connectors.files.reading.encoding import Encoding, detect
from connectors.files.reading.lines import LONGEST, Line, Lines
from connectors.files.reading.row import Row, RowReader
from connectors.files.reading.table import open_rows

__all__ = ["LONGEST", "Encoding", "Line", "Lines", "Row", "RowReader", "detect", "open_rows"]
