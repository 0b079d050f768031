"""``docs/configuration.md``: every field of the configuration files, from their models."""

import ast
import inspect
import itertools
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from connectors.base.registry import CONNECTORS
from workers.config import findings, settings
from workers.config.fields import in_words
from workers.config.findings import Code
from workers.config.load import FILES
from workers.config.matchers import FIELDS
from workers.config.model_fields import fields_of
from workers.config.variables import kafka

HEAD = """# Configuration

<!-- Generated from workers/config by `make generate`; not edited by hand. -->

Three YAML files in one folder say what the system does: `team.yaml`, `routes.yaml` and
`sources.yaml`. The folder is `config` where the system is started, or the one that
`PRODUCTOPS_CONFIG_DIR` names. [`deploy/example`](../deploy/example/README.md) is one to copy.

## Check it

| command | what it checks |
|---|---|
| `productops check` | the files: every mistake at once, each with line, column and remedy |
| `productops check --no-secrets` | the same on a machine without the secrets, such as CI |
| `productops check --connect` | the files, then Kafka, the database and every source |
| `productops sources try NAME --limit 5` | one source: shows what it brings, sends nothing |

A mistake looks like this:

```text
config/routes.yaml:12:15 unknown-receiver `paymnts` is none of the receivers
  11 |     - match: kind = bug
  12 |       receiver: paymnts
     |                 ^^^^^^^
  13 |       due_in: 24h
  fix: did you mean `payments`? The receivers are: payments, praise
```

`check` ends with exit code 0 when all is well, 3 when there are findings, and 1 when
`--connect` finds something that does not answer; `--json` gives the same for programs. A role
reads the files when it starts and refuses to start with findings.

## How values are written

* **Names** (`id`, `name` of receivers, routes and sources) hold small letters, digits, `-` and `_`.
* **Lengths of time**: `60s`, `15m`, `24h`, `30d`, `2w`.
* **Dates**: `2026-03-01` (midnight UTC), or `2026-03-01T09:00:00Z`, always with a zone.
* **Text** needs quotes when it starts with `#`, `@`, `*`, `&`, `!`, `%`, `[` or `{`, or holds `: `.
* **Nothing** after the colon leaves the default; `null` says that there is no value.
* A file is UTF-8, at most 1 MiB, one YAML document without tags and merge keys (`<<`).

## Secrets

A secret never stands in a file: `check` refuses it, also in a comment. Write a reference:

```yaml
token: ${SLACK_BOT_TOKEN}
```

* `${NAME}` is the environment variable `NAME`; where that is not set, the content of the file
  that `NAME_FILE` names (as container platforms mount secrets). Both at once are refused.
* In a secret field `${NAME_FILE}` is the content of that file as well.
* A reference may be part of a value (`https://${HOST}/hook`), in any field.
* `$${` is a literal `${`.
* A value that comes from the environment is shown in no message, log line or page.
"""

CONDITIONS = """## Conditions of a route

A condition is one line of text: a field, an operator, a value. A route takes an item when all
of its conditions hold.

| condition | holds when |
|---|---|
| `kind = bug`, `kind != praise` | the value is, or is not, this one; capitals do not matter |
| `area in (billing, checkout)`, `tags not in (spam)` | it is one of these, none of these |
| `text =~ "charged twice"`, `subject !~ "^re:"` | the regular expression is found, is not found |
| `urgency >= high`, `score.normalised < 0.4` | it compares so; sentiment and urgency are ordered |

| field | meaning | values | operators |
|---|---|---|---|"""

ENVIRONMENT = """## Environment of the system

Where things are stands in the environment, not in the files. `PRODUCTOPS_DATABASE_URL` and
`KAFKA_SASL_PASSWORD` can also be given as `..._FILE`.

| variable | meaning | default |
|---|---|---|"""

