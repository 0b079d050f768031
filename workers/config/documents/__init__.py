"""YAML with positions: files become nodes that know where they stand."""

from workers.config.documents.document import Document, read_document
from workers.config.documents.nodes import (
    Entry,
    Fields,
    Items,
    Location,
    Node,
    Scalar,
    find,
    is_resolved,
)

__all__ = [
    "Document",
    "Entry",
    "Fields",
    "Items",
    "Location",
    "Node",
    "Scalar",
    "find",
    "is_resolved",
    "read_document",
]
