"""One way to find things by name: formats, checks and whatever else others may add."""

from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from monitor.errors import InvalidConfig

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """Names to things: filled by decorators here and by entry points elsewhere.

    >>> numbers: Registry[int] = Registry("number", group="example.numbers")
    >>> numbers.add("one", 1)
    >>> numbers["one"]
    1
    """

    def __init__(self, kind: str, *, group: str) -> None:
        self.kind = kind
        self.group = group
        self._things: dict[str, T] = {}

    def add(self, name: str, thing: T) -> None:
        """Register ``thing``; the same name twice is an error, whoever came first.

        Raises:
            InvalidConfig: the name is taken by another thing.
        """
        if self._things.get(name, thing) is not thing:
            raise InvalidConfig({f"{self.kind} {name}": "this name is registered twice; rename one of them"})
        self._things[name] = thing

    def load_entry_points(self) -> None:
        """Import what other installed packages offer under our entry point group.

        Raises:
            InvalidConfig: a package's offer cannot be imported.
        """
        for entry in entry_points(group=self.group):
            try:
                entry.load()
            except Exception as error:
                raise InvalidConfig({f"entry point {entry.name}": f"cannot be imported: {error!r}"}) from error

    def __getitem__(self, name: str) -> T:
        return self._things[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._things))

    def __len__(self) -> int:
        return len(self._things)
