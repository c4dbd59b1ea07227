"""Somebody in front of the console, who has a keyboard."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Dialog, Locator, Page, Request, expect

from monitor.model import Item, User

from .hall import PASSWORD, Hall

PWNED = "window.__pwned"
"""What a payload sets if it runs."""


class Visit:
    """One browser window, and all that went wrong in it."""

    def __init__(self, hall: Hall, page: Page, user: User) -> None:
        self.hall, self.page, self.user = hall, page, user
        self.app = user.apps[0]
        self.problems: list[str] = []
        page.set_default_timeout(8_000)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("request", self._asked)
        page.on("dialog", self._dialog)

    def lay(self, judge: str = "helpfulness", **said: Any) -> Item:
        """Lay an item on the desk that this visitor sees."""
        item = self.hall.lay(self.app, judge, **said)
        until(lambda: self.hall.stands(item.id))
        return item

    def begin(self) -> None:
        """Log in, and see the first item or that there is none."""
        self.page.goto(f"{self.hall.url}/review")
        self.log_in()
        self.find(".desk[data-serial]").wait_for()

    def log_in(self, password: str = PASSWORD) -> None:
        self.page.fill("#name", self.user.name)
        self.page.fill("#password", password)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def go_on(self, *keys: str) -> float:
        """Press keys, the last of which leads to another screen; the seconds until that is there."""
        serial = int(self.find(".desk").get_attribute("data-serial") or 0)
        self.press(*keys[:-1])
        began = time.perf_counter()
        self.press(keys[-1])
        self.find(f'.desk[data-serial="{serial + 1}"]').wait_for()
        return time.perf_counter() - began

    def find(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def sees(self, text: str) -> None:
        expect(self.page.locator("body")).to_contain_text(text)

    def sees_not(self, text: str) -> None:
        expect(self.page.locator("body")).not_to_contain_text(text)

    @property
    def is_wider_than_window(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"data", "blob"}:
            return
        if parts.hostname != "127.0.0.1" or f"{parts.scheme}://{parts.netloc}" != self.hall.url:
            self.problems.append(f"request: {request.url}")

    def _dialog(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something that the console does by itself."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it does not come to hold"
        time.sleep(0.02)
