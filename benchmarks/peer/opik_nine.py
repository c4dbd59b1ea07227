"""Opik's nine heuristics with a reference, over outputs: CPU seconds. Runs with Opik's packages.

opik_nine.py SAMPLES    JSON lines with ``output`` and ``reference``
"""

import contextlib
import json
import sys
import time

from opik.evaluation.metrics import ROUGE, ChrF, Contains, Equals, IsJson, LevenshteinRatio, RegexMatch, SentenceBLEU
from opik.exceptions import MetricComputationError

METRICS = [
    Equals(track=False),
    Contains(track=False),
    RegexMatch(r"\d{4}-\d{2}-\d{2}", track=False),
    IsJson(track=False),
    LevenshteinRatio(track=False),
    SentenceBLEU(track=False),
    ROUGE(rouge_type="rouge1", use_stemmer=True, track=False),
    ROUGE(rouge_type="rougeL", use_stemmer=True, track=False),
    ChrF(track=False),
]


def scored(samples: list[dict[str, str]]) -> float:
    """CPU seconds that it takes; a metric that refuses a text has looked at it."""
    started = time.process_time()
    for sample in samples:
        for metric in METRICS:
            with contextlib.suppress(MetricComputationError):
                metric.score(output=sample["output"], reference=sample["reference"])
    return time.process_time() - started


with open(sys.argv[1], encoding="utf-8") as file:
    SAMPLES = [json.loads(line) for line in file]
scored(SAMPLES[:20])
print(json.dumps({"samples": len(SAMPLES), "seconds": scored(SAMPLES)}))
