"""The same worker against a Kafka and a ClickHouse that want passwords and certificates."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from monitor.settings import load
from streams import topics
from streams.embedded.children import Child, Children, free_port, listening
from streams.embedded.kafka import jars, java
from tests.conftest import MakeWay
from tests.integration.proxy import FlakyStore
from tests.integration.traffic import good
from tests.servers import Loop, Servers, Worker, wait_until

_JAAS = "org.apache.kafka.common.security"


@dataclass
class Fortress:
    """A broker with listeners for SASL over TLS and for client certificates."""

    sasl: str
    mutual: str
    ca: Path
    certificate: Path
    key: Path


@pytest.fixture(scope="module")
def fortress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fortress]:
    here = tmp_path_factory.mktemp("fortress")
    authority = trustme.CA()
    server, client = authority.issue_cert("localhost", "127.0.0.1"), authority.issue_cert("client@example.com")
    authority.cert_pem.write_to_path(str(here / "ca.pem"))
    server.private_key_and_cert_chain_pem.write_to_path(str(here / "server.pem"))
    client.private_key_pem.write_to_path(str(here / "client.key"))
    client.cert_chain_pems[0].write_to_path(str(here / "client.pem"))
    _to_pkcs8(here / "server.pem")
    sasl, mutual, controller = free_port(), free_port(), free_port()
    properties = here / "server.properties"
    properties.write_text(
        "\n".join(
            [
                "process.roles=broker,controller",
                "node.id=1",
                f"controller.quorum.voters=1@127.0.0.1:{controller}",
                "controller.listener.names=CONTROLLER",
                f"listeners=SASL_SSL://127.0.0.1:{sasl},SSL://127.0.0.1:{mutual},CONTROLLER://127.0.0.1:{controller}",
                f"advertised.listeners=SASL_SSL://127.0.0.1:{sasl},SSL://127.0.0.1:{mutual}",
                "listener.security.protocol.map=SASL_SSL:SASL_SSL,SSL:SSL,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name=SSL",
                f"log.dirs={here / 'log'}",
                "offsets.topic.replication.factor=1",
                "offsets.topic.num.partitions=1",
                "group.initial.rebalance.delay.ms=0",
                "ssl.keystore.type=PEM",
                f"ssl.keystore.location={here / 'server.pem'}",
                "ssl.truststore.type=PEM",
                f"ssl.truststore.location={here / 'ca.pem'}",
                "listener.name.ssl.ssl.client.auth=required",
                "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512",
                f"listener.name.sasl_ssl.plain.sasl.jaas.config={_JAAS}.plain.PlainLoginModule required "
                'user_evergauge="open sesame";',
                f"listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={_JAAS}.scram.ScramLoginModule required;",
            ]
        )
    )
    path = os.pathsep.join(map(str, jars()))
    subprocess.run(
        [java(), "-cp", path, "kafka.tools.StorageTool", "format", "-t", "4L6g3nShT-eMCtK--X86sw",
         "-c", str(properties), "--add-scram", 'SCRAM-SHA-512=[name=evergauge,password="open sesame"]'],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    loop, children = Loop(), Children(here / "logs", lambda _: None)
    loop.run(
        children.start(
            Child(
                name="fortress",
                command=[java(), "-Xmx384m", "-cp", path, "kafka.Kafka", str(properties)],
                ready=lambda: listening(sasl),
            )
        )
    )
    yield Fortress(
        f"localhost:{sasl}", f"localhost:{mutual}", here / "ca.pem", here / "client.pem", here / "client.key"
    )
    loop.run(children.stop())


def _to_pkcs8(file: Path) -> None:
    """Kafka reads private keys in PKCS #8 only."""
    from cryptography.hazmat.primitives import serialization

    text = file.read_bytes()
    key = serialization.load_pem_private_key(text, None)
    chain = text[text.index(b"-----BEGIN CERTIFICATE") :]
    pkcs8 = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(pkcs8 + chain)


def security(fortress: Fortress, kind: str, tmp_path: Path) -> dict[str, object]:
    if kind == "client certificate":
        return {
            "KAFKA__BOOTSTRAP_SERVERS": fortress.mutual,
            "KAFKA__SECURITY_PROTOCOL": "SSL",
            "KAFKA__SSL_CAFILE": fortress.ca,
            "KAFKA__SSL_CERTFILE": fortress.certificate,
            "KAFKA__SSL_KEYFILE": fortress.key,
        }
    (tmp_path / "password").write_text("open sesame\n")
    return {
        "KAFKA__BOOTSTRAP_SERVERS": fortress.sasl,
        "KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA__SASL_MECHANISM": kind,
        "KAFKA__SASL_USERNAME": "evergauge",
        "KAFKA__SASL_PASSWORD_FILE": tmp_path / "password",
        "KAFKA__SSL_CAFILE": fortress.ca,
    }


@pytest.mark.parametrize("kind", ["PLAIN", "SCRAM-SHA-512", "client certificate"])
def test_kafka_with_passwords_and_certificates(
    kind: str, fortress: Fortress, make_way: MakeWay, tmp_path: Path
) -> None:
    way = make_way(**security(fortress, kind, tmp_path), DEFAULT__ROUTING__SHARE=1)
    worker = way.worker("w0").wait_ready()

    way.wait(way.send(good(50)))

    assert way.ledger().outcomes["scored"] == 50
    assert "open sesame" not in worker.log.read_text()


def test_a_wrong_kafka_password_is_said_and_not_repeated(fortress: Fortress, servers: Servers, tmp_path: Path) -> None:
    said = security(fortress, "PLAIN", tmp_path) | {"WORKER__START_WITHIN": 1}
    (tmp_path / "password").write_text("let me in")

    worker = Worker(tmp_path, servers.environment(**said))

    assert worker.process.wait(timeout=60) == 3
    text = worker.log.read_text()
    assert "kafka is away" in text
    assert "let me in" not in text


def test_clickhouse_over_tls(make_way: MakeWay, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    way = make_way()
    with FlakyStore(way.settings.clickhouse.url, certificate=authority.issue_cert("localhost")) as store:
        url = store.url.replace("127.0.0.1", "localhost")
        way.worker("w0", CLICKHOUSE__URL=url, CLICKHOUSE__CA_FILE=tmp_path / "ca.pem").wait_ready()
        way.wait(way.send(good(30)))
    assert way.ledger().ids == 30


def test_a_clickhouse_that_nobody_vouches_for_is_not_written_to(make_way: MakeWay) -> None:
    way = make_way()
    with FlakyStore(way.settings.clickhouse.url, certificate=trustme.CA().issue_cert("localhost")) as store:
        worker = way.worker("w0", CLICKHOUSE__URL=store.url.replace("127.0.0.1", "localhost")).wait_ready()
        way.send(good(10))
        wait_until(lambda: worker.get("/ready")[0] == 503, 20)
        assert "certificate" in worker.get("/ready")[1]["last_error"]


def test_topics_are_made_as_they_are_described(servers: Servers) -> None:
    settings = load(None, servers.environment(KAFKA__PARTITIONS=3))

    made = topics.create(settings)

    assert made == [topic.name for topic in topics.topics(settings)]
    assert topics.create(settings) == []
    assert topics.missing(settings) == []
