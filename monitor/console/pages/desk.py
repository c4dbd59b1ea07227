"""The element that the browser draws: what a reviewer sees, and what they do about it."""

from typing import TypedDict

from nicegui.element import Element


class View(TypedDict):
    """One screen."""

    serial: int
    """Counts screens: what was done on an older one is not taken for the newest."""
    item: str
    """Id of the item, under which the browser keeps what is typed in; empty for none."""
    main: str
    """HTML."""
    pace: str
    """HTML."""
    lease_ms: int
    """For how long the item is kept; 0 for ever."""
    settled: str
    """Id of the item that was just done with."""
    says: str
    """What happened, for everybody and for screen readers."""


class Desk(Element, component="assets/desk.js"):
    """Draws views, and emits ``submit``, ``skip``, ``undo``, ``correct``, ``renew`` and ``next``.

    The HTML that it is given must be safe: it is drawn as it is.
    """

    def __init__(self, *, shell: str, bindings: object) -> None:
        super().__init__()
        self.props["shell"] = shell
        self.props["bindings"] = bindings

    def show(self, view: View) -> None:
        """Draw another screen."""
        self.props["view"] = view
        self.update()

    def refuse(self, text: str, *, onward: bool = False) -> None:
        """Say why something was not done; what was typed in stays.

        Args:
            text: why, and what to do about it.
            onward: whether nothing is left but to go on.
        """
        self.run_method("refuse", text, onward)

    def extend(self, serial: int, lease_ms: int) -> None:
        """The item is kept for longer."""
        self.run_method("extend", serial, lease_ms)

    def report(self, pace: str) -> None:
        """Draw the line at the top anew."""
        self.run_method("report", pace)
