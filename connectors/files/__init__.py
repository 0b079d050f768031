"""Files a team brings: its history, as CSV or JSON lines with a column map.

    settings.py      what stands in sources.yaml
    reading/         bytes -> lines -> rows, each with its place in the file
    mapping.py       row -> event
    progress.py      how far each file has been read, and whether it is still the same file
    connector.py     all of it behind the contract

A file is read to its end whatever ``since`` says: a person chose it. What is added to its
end later is read on the next pull; a file that was replaced is read anew, and rows that were
there before have the ids they had before.
"""

from connectors.files.connector import Files, make
from connectors.files.settings import Settings

__all__ = ["Files", "Settings", "make"]
