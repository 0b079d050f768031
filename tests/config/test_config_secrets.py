"""References to the environment: what is looked up where, and what is never shown."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from workers.config.findings import Code, ConfigurationInvalid
from workers.config.load import Reading, load, read

Read = Callable[[], Reading]


def source_with(folder: Path, settings: str) -> None:
    """Replace the settings of the first source."""
    (folder / "sources.yaml").write_text(
        f"sources:\n  - name: support\n    connector: desk\n    settings:\n      {settings}\n",
        encoding="utf-8",
    )


def token_of(reading: Reading) -> str:
    """The token that the first source would use."""
    assert reading.configuration is not None, [str(finding) for finding in reading.findings]
    secret = reading.configuration.settings["support"].api_token  # type: ignore[attr-defined]
    return str(secret.get_secret_value())


def test_from_the_environment(read_folder: Read, environ: dict[str, str]) -> None:
    """``${NAME}`` becomes the variable's value."""
    assert token_of(read_folder()) == environ["DESK_TOKEN"]


def test_inside_a_text(folder: Path, read_folder: Read, environ: dict[str, str]) -> None:
    """A reference may be a part of a value, and there may be several."""
    source_with(folder, "{subdomain: northwind, api_token: 'a-${DESK_TOKEN}-${PART}'}")
    environ["PART"] = "z"
    assert token_of(read_folder()) == "a-desk-value-4711-z"


def test_escaped(folder: Path, read_folder: Read) -> None:
    """``$${`` is a literal ``${``, and a lone dollar is a dollar."""
    source_with(folder, "{subdomain: northwind, tags: ['$${NAME}', '$5', 'a$']}")
    configuration = read_folder().configuration
    assert configuration is not None
    assert configuration.settings["support"].tags == ("${NAME}", "$5", "a$")  # type: ignore[attr-defined]


def test_values_are_not_read_again(read_folder: Read, environ: dict[str, str]) -> None:
    """A value that itself looks like a reference or like YAML is taken as it is."""
    environ["DESK_TOKEN"] = "${HOME}: [1, &a"
    assert token_of(read_folder()) == "${HOME}: [1, &a"


def test_from_a_file(tmp_path: Path, read_folder: Read, environ: dict[str, str]) -> None:
    """Without NAME the content of the file that NAME_FILE names is taken, without its line end."""
    (tmp_path / "secret").write_text("from-a-file\n", encoding="utf-8")
    del environ["DESK_TOKEN"]
    environ["DESK_TOKEN_FILE"] = str(tmp_path / "secret")
    assert token_of(read_folder()) == "from-a-file"


def test_file_named_in_a_secret_field(
    folder: Path, tmp_path: Path, read_folder: Read, environ: dict[str, str]
) -> None:
    """``${NAME_FILE}`` is the file's content in a secret field, and a plain path elsewhere."""
    path = tmp_path / "secret"
    path.write_text("from-a-file", encoding="utf-8")
    environ["DESK_TOKEN_FILE"] = str(path)
    source_with(
        folder,
        "{subdomain: northwind, api_token: '${DESK_TOKEN_FILE}', tags: ['${DESK_TOKEN_FILE}']}",
    )
    del environ["DESK_TOKEN"]
    reading = read_folder()
    assert token_of(reading) == "from-a-file"
    assert reading.configuration is not None
    assert reading.configuration.settings["support"].tags == (str(path),)  # type: ignore[attr-defined]


