"""Who may log in, as far as is known: read in the background, so that no request waits for the store."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from monitor.errors import Unavailable
from monitor.model import Role, User
from monitor.ports import Users


@dataclass(slots=True)
class Directory:
    """Everybody, from the last time that the store was asked; what is saved here counts at once."""

    store: Users
    _known: dict[UUID, User] = field(default_factory=dict[UUID, User])
    _asked: bool = False

    async def refresh(self) -> None:
        """Ask the store again.

        Raises:
            Unavailable: it is away; those who were known stay known.
        """
        for user in await self.store.all():
            known = self._known.get(user.id)
            if known is None or user.changed_ms >= known.changed_ms:
                self._known[user.id] = user
        self._asked = True

    async def save(self, user: User, /) -> None:
        """Add somebody, or change what is known of them.

        Raises:
            Unavailable: it may not be saved; the same call is safe to repeat.
        """
        await self.store.save(user)
        self._known[user.id] = user

    async def all(self) -> Sequence[User]:
        """Everybody, by name."""
        return sorted(self._known.values(), key=lambda user: user.name)

    def get(self, identity: UUID) -> User | None:
        """Who that is.

        Raises:
            Unavailable: nobody is known yet.
        """
        return self._everybody().get(identity)

    def named(self, name: str) -> User | None:
        """Who is called that; capitals make no difference.

        Raises:
            Unavailable: nobody is known yet.
        """
        wanted = name.strip().casefold()
        return next((user for user in self._everybody().values() if user.name.casefold() == wanted), None)

    def leads(self) -> frozenset[UUID]:
        """Whose word counts most where reviewers differ."""
        return frozenset(user.id for user in self._known.values() if user.role.covers(Role.LEAD))

    def _everybody(self) -> dict[UUID, User]:
        if not self._asked:
            raise Unavailable("store", "the users could not be read yet")
        return self._known
