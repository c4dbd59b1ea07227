"""The same nine scores by Evidently, by Opik, and by us, over the same samples in the same run: CPU time of one core.

Opik compares texts with references: once with the traffic's own, which are a word or a number as a rule, and once with
another answer of the same application, which is as long as the answer itself.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.progress import track

from benchmarks.checks import TOGETHER, read
from benchmarks.harness import ROOT, Figure, arguments, lines, report
from monitor.checks import Scorer, build_scorers
from monitor.cli.show import news
from monitor.model import Origin, Record, Sample

CACHE = Path(os.environ.get("EVERGAUGE_CACHE") or Path.home() / ".cache" / "evergauge") / "peers"
ROUNDS = 3
"""The fastest of so many counts, for both sides."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody else's scorers and ours of the same kind."""

    name: str
    script: str
    packages: tuple[str, ...]
    ours: tuple[tuple[str, Mapping[str, Any]], ...]
    least: float
    samples: int


PEERS = (
    Peer(
        "evidently",
        "evidently_nine.py",
        ("evidently==0.7.23", "pandas<3"),
        (
            ("length", {}),
            ("words", {}),
            ("sentences", {}),
            ("letters", {}),
            ("regex", {"pattern": r"\d{4}-\d{2}-\d{2}"}),
            ("contains_any", {"texts": ["sorry", "cannot"]}),
            ("contains_link", {}),
            ("json", {"always": True, "strict": True}),
            ("python_syntax", {"whole": True}),
        ),
        5.0,
        5_000,
    ),
    Peer(
        "opik",
        "opik_nine.py",
        ("opik==2.2.122", "nltk==3.10.4", "rouge-score==0.1.2"),
        (
            ("exact_match", {}),
            ("contains_reference", {}),
            ("regex", {"pattern": r"\d{4}-\d{2}-\d{2}"}),
            ("json", {"always": True, "strict": True}),
            ("levenshtein", {"look_at": 1_000_000}),
            ("bleu", {}),
            ("rouge1", {}),
            ("rougeL", {"look_at": 1_000_000}),
            ("chrf", {}),
        ),
        6.0,
        600,
    ),
)


def python_of(peer: Peer) -> Path:
    """An environment of the peer's own, made once."""
    where = CACHE / peer.name
    python = where / "bin" / "python"
    ready = where / "ready"
    if not ready.exists() or ready.read_text() != " ".join(peer.packages):
        news.print(f"[dim]· installing {' '.join(peer.packages)}, once[/]")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(where)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *peer.packages], check=True)
        ready.write_text(" ".join(peer.packages))
    return python


def theirs(peer: Peer, samples: Sequence[Sample]) -> float:
    """CPU seconds of the peer, for all samples."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for sample in samples:
            file.write(json.dumps({"output": sample.output, "reference": (*sample.references, "")[0]}) + "\n")
        file.flush()
        script = ROOT / "benchmarks" / "peer" / peer.script
        environment = {**os.environ, "OPIK_TRACK_DISABLE": "true", "DO_NOT_TRACK": "1", "OPIK_SENTRY_ENABLE": "false"}
        command = [str(python_of(peer)), "-W", "ignore", str(script), file.name]
        said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return float(json.loads(said.splitlines()[-1])["seconds"])


def ours(peer: Peer, samples: Sequence[Sample]) -> float:
    """CPU seconds of our own, for all samples, as a worker scores them."""
    scorers: list[Scorer] = [build_scorers({name: said}, at="checks")[0] for name, said in peer.ours]
    seconds = 0.0
    for start in range(0, len(samples), TOGETHER):
        fresh = [replace(sample) for sample in samples[start : start + TOGETHER]]  # nothing is noted yet
        started = time.process_time()
        for scorer in scorers:
            scorer.scores(fresh)
        seconds += time.process_time() - started
    return seconds


def with_other_answers(samples: Sequence[Sample]) -> list[Sample]:
    """Each sample with the answer before it, of its application, as its reference."""
    before: dict[str, str] = {}
    found: list[Sample] = []
    for sample in samples:
        if sample.app in before:
            found.append(replace(sample, references=(before[sample.app],)))
        before[sample.app] = sample.output or ""
    return found


def compared(peer: Peer, every: Sequence[Sample], what: str) -> list[Figure]:
    """Both rates and their ratio, over as many samples as the peer is given, spread over all."""
    samples = every[:: max(len(every) // peer.samples, 1)][: peer.samples]
    rounds = [(theirs(peer, samples), ours(peer, samples)) for _ in track(range(ROUNDS), what, console=news)]
    slow, fast = min(their for their, _ in rounds), min(our for _, our in rounds)
    return [
        Figure(f"{what}, nine scores (n = {len(samples):,})", len(samples) / slow, "samples/CPU-s"),
        Figure("  ours of the same kind", len(samples) / fast, "samples/CPU-s"),
        Figure("  ours against theirs", slow / fast, "×", f"≥ {peer.least:g}", slow / fast >= peer.least),
    ]


def main() -> None:
    """Measure, print, and write."""
    args = arguments(__doc__)
    records = [Record(Origin("t", 0, offset), line, 0) for offset, line in enumerate(lines(args.traffic))]
    every = [sample for sample in read(records) if sample.output]
    own = [sample for sample in every if sample.references]
    evidently, opik = PEERS
    figures = compared(evidently, every, evidently.name)
    figures += compared(opik, with_other_answers(every), f"{opik.name}, other answers as references")
    short = compared(opik, own, f"{opik.name}, the traffic's own references")
    figures += [replace(figure, wanted="", reached=None) for figure in short]
    report("peers", figures, args.json)


if __name__ == "__main__":
    main()
