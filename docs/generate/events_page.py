"""``docs/events.md``: the topics and the fields of their events as a page."""

from typing import Any

from schemas.generate.json_schemas import DEAD_LETTER, file_name, json_schemas, schema_name
from schemas.topics import REGISTRY, Cleanup, Topic

DAY_MS = 86_400_000

HEAD = """# Events and topics

<!-- Generated from schemas/ by `make generate`; not edited by hand. -->

Every event is a CloudEvent 1.0 in structured JSON. `source` and `id` together identify an
occurrence: whoever sees the pair again has seen a repeat. The same as JSON Schemas and as
AsyncAPI 3.0: [schemas/generated](../schemas/generated).

## Topics
"""

ENVELOPE = "The envelope"


def page() -> str:
    """The page as Markdown."""
    schemas = json_schemas()
    parts = [
        HEAD,
        "| topic | key | partitions | kept | personal | what |",
        "|---|---|---|---|---|---|",
    ]
    parts += [_topic_row(topic) for topic in REGISTRY]
    envelope = next(iter(schemas.values()))
    parts += [f"\n## {ENVELOPE}\n", *_fields(envelope, leave_out={"data"}, plain_type=True)]
    for name, schema in schemas.items():
        parts += _event(name, schema)
    return "\n".join(parts) + "\n"


def _topic_row(topic: Topic) -> str:
    name = schema_name(topic)
    shown = f"`{topic.name}`"
    if name is not None:
        shown = f"[{shown}](#{_title(name).replace('.', '').replace(' ', '-').lower()})"
    kept = (
        "newest of each key"
        if topic.cleanup is Cleanup.COMPACT
        else f"{topic.retention_ms // DAY_MS} d"
    )
    personal = "yes" if topic.personal else ""
    return f"| {shown} | {topic.key} | {topic.partitions} | {kept} | {personal} | {topic.summary} |"


def _title(name: str) -> str:
    return "Dead letters" if name == DEAD_LETTER else name


def _event(name: str, schema: dict[str, Any]) -> list[str]:
    definitions = dict(schema["$defs"])
    root = _reference(schema["properties"]["data"])
    parts = [
        f"\n## {_title(name)}\n",
        f"{schema['description']} [JSON Schema](../schemas/generated/{file_name(name)})\n",
        *_fields(definitions.pop(root)),
    ]
    for model, definition in definitions.items():
        if "properties" in definition:
            parts += [f"\n**{model}.** {definition.get('description', '')}\n", *_fields(definition)]
        else:
            values = ", ".join(f"`{value}`" for value in definition["enum"])
            parts.append(f"\n**{model}.** {definition.get('description', '')} {values}")
    return parts


def _fields(
    schema: dict[str, Any],
    leave_out: frozenset[str] | set[str] = frozenset(),
    *,
    plain_type: bool = False,
) -> list[str]:
    rows = ["| field | type | what |", "|---|---|---|"]
    required = set(schema.get("required", ()))
    for name, field in schema["properties"].items():
        if name in leave_out:
            continue
        kind = "string" if plain_type and name == "type" else _kind(field)
        optional = "" if name in required else ", optional"
        what = field.get("description", "").replace("|", "\\|")
        rows.append(f"| `{name}` | {kind}{optional} | {what} |")
    return rows


def _reference(field: dict[str, Any]) -> str:
    return str(field["$ref"]).removeprefix("#/$defs/")


def _kind(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return _reference(field)
    if "anyOf" in field:
        return " or ".join(_kind(part) for part in field["anyOf"] if part.get("type") != "null")
    if "const" in field:
        return f"`{field['const']}`"
    kind = str(field["type"])
    if kind == "array":
        kind = f"list of {_kind(field['items'])}"
    elif kind == "object":
        kind = f"map of {_kind(field['additionalProperties'])}"
    elif kind == "string":
        kind = _text_kind(field)
    return kind


def _text_kind(field: dict[str, Any]) -> str:
    kind = {"date-time": "time", "base64": "base64"}.get(field.get("format", ""), "string")
    return f"{kind} ≤ {field['maxLength']}" if "maxLength" in field else kind
