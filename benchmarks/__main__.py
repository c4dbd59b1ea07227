"""Run every benchmark and write ``benchmarks/results``: ``python -m benchmarks [--traffic DIR]``."""

import subprocess
import sys

from benchmarks.harness import ROOT, arguments

NAMES = (
    "checks", "peers", "agreement", "transport", "hot_path", "latency", "memory",
    "judging", "judge_drift", "review_queue",
)  # fmt: skip

if __name__ == "__main__":
    ARGS = arguments(__doc__)
    for name in NAMES:
        result = ROOT / "benchmarks" / "results" / f"{name}.json"
        command = [sys.executable, "-m", f"benchmarks.{name}", "--traffic", str(ARGS.traffic), "--json", str(result)]
        subprocess.run(command, cwd=ROOT, check=True)
