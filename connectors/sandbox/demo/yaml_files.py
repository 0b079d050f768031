"""``team.yaml``, ``routes.yaml`` and ``sources.yaml`` of the invented company.

Written as a person would write them, comments included: whoever tries the demo looks at them
first.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from connectors.sandbox.company.staff import COMPANY, MANAGERS, TEAMS
from connectors.sandbox.company.surveys import COLUMNS, FILE_TIME_ZONE
from connectors.sandbox.slack.workspace import LARKFIELD
from connectors.sandbox.zendesk.options import ADMIN_EMAIL

__all__ = ["routes_yaml", "sources_yaml", "team_yaml"]

_WIDTH = 88


def team_yaml(live_since: datetime) -> str:
    """People, teams, product areas."""
    people = "\n".join(
        f"  - id: {each.id}\n    name: {each.name}\n"
        f"    email: {each.email}\n    slack: {each.slack}"
        for each in MANAGERS
    )
    teams = "\n".join(
        f"  - id: {team.id}\n    name: {team.name}\n    lead: {team.lead}" for team in TEAMS
    )
    areas = "\n".join(
        f"  - id: {team.area}\n    name: {team.area_name}\n    owner: {team.lead}\n"
        f"    team: {team.id}\n    keywords:\n{_folded(team.keywords)}"
        for team in TEAMS
    )
    return f"""\
# Who works at {COMPANY}, in which team, and who looks after which part of the product.
# {COMPANY} and everybody in it are invented: this is the demo.

company: {COMPANY}

# People are told about feedback from this moment on; what is older is routed, not announced.
live_since: {live_since:%Y-%m-%d}

people:
{people}

teams:
{teams}

# Write keywords as customers write. Capitals do not matter.
areas:
{areas}
"""


def _folded(words: Iterable[str]) -> str:
    """A list of words as YAML, a few to a line."""
    lines, line = [], "      ["
    for word in words:
        piece = f"{word}, "
        if len(line) + len(piece) > _WIDTH:
            lines.append(line.rstrip())
            line = "       "
        line += piece
    lines.append(line.rstrip(", ") + "]")
    return "\n".join(lines)


def routes_yaml(slack: str) -> str:
    """Receivers and routes; ``slack`` is the address of the simulated Slack."""
    receivers = {
        "triage": "product-triage",
        "urgent": "urgent-feedback",
        "planning": "team-planning",
        "billing": "team-billing",
        "field-app": "team-field-app",
        "kudos": "kudos",
    }
    lines: list[str] = []
    for name, channel_name in receivers.items():
        channel = LARKFIELD.channel(channel_name)
        if channel is None:
            raise LookupError(channel_name)
        lines.append(
            f"  - name: {name}\n"
            f"    slack:\n"
            f"      channel: {channel.id}        # #{channel.name}\n"
            f"      token: ${{SLACK_BOT_TOKEN}}\n"
            f"      api_url: {slack}/api\n"
            f"    rate_per_second: 5\n"
            f"    max_age: 30d"
        )
    places = "\n".join(lines)
    return f"""\
# Where feedback goes at {COMPANY}. Try: productops routes explain --text "charged twice"

receivers:
{places}

  # The sales team's own tool: cancellations, as signed webhooks (standardwebhooks.com).
  - name: crm
    webhook:
      url: {slack}/hooks/crm
      secret: ${{CRM_SIGNING_SECRET}}
    rate_per_second: 5
    max_age: 30d               # the demo announces a few days at once; 24h without it

# Feedback enters at the top and takes the first route beneath whose conditions all hold.
# What a route does not say, it has from the one above it.
route:
  receiver: triage               # the default: whatever no other route takes
  owner: hanna                   # looks through the triage channel
  due_in: 5d
  routes:
    # Somebody is stuck right now: told at once, and then routed like everything else.
    - name: urgent
      match: urgency >= critical
      receiver: urgent
      owner: area                # the owner of the product area in team.yaml
      due_in: 2h
      continue: true

    # Customers who want to leave are told to sales as well.
    - name: leaving
      match: text =~ "cancel|kündig|looking for something else"
      receiver: crm
      owner: area
      due_in: 1d
      continue: true

    - name: kudos
      match:
        - kind = praise
        - sentiment = positive
      receiver: kudos
      owner: grace               # reads them out on Fridays

    - name: planning
      match: area = scheduling
      receiver: planning
      owner: area
      routes:
        - name: planning-wishes
          match: kind = feature_request
          owner: marcus
        - name: planning-bugs
          match: kind in (bug, complaint)
          due_in: 24h

    - name: billing
      match: area = billing
      receiver: billing
      owner: area
      routes:
        - name: charged-twice    # somebody lost money: before anything else
          match: text =~ "charged twice|double payment|doppelt|dos veces|deux fois"
          owner: grace
          due_in: 4h
        - name: billing-questions
          match: kind = question
          owner: grace
        - name: billing-bugs
          match: kind in (bug, complaint)
          due_in: 24h

    - name: field-app
      match: area = mobile
      receiver: field-app
      owner: area
      routes:
        - name: field-app-wishes
          match: kind in (feature_request, question)
          owner: priya
        - name: field-app-bugs
          match: kind in (bug, complaint)
          due_in: 24h

    # A low score that says nothing else still deserves a look.
    - name: unhappy
      match: score.normalised <= 0.3
      owner: marcus
      due_in: 2d
"""


def sources_yaml(zendesk: str, *, founded: datetime, days: int) -> str:
    """The support desk and the history file; ``zendesk`` is the simulator's address."""
    first_support = founded - timedelta(days=days + 1)
    columns = set(COLUMNS)
    wanted = {"response_id", "answered_at", "comment", "score", "respondent", "email", "company"}
    if not wanted <= columns:
        raise LookupError(f"the history file lacks {sorted(wanted - columns)}")
    return f"""\
# The tools that {COMPANY}'s feedback is read from.
# Try one without sending anything anywhere: productops sources try support --limit 5

sources:
  - name: support
    connector: zendesk
    every: 5s                    # a demo wants to see life; 60s is right for a real account
    since: {first_support:%Y-%m-%d}
    settings:
      base_url: {zendesk}         # a real account says: subdomain: {COMPANY.lower()}
      email: {ADMIN_EMAIL}
      api_token: ${{ZENDESK_API_TOKEN}}
      tier_field: plan

  # History: what the survey tool exported before it was connected.
  - name: history
    connector: files
    every: 1h
    since: 2020-01-01
    settings:
      path: history/nps.csv
      channel: survey
      time_zone: {FILE_TIME_ZONE}
      columns:
        id: response_id
        created_at: answered_at
        text: comment
        score: score
        customer_name: respondent
        customer_email: email
        organization_name: company
        tier: plan
        language: language
      score: {{low: 0, high: 10, scale: nps_0_10}}
"""
