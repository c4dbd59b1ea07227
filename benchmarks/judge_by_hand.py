"""What somebody would write who needs only this: OpenAI's client, a semaphore, gather; nothing is kept or tried again.

Run as a program by ``judging``: ``python -m benchmarks.judge_by_hand URL COUNT WIDTH TRAFFIC``; prints calls, seconds,
and CPU seconds.
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import openai

from benchmarks.courtroom import MODEL, distinct
from benchmarks.harness import lines
from monitor.build.judges import SHIPPED

RUBRIC = SHIPPED.joinpath("helpfulness.yaml").read_text(encoding="utf-8")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "explanation": {"type": "string"},
        "grade": {"type": "integer", "minimum": 1, "maximum": 5},
    },
    "required": ["explanation", "grade"],
    "additionalProperties": False,
}


async def main(url: str, records: list[bytes], width: int) -> tuple[float, float]:
    """Judge all of them; the seconds and the CPU seconds that it took."""
    client: Any = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
    room = asyncio.Semaphore(width)

    async def judged(record: bytes) -> int:
        sample = json.loads(record)
        async with room:
            completion = await client.chat.completions.create(
                model=MODEL,
                messages=[
                    {"role": "system", "content": f"You judge an AI application.\n\n{RUBRIC}"},
                    {"role": "user", "content": f"{sample['input']}\n\nAnswer:\n{sample['output']}"},
                ],
                temperature=0,
                max_tokens=800,
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA},
                },
            )
        return json.loads(completion.choices[0].message.content)["grade"]

    started, before = time.monotonic(), _cpu()
    await asyncio.gather(*map(judged, records))
    return time.monotonic() - started, _cpu() - before


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    URL, COUNT, WIDTH, TRAFFIC = sys.argv[1:]
    RECORDS = distinct(lines(Path(TRAFFIC)), int(COUNT))
    print(len(RECORDS), *asyncio.run(main(URL, RECORDS, int(WIDTH))))
