"""A worker process: checks that it can start, runs the application, ends in time."""

import asyncio
import logging
import os
import socket
import threading
from typing import Any

from monitor.adapters.prometheus import serve
from monitor.errors import InvalidConfig, Unavailable
from monitor.settings import Settings

GRACE = 4.0
"""Seconds that closing connections may take beyond the chunks' own time, before the process just ends."""


def run(settings: Settings) -> int:
    """Work until told to stop, and return the exit code.

    Raises:
        InvalidConfig: the settings are wrong; nothing was touched.
        Unavailable: Kafka is away, or lacks the topics.
    """
    import mode.loop

    mode.loop.use("uvloop")
    from .app import create_app  # after uvloop: Faust makes its event loop when it is imported

    worker = create_app(settings)
    _refuse_taken_ports(settings)
    wait_for_kafka(settings)
    serve(worker.meter, host=settings.worker.bind, port=settings.worker.metrics_port)
    return _worker(worker.faust, settings)


def _refuse_taken_ports(settings: Settings) -> None:
    worker, problems = settings.worker, dict[str, str]()
    for name, port in (("web_port", worker.web_port), ("metrics_port", worker.metrics_port)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((worker.bind, port))
            except OSError as error:
                problems[f"worker.{name}"] = f"cannot listen on {worker.bind}:{port}: {error.strerror}; choose another"
    if problems:
        raise InvalidConfig(problems)


def wait_for_kafka(settings: Settings) -> None:
    """Return once Kafka answers and has the topics.

    Raises:
        InvalidConfig: its topics are not what the settings say.
        Unavailable: it did not in time.
    """
    from time import monotonic, sleep

    from . import topics

    deadline = monotonic() + settings.worker.start_within
    while True:
        try:
            missing = topics.missing(settings)
            if missing:
                raise Unavailable("kafka", f"has no topic {', '.join(missing)}; run `evergauge topics create`")
            if problems := topics.shared_out_wrongly(settings):
                raise InvalidConfig(problems)
            return
        except Unavailable as error:
            if monotonic() > deadline:
                raise
            logging.getLogger(__name__).warning("waiting: %s", error)
            sleep(1.0)


def _worker(app: Any, settings: Settings) -> int:
    import faust

    class Worker(faust.Worker):
        """Faust's worker, which ends within a bounded time whatever hangs."""

        def _on_sigterm(self) -> None:
            self._limit()
            super()._on_sigterm()

        def _on_sigint(self) -> None:
            self._limit()
            super()._on_sigint()

        def _limit(self) -> None:
            timer = threading.Timer(settings.worker.stop_within + GRACE, os._exit, args=(0,))
            timer.daemon = True
            timer.start()

        def _setproctitle(self, *args: Any, **kwargs: Any) -> None:
            """Faust names every process after itself; leave ours."""

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = Worker(app, loglevel="info", loop=loop, quiet=True, redirect_stdouts=False)
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0