_TYPES: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    timedelta: "length of time",
    datetime: "date",
    SecretStr: "secret",
    Any: "any value",
}


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    seen: set[type[BaseModel]] = set()
    for name, model in FILES.items():
        parts.append(f"## {name}\n")
        for section, title in _sections(model, seen):
            if section is not model:
                parts.append(f"### {title}\n")
            parts.append(_table(section))
    parts.append(_conditions())
    parts.append("## Settings of each connector\n")
    for spec in CONNECTORS.values():
        parts.append(f"### connector: {spec.vendor}\n\n{spec.summary}.\n")
        for section, title in _sections(spec.settings, seen):
            if section is not spec.settings:
                parts.append(f"#### {title} of {spec.vendor}\n")
            parts.append(_table(section))
    parts.append(_environment())
    parts.append(_codes())
    return "\n".join(parts)


def _sections(
    model: type[BaseModel], seen: set[type[BaseModel]], title: str = ""
) -> Iterator[tuple[type[BaseModel], str]]:
    """A model and the models of its fields, each once, in the order of the file."""
    if model in seen:
        return
    seen.add(model)
    yield model, title
    for name, info in fields_of(model).items():
        for below in _models(info.annotation):
            yield from _sections(below, seen, f"`{name}`")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _table(model: type[BaseModel]) -> str:
    lines = [
        inspect.cleandoc(model.__doc__ or "").replace("``", "`") + "\n",
        "| field | meaning | type | default | example |",
        "|---|---|---|---|---|",
    ]
    for name, info in fields_of(model).items():
        if not info.description:
            msg = f"{model.__module__}.{model.__name__}.{name} has no docstring"
            raise LookupError(msg)
        cells = (
            f"`{name}`",
            info.description,
            _kind(info) + _bounds(info),
            _default(info),
            _example(info),
        )
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _kind(info: FieldInfo) -> str:
    return info.title or _in_words(info.annotation)


