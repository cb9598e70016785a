"""What the desk reads: people, notices and figures, always within what the reader may see."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """Whom somebody may see: everyone, or the people of one site, or of one line manager, or of both at once."""

    site: str = ""
    team_of: str = ""

    @property
    def is_limited(self) -> bool:
        return bool(self.site or self.team_of)

    def sql(self, table: str) -> str:
        """The condition on a table with the columns `site` and `line_manager_id`; begins with AND where there is one."""
        conditions = []
        if self.site:
            conditions.append(f" AND {table}.site = :scope_site")
        if self.team_of:
            conditions.append(f" AND {table}.line_manager_id = :scope_team")
        return "".join(conditions)

    @property
    def values(self) -> dict[str, str]:
        """The values of the condition."""
        return {"scope_site": self.site, "scope_team": self.team_of}


EVERYONE = Scope()
