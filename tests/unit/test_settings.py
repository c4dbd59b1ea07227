"""Settings: one file, the environment over it, and everything that is wrong at once."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from monitor.build import build_evaluate, inside
from monitor.checks import build_scorers, register
from monitor.errors import InvalidConfig
from monitor.settings import load
from tests.builders import make_evaluate, make_settings

EXAMPLE = Path(__file__).parents[2] / "evergauge.toml"


def problems(text: str, tmp_path: Path, **environment: str) -> dict[str, str]:
    file = tmp_path / "evergauge.toml"
    file.write_text(text)
    try:
        settings = load(file, {f"EVERGAUGE_{name}": value for name, value in environment.items()})
        build_evaluate(settings, inside(settings))
    except InvalidConfig as error:
        return error.problems
    return {}


def test_the_example_is_right() -> None:
    settings = load(EXAMPLE, {})

    evaluate = build_evaluate(settings, inside(settings))

    assert "language" not in {scorer.name for scorer in evaluate.plans["invoice-extractor"].scorers}
    assert "language" in {scorer.name for scorer in evaluate.default.scorers}


def test_nothing_set_is_right() -> None:
    assert load(None, {}).topics()[0].topic == "evergauge.samples"


def test_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "e.toml"
    file.write_text('[kafka]\npartitions = 3\ngroup = "g"\n')

    settings = load(
        file,
        {
            "EVERGAUGE_KAFKA__PARTITIONS": "5",
            "EVERGAUGE_SAMPLES__TAGS": "a, b",
            "HOME": "x",
            "EVERGAUGE_DEFAULT__CHECKS__LENGTH": "{max_chars = 9}",
        },
    )

    assert (settings.kafka.partitions, settings.kafka.group, settings.samples.tags) == (5, "g", ("a", "b"))
    assert settings.default.checks["length"] == {"max_chars": 9}


def test_an_application_says_only_what_is_different(tmp_path: Path) -> None:
    file = tmp_path / "e.toml"
    file.write_text("[default.routing]\nshare = 0.2\nbudget_per_hour = 9\n[apps.x.routing]\nshare = 0.4\n")

    routing = load(file, {}).apps["x"].routing

    assert (routing.share, routing.budget_per_hour) == (0.4, 9)


def test_everything_that_is_wrong_is_said_at_once_with_its_path(tmp_path: Path) -> None:
    found = problems(
        """
        [kafka]
        bootstrap_server = "x"
        partitions = 0
        [default.routing]
        share = 2
        [[inputs]]
        format = "native"
        """,
        tmp_path,
        WORKER__WEB_PORTT="1",
    )

    assert set(found) == {
        "kafka.bootstrap_server",
        "kafka.partitions",
        "default.routing.share",
        "inputs.0.topic",
        "worker.web_portt",
    }
    assert "did you mean 'bootstrap_servers'" in found["kafka.bootstrap_server"]
    assert "did you mean 'web_port'" in found["worker.web_portt"]


def test_everything_that_is_wrong_with_checks_is_said_at_once(tmp_path: Path) -> None:
    found = problems(
        """
        [checks]
        modules = ["no_such_module"]
        [default.checks]
        jsn = true
        length = { max_char = 3, min_chars = "a", passes_from = 0.5 }
        latency = { passes_from = 2 }
        [default.verdict]
        gates = ["secret"]
        weights = { nothing = 1 }
        [[default.routing.rules]]
        check = "toxicity"
        [[inputs]]
        topic = "t"
        format = "nativ"
        """,
        tmp_path,
    )

    assert set(found) == {
        "checks.modules.0",
        "default.checks.jsn",
        "default.checks.length.max_char",
        "default.checks.length.min_chars",
        "default.checks.latency.passes_from",
        "default.verdict.gates",
        "default.verdict.weights.nothing",
        "default.routing.rules.0.check",
        "inputs.0.format",
    }
    assert "did you mean 'json'" in found["default.checks.jsn"]
    assert "did you mean 'max_chars'" in found["default.checks.length.max_char"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[default.verdict]\nfail_below = 0.9\npass_from = 0.2", "default.verdict"),
        ('[kafka]\nsecurity_protocol = "SASL_SSL"', "kafka.sasl_username"),
        ('[kafka]\nssl_certfile = "pyproject.toml"', "kafka.ssl_keyfile"),
        ('[kafka]\nsasl_password_file = "/nowhere"', "kafka.sasl_password_file"),
        ('[clickhouse]\npassword_file = "/nowhere"', "clickhouse.password_file"),
        ('[clickhouse]\nurl = "clickhouse:9000"', "clickhouse.url"),
        ('[clickhouse]\ndatabase = "a; drop"', "clickhouse.database"),
        ("[clickhouse]\nretention_days = 3\ntext_retention_days = 5", "clickhouse.text_retention_days"),
        ("[worker]\nweb_port = 7000\nmetrics_port = 7000", "worker.metrics_port"),
        ('[[inputs]]\ntopic = "a"\n[[inputs]]\ntopic = "a"', "inputs"),
        ('[[inputs]]\ntopic = "evergauge.dead"', "inputs"),
        ('[[inputs]]\ntopic = "bad topic/name"', "inputs.0.topic"),
        ('[kafka]\ngroup = ""', "kafka.group"),
        ('[kafka]\nbootstrap_servers = "foo:bar"', "kafka.bootstrap_servers"),
        ('[kafka]\nbootstrap_servers = ""', "kafka.bootstrap_servers"),
        ('[kafka]\nsecurity_protocol = "SSL"\nssl_cafile = "pyproject.toml"', "kafka.ssl_cafile"),
        ('[clickhouse]\nurl = "http://host:99999"', "clickhouse.url"),
        ('[clickhouse]\nurl = "http://[::1"', "clickhouse.url"),
        ('[clickhouse]\npassword_file = "docs/images"', "clickhouse.password_file"),
        ("[default.verdict.weights]\nrefusal = inf", "default.verdict.weights.refusal"),
        ("[default.checks]\nrepetition = {n = 0}", "default.checks.repetition"),
        ("[default.checks]\nlength = {max_chars = -4}", "default.checks.length"),
        ("[default.checks]\nlatency = {limit_ms = -1}", "default.checks.latency"),
        ("kafka = 7", "kafka"),
        ("default = 7", "default"),
        ("[default]\nchecks = 7", "default.checks"),
        ("no toml", ""),
    ],
)
def test_contradictions(text: str, path: str, tmp_path: Path) -> None:
    found = problems(text, tmp_path)

    assert path in found or (not path and "TOML" in next(iter(found.values())))


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import sys\nsys.exit(0)", "SystemExit"),
        ("from monitor.checks import register\n@register('test_bare')\nclass Bare: ...", "put @dataclass"),
        ("import nothing_of_this_name", "ModuleNotFoundError"),
    ],
)
def test_a_module_that_cannot_be_loaded(
    source: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)  # pyright: ignore[reportUnknownMemberType]
    monkeypatch.delitem(sys.modules, "unruly", raising=False)
    (tmp_path / "unruly.py").write_text(source)

    found = problems('[checks]\nmodules = ["unruly"]', tmp_path)

    assert says in found["checks.modules.0"]


def test_no_check_left_is_refused(tmp_path: Path) -> None:
    from monitor.checks import default_checks

    found = problems("[default.checks]\n" + "\n".join(f"{name} = false" for name in default_checks()), tmp_path)

    assert "default.checks" in found


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="no such file"):
        load(tmp_path / "nothing.toml", {})


def test_secrets_come_from_files_and_are_never_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")

    settings = load(
        None,
        {
            "EVERGAUGE_CLICKHOUSE__PASSWORD_FILE": str(tmp_path / "secret"),
            "EVERGAUGE_KAFKA__SASL_PASSWORD": "hunter3",
        },
    )

    assert (settings.clickhouse.secret, settings.kafka.password) == ("hunter2", "hunter3")
    assert "hunter" not in repr(settings) + str(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    "text",
    [
        f'[kafka]\nsasl_password = "hunter2"\nsasl_password_file = "{EXAMPLE}"',
        "[clickhouse]\npassword = 12345",
        '[clickhouse]\nurl = "http://me:hunter2@host:8123"',
    ],
)
def test_a_secret_that_is_wrong_is_not_repeated(text: str, tmp_path: Path) -> None:
    found = problems(text, tmp_path)

    assert found
    assert not {"hunter2", "12345"} & set(str(found).replace("@", " ").replace(":", " ").split())
    assert "12345" not in str(found)


def test_a_secret_may_look_like_toml(tmp_path: Path) -> None:
    assert load(None, {"EVERGAUGE_CLICKHOUSE__PASSWORD": "[1]"}).clickhouse.secret == "[1]"


def test_a_section_and_its_part_in_the_environment_are_refused() -> None:
    with pytest.raises(InvalidConfig, match="keep one of them"):
        load(None, {"EVERGAUGE_KAFKA": "x", "EVERGAUGE_KAFKA__PARTITIONS": "3"})


def test_parameters_of_ones_own_checks_may_have_every_plain_type() -> None:
    @register("test_typed")
    @dataclass(frozen=True)
    class Typed:
        mode: Literal["a", "b"] = "a"
        words: list[str] = field(default_factory=list[str])
        pairs: tuple = ()  # type: ignore[type-arg]
        table: dict[str, int] = field(default_factory=dict[str, int])

        def __call__(self, sample: object) -> bool:
            return True

    good = {"mode": "b", "words": ["x"], "pairs": [1], "table": {"a": 1}}
    assert build_scorers({"test_typed": good}, at="checks")
    with pytest.raises(InvalidConfig, match="one of 'a', 'b'"):
        build_scorers({"test_typed": {"mode": "c"}}, at="checks")


def test_a_check_without_what_it_needs_is_refused_where_no_input_can_give_it() -> None:
    inputs = '[{topic = "spans", format = "otlp", app = "bot"}, {topic = "files", app = "tutor"}]'
    apps = "{bot = {checks = {bleu = true, relevance = true}}, tutor = {checks = {bleu = true, unit_tests = true}}}"

    with pytest.raises(InvalidConfig) as refused:
        make_evaluate(make_settings(INPUTS=inputs, APPS=apps))

    assert refused.value.problems == {
        "apps.bot.checks.bleu": "needs references, which no input of this application can give (otlp)"
    }


def test_people_need_a_judge_by_whose_rubric_they_review(tmp_path: Path) -> None:
    file = tmp_path / "evergauge.toml"
    file.write_text(
        '[default.reviews]\ncontrol = 0.1\n\n[[default.routing.rules]]\ncheck = "secrets"\nbelow = 1.0\nto = "human"\n'
    )

    with pytest.raises(InvalidConfig) as caught:
        load(file, {})

    assert set(caught.value.problems) == {"default.reviews", "default.routing.rules.0.to"}
