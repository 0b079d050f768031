"""Roles for commands that look at state or decide anew."""

from pathlib import Path

import pytest

from workers.config.load import ConfigurationInvalid
from workers.runtime.role_at_hand import role_at_hand

EXAMPLE = Path(__file__).parents[2] / "deploy" / "example"


def test_whoever_tries_rules_needs_no_secret() -> None:
    """Feedback is put together from team and routes where not one secret is set."""
    role = role_at_hand("feedback", EXAMPLE, {})
    assert role.name == "feedback"
    assert role.side_effects is None


def test_a_role_that_calls_receivers_needs_their_secrets() -> None:
    """Delivery names the variables that are missing."""
    with pytest.raises(ConfigurationInvalid, match="SLACK_BOT_TOKEN"):
        role_at_hand("delivery", EXAMPLE, {})


def test_faults_in_the_rules_are_told(tmp_path: Path) -> None:
    """What is wrong with the files is said with its place, secrets or not."""
    for name in ("team.yaml", "sources.yaml"):
        (tmp_path / name).write_text((EXAMPLE / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "routes.yaml").write_text("receivers: []\nroute: {}\n", encoding="utf-8")
    with pytest.raises(ConfigurationInvalid, match=r"routes\.yaml:2"):
        role_at_hand("feedback", tmp_path, {})
