"""``team.yaml``: who works here, in which team, and who looks after which product area."""

from typing import Annotated

from pydantic import Field

from workers.config.fields import ConfigModel, Identifier, Label, MailAddress, Moment, SlackMember

__all__ = ["Area", "Person", "Team", "TeamEntry"]


class Person(ConfigModel):
    """Somebody feedback can go to."""

    id: Annotated[Identifier, Field(examples=["ana"])]
    """Short name that areas, teams and routes refer to."""
    name: Annotated[Label, Field(examples=["Ana Costa"])]
    """Full name, as the page shows it."""
    email: Annotated[MailAddress | None, Field(examples=["ana@example.com"])] = None
    """Mail address at work."""
    slack: Annotated[SlackMember | None, Field(examples=["U024BE7LH"])] = None
    """Slack member id, used to mention the person (profile, three dots, Copy member ID)."""


class TeamEntry(ConfigModel):
    """A team of the product organisation."""

    id: Annotated[Identifier, Field(examples=["payments"])]
    """Short name that areas and routes refer to."""
    name: Annotated[Label, Field(examples=["Payments"])]
    """Name of the team, as the page shows it."""
    lead: Annotated[Identifier | None, Field(examples=["ana"])] = None
    """Id of the person who leads the team."""


class Area(ConfigModel):
    """A product area: what it is about, who owns it, and the words that give it away."""

    id: Annotated[Identifier, Field(examples=["billing"])]
    """Short name, the `area` that routes match."""
    name: Annotated[Label, Field(examples=["Billing"])]
    """Name of the area, as the page shows it."""
    owner: Annotated[Identifier, Field(examples=["ana"])]
    """Id of the person who looks after the area; a route with `owner: area` goes there."""
    team: Annotated[Identifier | None, Field(examples=["payments"])] = None
    """Id of the team the area belongs to."""
    keywords: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=128)], ...],
        Field(examples=[["invoice", "refund", "charged twice"]]),
    ] = ()
    """Words and phrases of customers that mean this area. Capitals do not matter."""


class Team(ConfigModel):
    """The whole of ``team.yaml``."""

    company: Annotated[Label, Field(examples=["Northwind Bikes"])]
    """Name of your company, as the page shows it."""
    live_since: Annotated[Moment | None, Field(examples=["2026-03-01"])] = None
    """From when on people are told. Older feedback is classified and routed but announced to
    nobody; without a date nobody is told anything."""
    people: Annotated[tuple[Person, ...], Field(min_length=1)]
    """Everybody feedback can go to."""
    teams: tuple[TeamEntry, ...] = ()
    """The teams."""
    areas: tuple[Area, ...] = ()
    """The product areas. Feedback that holds an area's keywords belongs to it; where several do,
    to the one with most different keywords, and to the first of equals."""

    def person(self, person_id: str) -> Person | None:
        """The person of this id."""
        return next((person for person in self.people if person.id == person_id), None)

    def team(self, team_id: str) -> TeamEntry | None:
        """The team of this id."""
        return next((team for team in self.teams if team.id == team_id), None)

    def area(self, area_id: str) -> Area | None:
        """The product area of this id."""
        return next((area for area in self.areas if area.id == area_id), None)
