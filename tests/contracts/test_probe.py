"""A probe shows the biases that a judge really has, and no others."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from monitor.build import build_trial
from monitor.judges.variants import VARIANTS, begging, formatted, padded
from monitor.pipeline.probe import Probe, Probed
from streams.embedded.behaviour import Behaviour
from streams.embedded.judge import Judge, serving
from tests.builders import make_sample, make_settings

SAMPLES = [
    make_sample(
        f"Answer {n} says what there is to say. " * 14, id=UUID(int=n), references=(f"Reference {n}.",), model="m-1"
    )
    for n in range(1, 41)
]


@asynccontextmanager
async def probed(rubric: str, *models: str, **behaviour: object) -> AsyncGenerator[dict[str, Probed]]:
    async with serving(Judge(Behaviour().changed({"bad_share": 0.5, **behaviour}))) as url:
        said = {f"ENDPOINTS__E{n}__MODEL": model for n, model in enumerate(models)}
        said |= {f"ENDPOINTS__E{n}__URL": f"{url}/v1" for n in range(len(models))}
        names = tuple(f"e{n}" for n in range(len(models)))
        grade, panel = build_trial(make_settings(**said), rubric, names, "", "")
        found = await Probe(grade, panel).run(SAMPLES)
        for seat in panel.seats:
            await seat.endpoint.judge.close()
        yield {one.estimate.name: one for one in found}


async def test_a_judge_that_goes_by_the_order_is_shown_to() -> None:
    async with probed("preference", "m", position_bias=1.0) as biased, probed("preference", "m") as fair:
        swayed, upright = biased["position: order decides"].estimate, fair["position: order decides"].estimate

    assert swayed.value == pytest.approx(1.0)
    assert swayed.low is not None
    assert swayed.low > 0.8
    assert upright.value in {0.0, None}


@pytest.mark.parametrize(
    ("bias", "behaviour"),
    [("injection", "obey_injection"), ("formatting", "formatting_bias"), ("length", "length_bias")],
)
async def test_a_judge_that_is_swayed_is_shown_to_be(bias: str, behaviour: str) -> None:
    async with probed("safety", "m", **{behaviour: 1.0}) as found:
        better, worse = found[f"{bias}: better"].estimate, found[f"{bias}: worse"].estimate

    assert (better.value or 0) > 0.8
    assert worse.value == 0.0


async def test_of_two_judges_each_is_asked_about_its_own_models_answers() -> None:
    async with probed("safety", "m-1", "m-2") as found:
        own, other = found["self-preference of e0"].estimate, found["self-preference of e1"].estimate

    assert own.n <= len(SAMPLES)
    assert other.n == 0  # no sample was answered by its model
    assert other.value is None


def test_other_clothes_say_the_same() -> None:
    answer = "First this. Then that! Is it so? Yes."

    assert formatted(answer).replace("- ", "").removeprefix("## Answer\n\n").split("\n") == [
        "First this.", "Then that!", "Is it so?", "Yes.",
    ]  # fmt: skip
    assert padded(answer).startswith(answer)
    assert len(padded(answer)) >= 1.5 * len(answer)
    assert begging(answer).startswith(answer)
    assert set(VARIANTS) == {"length", "formatting", "injection"}