def test_both_variables(tmp_path: Path, read_folder: Read, environ: dict[str, str]) -> None:
    """NAME and NAME_FILE together are refused: nobody knows which one counts."""
    environ["DESK_TOKEN_FILE"] = str(tmp_path)
    (finding,) = read_folder().findings
    assert finding.code is Code.SECRET_FILE
    assert "DESK_TOKEN_FILE" in finding.message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"", "empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"x" * 65_537, "64 KiB"),
    ],
)
def test_unusable_files(
    content: bytes | None, reason: str, tmp_path: Path, read_folder: Read, environ: dict[str, str]
) -> None:
    """A secret's file that is missing, empty, binary or huge is refused with the reason."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    del environ["DESK_TOKEN"]
    environ["DESK_TOKEN_FILE"] = str(path)
    (finding,) = read_folder().findings
    assert finding.code is Code.SECRET_FILE
    assert reason in finding.message


def test_a_folder_as_secret(tmp_path: Path, read_folder: Read, environ: dict[str, str]) -> None:
    """A folder is no secret."""
    del environ["DESK_TOKEN"]
    environ["DESK_TOKEN_FILE"] = str(tmp_path)
    (finding,) = read_folder().findings
    assert "not a plain file" in finding.message


def test_empty_variable(read_folder: Read, environ: dict[str, str]) -> None:
    """An empty variable counts as missing."""
    environ["DESK_TOKEN"] = ""
    (finding,) = read_folder().findings
    assert finding.code is Code.MISSING_VARIABLE
    assert "DESK_TOKEN, which is empty" in finding.message


def test_without_looking_up(folder: Path, connectors: Mapping[str, object]) -> None:
    """Without secrets nothing is missing, nothing can be loaded, and the names are listed."""
    reading = read(folder, {}, connectors=connectors, secrets=False)  # type: ignore[arg-type]
    assert reading.findings == ()
    assert reading.configuration is None
    assert reading.variables == {"DESK_TOKEN", "SLACK_BOT_TOKEN", "HOOK_SECRET"}


def test_other_faults_are_found_without_looking_up(
    folder: Path, connectors: Mapping[str, object]
) -> None:
    """Without secrets every other fault is still found."""
    source_with(folder, "{subdomain: northwind, api_token: '${DESK_TOKEN}', plan: huge}")
    reading = read(folder, {}, connectors=connectors, secrets=False)  # type: ignore[arg-type]
    assert [finding.code for finding in reading.findings] == [Code.NOT_ALLOWED]


@pytest.mark.parametrize(
    "settings",
    [
        "{subdomain: '${DESK_TOKEN}'}",
        "{subdomain: northwind, plan: '${DESK_TOKEN}'}",
        "{subdomain: northwind, page_size: '${DESK_TOKEN}'}",
        "{subdomain: northwind, login: {kind: '${DESK_TOKEN}'}}",
        "{subdomain: northwind, login: '${DESK_TOKEN}'}",
    ],
)
def test_values_are_never_shown(
    settings: str, folder: Path, connectors: Mapping[str, object], environ: dict[str, str]
) -> None:
    """Whatever is wrong with a value from the environment, it is not in the finding."""
    source_with(folder, settings)
    with pytest.raises(ConfigurationInvalid) as refused:
        load(folder, environ, connectors=connectors)  # type: ignore[arg-type]
    assert refused.value.findings
    shown = "".join([str(refused.value), repr(refused.value), repr(refused.value.findings)])
    assert environ["DESK_TOKEN"] not in shown


def test_literal_secrets_are_never_shown(folder: Path, read_folder: Read) -> None:
    """A secret in the file shows neither in its own finding nor in a neighbour's snippet."""
    source_with(folder, "api_token: zebra-crossing\n      subdomain: North\n      plan: huge")
    findings = read_folder().findings
    assert [finding.code for finding in findings] == [
        Code.LITERAL_SECRET,
        Code.BAD_VALUE,
        Code.NOT_ALLOWED,
    ]
    assert "zebra" not in repr(findings)


def test_configuration_hides_secrets(read_folder: Read, environ: dict[str, str]) -> None:
    """Neither a configuration's repr nor its parts' hold a secret."""
    configuration = read_folder().configuration
    assert configuration is not None
    shown = repr(configuration) + repr(configuration.settings) + repr(configuration.sources)
    for name in ("DESK_TOKEN", "SLACK_BOT_TOKEN", "HOOK_SECRET"):
        assert environ[name] not in shown


@pytest.mark.parametrize(
    "harmless",
    [
        "# Basic authentication is not used, nor is a bearer certificate",
        "# whsec_ and xoxb- are how they start; see hooks.slack.com/services",
        "# https://example.com:8080/path and user@example.com",
    ],
)
def test_talk_about_secrets_is_allowed(harmless: str, folder: Path, read_folder: Read) -> None:
    """Words that only speak of secrets are not taken for one."""
    path = folder / "team.yaml"
    path.write_text(f"{harmless}\n{path.read_text('utf-8')}", encoding="utf-8")
    assert read_folder().findings == ()


def test_rules_without_secrets(folder: Path, connectors: Mapping[str, object]) -> None:
    """Without secrets the team, the tree of routes and the receivers' names are there."""
    reading = read(folder, {}, connectors=connectors, secrets=False)  # type: ignore[arg-type]
    assert reading.team is not None
    assert [area.id for area in reading.team.areas] == ["billing", "shop"]
    assert reading.route is not None
    assert [route.name for route in reading.route.routes] == ["bugs"]
    assert reading.receivers == ("everybody", "tools")


def test_the_team_stands_alone(folder: Path, read_folder: Read) -> None:
    """A fault in one file does not take the other file's content away."""
    (folder / "routes.yaml").write_text("route: {}\n", encoding="utf-8")
    reading = read_folder()
    assert reading.configuration is None
    assert reading.team is not None
    (folder / "team.yaml").write_text("company: x\n", encoding="utf-8")
    assert read_folder().team is None


def test_rules_that_need_a_value(folder: Path, connectors: Mapping[str, object]) -> None:
    """A tree with a reference that was not looked up is not handed out with a stand-in."""
    path = folder / "routes.yaml"
    path.write_text(path.read_text("utf-8").replace("kind = bug", "area = ${AREA}"), "utf-8")
    reading = read(folder, {}, connectors=connectors, secrets=False)  # type: ignore[arg-type]
    assert reading.findings == ()
    assert reading.route is None
