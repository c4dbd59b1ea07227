"""The manifests say what the worker understands."""

from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from monitor.cli.main import cli
from monitor.cli.program import load_commands
from monitor.settings import load

BASE = Path(__file__).parents[2] / "k8s" / "base"


def workloads() -> list[dict[str, Any]]:
    documents = [
        one for file in ("worker.yaml", "judging.yaml") for one in yaml.safe_load_all((BASE / file).read_text())
    ]
    return [document["spec"] for document in documents]


def containers() -> list[dict[str, Any]]:
    specs = [workload["template"]["spec"] for workload in workloads()]
    return [one for spec in specs for one in (*spec.get("initContainers", ()), *spec["containers"])]


def test_the_settings_are_right() -> None:
    settings = load(BASE / "evergauge.toml", {})

    for worker in (c for c in containers() if c["name"] == "worker"):
        ports = {port["name"]: port["containerPort"] for port in worker["ports"]}
        assert ports == {"web": settings.worker.web_port, "metrics": settings.worker.metrics_port}
    (console,) = [c for c in containers() if c["name"] == "console"]
    assert [port["containerPort"] for port in console["ports"]] == [settings.console.port]


def test_every_variable_is_a_setting() -> None:
    for container in containers():
        load(None, {variable["name"]: variable.get("value", "x") for variable in container["env"]})


def test_every_command_is_one() -> None:
    load_commands()
    for container in containers():
        _, _, *command = container.get("args", ())
        done = CliRunner().invoke(cli, [*command, "--help"])
        assert done.exit_code == 0, done.output


def test_only_one_console_gives_items_out() -> None:
    (console,) = [one for one in workloads() if one["template"]["spec"]["containers"][0]["name"] == "console"]

    assert (console["replicas"], console["strategy"]["type"]) == (1, "Recreate")


def test_containers_are_locked_down() -> None:
    for container in containers():
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"]
        assert not context["allowPrivilegeEscalation"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


def test_the_resources_are_listed() -> None:
    listed = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]

    assert sorted(listed) == sorted(f.name for f in BASE.glob("*.yaml") if f.name != "kustomization.yaml")


def test_a_worker_has_time_to_stop() -> None:
    assert all(one["template"]["spec"]["terminationGracePeriodSeconds"] >= 20 for one in workloads())
