"""Names that a file declares, and references to them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from workers.config.documents import Fields, Items, Node, Scalar
from workers.config.explain import did_you_mean
from workers.config.findings import Code, Problem

__all__ = ["Names", "declared", "duplicates", "unknown"]


_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Names:
    """Names of one kind."""

    what: str
    """In the plural, for messages: ``people``."""
    scalars: tuple[Scalar, ...] = ()
    complete: bool = False
    """False where an entry's name could not be read: then nothing can be called unknown."""

    @property
    def texts(self) -> frozenset[str]:
        """The names."""
        return frozenset(scalar.text for scalar in self.scalars)


def declared(root: Fields | None, field: str, key: str, what: str) -> Names:
    """The names that the entries of a list have under ``key``."""
    if root is None:
        return Names(what)
    node = root.get(field)
    if node is None:
        # the field may be misspelt; then its absence is reported, and nothing that follows
        return Names(what, complete=not _has_unread(root, field))
    if not isinstance(node, Items):
        return Names(what)
    scalars: list[Scalar] = []
    complete = True
    for item in node.items:
        name = item.get(key) if isinstance(item, Fields) else None
        if isinstance(name, Scalar) and name.resolved and name.text:
            scalars.append(name)
        else:
            complete = False
    return Names(what, tuple(scalars), complete)


def _has_unread(root: Fields, field: str) -> bool:
    """Whether the block holds a field by nearly this name."""
    names = [entry.key.text for entry in root.entries]
    return any(did_you_mean(name, [field], what="").startswith("did you") for name in names)


def duplicates(names: Names) -> Iterator[Problem]:
    """Names that stand twice."""
    first: dict[str, Scalar] = {}
    for scalar in names.scalars:
        earlier = first.setdefault(scalar.text, scalar)
        if earlier is not scalar:
            yield Problem(
                scalar.place,
                Code.DUPLICATE_NAME,
                f"`{scalar.written}` is taken by an entry on line {earlier.place.line}",
                f"give the two {names.what} different names, or remove one",
            )


def unknown(
    nodes: Iterable[Node | None], names: Names, code: Code, *, also: Mapping[str, str] = _NOTHING
) -> Iterator[Problem]:
    """References to names that are not declared; ``also`` are words that mean something else."""
    if not names.complete:
        return
    for node in nodes:
        if not isinstance(node, Scalar) or not node.resolved or not node.text:
            continue
        if node.text not in names.texts and node.text not in also:
            remedy = did_you_mean(node.text, sorted(names.texts), what=names.what)
            meanings = "".join(f"; `{word}` means {meaning}" for word, meaning in also.items())
            yield Problem(
                node.place,
                code,
                f"`{node.written}` is none of the {names.what}",
                remedy + meanings,
            )
