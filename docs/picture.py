"""Take the picture of the live terminal that the README shows: ``python -m docs.picture``."""

import asyncio
import io
import re
import tempfile
import time
from pathlib import Path

from rich.console import Console

from monitor.cli.main import Place
from streams.cli.demo import Show, View, drained, produce, shown
from streams.cli.up import running

_FONTS = re.compile(r"@font-face \{.*?\n\s*\}\n", re.DOTALL)
"""The picture must not fetch anything: a reader's own monospaced font will do."""
PICTURE = Path(__file__).parent / "images" / "demo.svg"


async def take(seconds: float = 45.0) -> None:
    """Run the demo, and draw its view as it stands at the end."""
    began = time.monotonic()
    config = Path(__file__).parent.parent / "evergauge.toml"
    with tempfile.TemporaryDirectory() as directory:
        async with running(Place(config, Path(directory)), 1) as (stack, stopped):
            show = Show(seconds, None, 300.0, 7)
            view = View(show.title, stack)
            async with shown(view, stopped):
                await produce(stack, show, stopped, view, began)
            await drained(stack)
    console = Console(record=True, width=150, file=io.StringIO(), force_terminal=True)
    console.print(view)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    drawn = console.export_svg(title="make demo")
    PICTURE.write_text(_FONTS.sub("", drawn), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(take())