def _in_words(annotation: Any) -> str:
    if annotation in _TYPES:
        return _TYPES[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is None:
        return _of_class(annotation)
    if origin is Annotated:
        titles = [part.title for part in arguments[1:] if isinstance(part, FieldInfo)]
        return next((title for title in titles if title), _in_words(arguments[0]))
    if origin in {Union, UnionType}:
        members = [member for member in arguments if member is not type(None)]
        return " or ".join(dict.fromkeys(_in_words(member) for member in members))
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    return _of_many(origin, arguments)


def _of_many(origin: Any, arguments: tuple[Any, ...]) -> str:
    if issubclass(origin, tuple | list | set | frozenset):
        return f"list of {_in_words(arguments[0])}".replace("list of block", "list of blocks")
    return f"block of name: {_in_words(arguments[-1])}"


def _of_class(annotation: Any) -> str:
    if issubclass(annotation, Enum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    if issubclass(annotation, BaseModel):
        return "block"
    msg = f"no words for the type {annotation}"
    raise LookupError(msg)


def _bounds(info: FieldInfo) -> str:
    words = []
    for constraint in info.metadata:
        for attribute, word in (("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "below")):
            limit = getattr(constraint, attribute, None)
            if limit is not None:
                shown = in_words(limit) if isinstance(limit, timedelta) else f"{limit:g}"
                words.append(f"{word} {shown}")
    return f", {' '.join(words)}" if words else ""


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True, validated_data={})
    if value in (None, (), {}) or value is PydanticUndefined:
        return "none"
    if isinstance(value, BaseModel):
        return "as below"
    return f"`{_yaml(value)}`"


def _example(info: FieldInfo) -> str:
    return f"`{_yaml(info.examples[0])}`" if info.examples else ""


def _yaml(value: Any) -> str:
    if isinstance(value, timedelta):
        return in_words(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return f'"{value}"' if value.startswith("#") else value
    text = yaml.safe_dump(value, default_flow_style=True, width=1_000, sort_keys=False)
    return text.removesuffix("...\n").strip()


def _conditions() -> str:
    lines = [CONDITIONS]
    for field in FIELDS:
        values = ", ".join(f"`{value}`" for value in field.values)
        operators = " ".join(f"`{operator}`" for operator in field.operators)
        lines.append(f"| `{field.name}` | {field.summary} | {values} | {operators} |")
    lines.append("| `attributes.<name>` | any other field that the source carries | | all |")
    return "\n".join(lines) + "\n"


_VARIABLES = {
    "PRODUCTOPS_CONFIG_DIR": ("folder of the three YAML files", "`config`"),
    "PRODUCTOPS_STATE_DIR": (
        "folder for everything the system writes: broker, database, logs",
        "`.productops`",
    ),
    "PRODUCTOPS_DATABASE_URL": (
        "SQL database of the page: `sqlite:////folder/archive.sqlite` or `postgresql://...`",
        "SQLite in the state folder",
    ),
    "PRODUCTOPS_WEB_HOST": ("address the page listens on", "`127.0.0.1`"),
    "PRODUCTOPS_WEB_PORT": ("its port", "`8800`"),
    "PRODUCTOPS_METRICS_HOST": ("address `/metrics` listens on", "`127.0.0.1`"),
    "PRODUCTOPS_METRICS_PORT": ("port of the first role's `/metrics`; the others follow", "`8810`"),
    "PRODUCTOPS_FUSE": (
        "`false`: no number of bad records stops a role or a source; all become dead letters",
        "`true`",
    ),
    "PRODUCTOPS_LOG_FORMAT": (
        "`json`, `text`, or `auto`: text on a terminal, JSON elsewhere",
        "`auto`",
    ),
    "KAFKA_BOOTSTRAP_SERVERS": (
        "the cluster's addresses, separated by commas",
        "the embedded broker",
    ),
    "KAFKA_SECURITY_PROTOCOL": (
        "`PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`",
        "`PLAINTEXT`",
    ),
    "KAFKA_SASL_MECHANISM": (
        "`PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`",
        "`PLAIN`",
    ),
    "KAFKA_SASL_USERNAME": ("user of the cluster", "none"),
    "KAFKA_SASL_PASSWORD": ("password of that user", "none"),
    "KAFKA_SASL_TOKEN_FILE": (
        "file with the token of `OAUTHBEARER`, read anew for every connection",
        "none",
    ),
    "KAFKA_SSL_CAFILE": ("file with the certificate of the cluster's authority", "the system's"),
    "KAFKA_SSL_CERTFILE": ("file with our own certificate, for mutual TLS", "none"),
    "KAFKA_SSL_KEYFILE": ("file with its private key", "in the certificate's file"),
    "KAFKA_SSL_PASSWORD": ("password of that key", "none"),
    "KAFKA_SSL_CHECK_HOSTNAME": (
        "`false`: a broker's certificate need not bear its name",
        "`true`",
    ),
}


def _environment() -> str:
    source = inspect.getsource(settings) + inspect.getsource(kafka)
    read = set(re.findall(r"\b((?:PRODUCTOPS|KAFKA)_[A-Z_]+[A-Z])\b", source))
    # a message may name the _FILE form of a secret
    read -= {f"{name}_FILE" for name in read}
    if read != set(_VARIABLES):
        msg = f"variables without words, or words without a variable: {read ^ set(_VARIABLES)}"
        raise LookupError(msg)
    lines = [ENVIRONMENT]
    lines += [
        f"| `{name}` | {meaning} | {default} |" for name, (meaning, default) in _VARIABLES.items()
    ]
    return "\n".join(lines) + "\n"


def _codes() -> str:
    """The codes with the docstrings that stand beneath them."""
    tree = ast.parse(inspect.getsource(findings))
    body = next(
        node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Code"
    )
    lines = ["## Findings\n", "| code | meaning |", "|---|---|"]
    documented = 0
    for assigned, following in itertools.pairwise(body):
        if isinstance(assigned, ast.Assign) and isinstance(following, ast.Expr):
            code = Code[ast.unparse(assigned.targets[0])]
            lines.append(f"| `{code}` | {_cell(ast.literal_eval(following.value))} |")
            documented += 1
    if documented != len(Code):
        msg = "a code of Code has no docstring"
        raise LookupError(msg)
    return "\n".join(lines) + "\n"
