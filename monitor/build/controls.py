"""Control items from their file."""

from collections.abc import Collection
from pathlib import Path

import msgspec

from monitor.errors import InvalidConfig
from monitor.formats import Defaults, Limits, decode, formats
from monitor.model import Origin, Record, Sample
from monitor.pipeline.controls import ControlItem, Controls
from monitor.settings import Settings


def build_controls(settings: Settings, judges: Collection[str]) -> Controls:
    """Control items from their file: native samples, each with ``"verdicts": {"judge": true}``.

    Raises:
        InvalidConfig: the file does not hold them.
    """
    file = settings.judging.controls
    if not file:
        return Controls()
    items: dict[str, list[ControlItem]] = {}
    problems: dict[str, str] = {}
    for number, line in enumerate(Path(file).read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            verdicts, sample = _control(line, number)
        except ValueError as error:
            problems[f"judging.controls: {file}, line {number}"] = str(error)
            continue
        for judge, passes in verdicts.items():
            if judge in judges:
                items.setdefault(judge, []).append(ControlItem(sample=sample, passes=passes))
            else:
                problems[f"judging.controls: {file}, line {number}"] = f"{judge}: there is no such judge"
    if problems:
        raise InvalidConfig(problems)
    return Controls({judge: tuple(those) for judge, those in items.items()}, settings.judging.controls_share)


class _Verdicts(msgspec.Struct):
    verdicts: dict[str, bool]


_read = msgspec.json.Decoder(_Verdicts).decode


def _control(line: bytes, number: int) -> tuple[dict[str, bool], Sample]:
    try:
        verdicts = _read(line).verdicts
    except msgspec.DecodeError as error:
        raise ValueError(f'needs "verdicts": {{"judge": true or false}}: {error}') from error
    record = Record(Origin("controls", 0, number), line, 0)
    (one,) = decode(record, formats["native"], defaults=Defaults(app="control"), limits=Limits())
    if not isinstance(one, Sample):
        raise ValueError(str(getattr(one, "error", "holds nothing to judge")))
    return verdicts, one
