"""A judge's endpoint for tests: a stand-in whose behaviour they can change."""

from contextlib import ExitStack

from streams.embedded.behaviour import Behaviour
from streams.embedded.judge import Judge, serving
from tests.servers import Loop


class StandIn:
    """A judge's endpoint whose behaviour a test can change."""

    def __init__(self, stack: ExitStack) -> None:
        self.judge = Judge(Behaviour())
        self.loop = Loop()
        self.serving = serving(self.judge)
        self.url = f"{self.loop.run(self.serving.__aenter__())}/v1"
        stack.callback(lambda: self.loop.run(self.serving.__aexit__(None, None, None)))

    def behave(self, **said: object) -> None:
        self.judge.behaviour = Behaviour().changed(said)

    @property
    def paid(self) -> int:
        return self.judge.stats.answered
