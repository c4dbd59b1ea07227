"""People who log in."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person may do; each may do what the ones before may."""

    REVIEWER = "reviewer"
    """Review items."""
    LEAD = "lead"
    """Decide where reviewers differ; import, export, see everybody's reviews."""
    ADMIN = "admin"
    """Add and change users."""

    def covers(self, other: "Role") -> bool:
        """Whether it may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with a name and a password, of which only a hash is known."""

    id: UUID
    name: str
    role: Role
    password_hash: str
    """By argon2id."""
    apps: tuple[str, ...] = ()
    """Applications whose items they may see; all where none is named."""
    disabled: bool = False
    changed_ms: int = 0
    """When anything of this was changed: sessions from before end."""
