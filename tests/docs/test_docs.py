"""Every command and example in the docs runs."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from click.testing import CliRunner

from docs.examples import EXAMPLES
from monitor.build import build_evaluate, inside
from monitor.checks import checks
from monitor.cli.main import cli
from monitor.cli.program import load_commands
from monitor.formats import Defaults, Limits, decode, formats
from monitor.judges import read_rubric
from monitor.model import Sample
from monitor.settings import load
from streams.cli.status import print_status, read_status
from tests.builders import make_record, make_sample
from tests.conftest import MakeWay
from tests.integration.traffic import mixed

ROOT = Path(__file__).parents[2]
FILES = Path(__file__).parent / "examples"
"""The files that the docs speak of."""
AUTHORITY = trustme.CA()
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")

load_commands()


@dataclass(frozen=True)
class Block:
    page: str
    language: str
    text: str


def blocks(*languages: str) -> list[Block]:
    found = [
        Block(page.name, language, "\n".join(line.removeprefix(indent) for line in text.splitlines()) + "\n")
        for page in PAGES
        for indent, language, text in _BLOCK.findall(page.read_text(encoding="utf-8"))
    ]
    return [block for block in found if block.language in languages]


def name(block: Block) -> str:
    return f"{block.page}: {block.text.splitlines()[0][:40]}"


def test_every_kind_of_example_is_known() -> None:
    known = {"console", "python", "toml", "json", "sh", "mermaid", "yaml"}

    assert {block.language for block in blocks(*known)} <= known
    found = {lang for page in PAGES for _, lang, _ in _BLOCK.findall(page.read_text(encoding="utf-8"))}
    assert found <= known


@pytest.mark.parametrize("block", blocks("toml"), ids=name)
def test_settings(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = block.text
    for path in re.findall(r'"(/[^"]+)"', text):
        file = tmp_path / Path(path).name
        file.write_bytes(AUTHORITY.cert_pem.bytes() if path.endswith(".pem") else b"secret")
        text = text.replace(path, str(tmp_path / Path(path).name))
    (tmp_path / "mychecks.py").write_text(own_checks())
    sys.modules.pop("mychecks", None)
    (tmp_path / "evergauge.toml").write_text(text)

    settings = load(tmp_path / "evergauge.toml", {})

    assert build_evaluate(settings, inside(settings))


def own_checks() -> str:
    """The example of a check of one's own, under a name that nobody has taken yet when it is imported again."""
    (first,) = [block for block in blocks("python") if "mentions_price" in block.text]
    from monitor.checks import checks

    return "" if "mentions_price" in checks else first.text


@pytest.mark.parametrize("block", blocks("yaml"), ids=name)
def test_rubrics(block: Block) -> None:
    assert read_rubric(block.text, at=block.page)


@pytest.mark.parametrize("block", blocks("json"), ids=name)
def test_samples(block: Block) -> None:
    form = "openai" if "request" in json.loads(block.text) else "native"

    (sample,) = decode(make_record(block.text), formats[form], defaults=Defaults(), limits=Limits())

    assert isinstance(sample, Sample), sample


@pytest.mark.parametrize("block", blocks("python"), ids=name)
def test_python(block: Block, tmp_path: Path) -> None:
    """Each is a module that somebody could save; what it registers works."""
    before = {**_registered()}
    text = block.text
    for known in before:
        text = text.replace(f'@check("{known}"', f'@check("{known}_again"')
    if "calls_a_library" in text:
        text = f"from monitor.checks import check\n\n{text}"
    file = tmp_path / "example.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location("example", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)

    spec.loader.exec_module(module)

    made = {key: thing for key, thing in _registered().items() if key not in before}
    assert len(made) == 1
    if hasattr(module, "Mentions"):
        assert module.Mentions("fine")(make_sample("A fine answer.")).value == 1.0
    if hasattr(module, "mentions_price"):
        assert module.mentions_price(make_sample("3 €")) is True
    if hasattr(module, "TabSeparated"):
        (read,) = decode(make_record("q?\ta!"), formats["tsv"], defaults=Defaults(app="a"), limits=Limits())
        assert isinstance(read, Sample)
        assert read.output == "a!"


def _registered() -> dict[str, object]:
    from monitor.checks import checks

    return {**checks, **formats}


@pytest.mark.parametrize("block", [b for b in blocks("console") if "evergauge status" not in b.text], ids=name)
def test_commands_without_servers(block: Block, tmp_path: Path) -> None:
    """What the docs show is what is printed."""
    if "config check" in block.text:
        shutil.copy(ROOT / "evergauge.toml", tmp_path)
    for file in FILES.iterdir():
        shutil.copy(file, tmp_path)
    shown = ""
    for line in block.text.splitlines():
        if line.startswith("$ "):
            shown = _shell(line[2:], tmp_path)
        elif line.strip() not in {"", "…"}:
            assert line.strip() in {said.strip() for said in shown.splitlines()}, shown


def _shell(command: str, directory: Path) -> str:
    command = command.replace("evergauge ", f"{sys.executable} -m monitor.cli.program ", 1)
    done = subprocess.run(command, shell=True, cwd=directory, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout + done.stderr


def test_the_status_that_is_shown(make_way: MakeWay, capsys: pytest.CaptureFixture[str]) -> None:
    """The same rows, with other numbers."""
    (block,) = [b for b in blocks("console") if "evergauge status" in b.text]
    way = make_way()
    way.worker().wait_ready()
    way.wait(way.send(mixed(200)))

    print_status(read_status(way.settings))

    printed = capsys.readouterr().out
    for line in block.text.splitlines()[1:]:
        label = re.split(r"\s{2,}|\s+\d", line.strip())[0]
        assert label in printed, label


@pytest.mark.parametrize("block", blocks("sh"), ids=name)
def test_commands_in_recipes_exist(block: Block) -> None:
    """They need servers, which other tests have; here: is there such a command, with such options?"""
    makes = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for line in block.text.splitlines():
        words = re.sub(r"#.*", "", line).split()
        while words and "=" in words[0]:
            words.pop(0)
        if not words:
            continue
        if words[0] == "make":
            assert words[1] in makes
            continue
        assert words[0] == "evergauge"
        done = CliRunner().invoke(cli, [*words[1:], "--help"])
        assert done.exit_code == 0, done.output


def test_commands_in_prose_exist() -> None:
    for page in PAGES:
        for text in re.findall(r"`evergauge ([a-z][^`]*)`", page.read_text(encoding="utf-8")):
            words = [word for word in text.split() if not re.fullmatch(r"[A-Z]+|\.\.\.|…|NAME", word)]
            done = CliRunner().invoke(cli, [*words, "--help"])
            assert done.exit_code == 0, f"{page.name}: evergauge {text}: {done.output}"


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in _LINK.findall(page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_check_has_a_worked_example_that_says_something() -> None:
    shown = {example.check: example.score() for example in EXAMPLES}
    shipped = {name for name, spec in checks.items() if spec.module.startswith("monitor.")}

    assert shipped - shown.keys() == {"unit_tests"}
    assert {name for name, score in shown.items() if score.value is None} == set()


def test_generated_pages_are_fresh() -> None:
    done = subprocess.run([sys.executable, "-m", "docs.generate", "--check"], cwd=ROOT, timeout=60, check=False)

    assert done.returncode == 0
