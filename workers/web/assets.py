"""Our own style sheet, script and icon, held in memory and named by their content."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Asset", "read_assets"]

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    name: str
    content: bytes
    media_type: str
    version: str

    @property
    def address(self) -> str:
        """Changes with the content, so that browsers may keep it for good."""
        return f"/static/{self.name}?v={self.version}"


def read_assets() -> Mapping[str, Asset]:
    """The files beside this module, by name."""
    folder = Path(__file__).parent / "static"
    assets = {}
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        version = hashlib.sha256(content).hexdigest()[:12]
        assets[path.name] = Asset(path.name, content, _TYPES[path.suffix], version)
    return assets
