"""Ids as people know them: the names in ``team.yaml``, or the id where there is none."""

from workers.config.team import Team

__all__ = ["Names"]


class Names:
    """Looks names up; without a configuration every id stands for itself."""

    def __init__(self, team: Team | None) -> None:
        self.company = team.company if team else ""
        self.people = {person.id: person.name for person in team.people} if team else {}
        self.teams = {entry.id: entry.name for entry in team.teams} if team else {}
        self.areas = {area.id: area.name for area in team.areas} if team else {}

    def person(self, person_id: str) -> str:
        """Name of a person."""
        return self.people.get(person_id, person_id)

    def team(self, team_id: str) -> str:
        """Name of a team."""
        return self.teams.get(team_id, team_id)

    def area(self, area_id: str) -> str:
        """Name of a product area."""
        return self.areas.get(area_id, area_id)
