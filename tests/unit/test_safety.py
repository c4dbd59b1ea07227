"""Personal data and secrets: found where they are, with spans, and let go where they only look like it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.checks.personal import ACCOUNT, CARD, EMAIL, HARDWARE, NATIONAL, NETWORK, PHONE, find
from monitor.checks.secrets import SHAPES, entropy
from tests.builders import make_sample, run_check


@pytest.mark.parametrize(
    ("text", "kind", "found", "country"),
    [
        ("Write to ann.b+c@mail.example.co.uk now.", EMAIL, "ann.b+c@mail.example.co.uk", ""),
        ("Call +44 (0)20 7946 0958.", PHONE, "+44 (0)20 7946 0958", ""),
        ("My phone is 467 3395", PHONE, "467 3395", ""),
        ("Reach 655 437 108 office", PHONE, "655 437 108", ""),
        ("It is 0494 92 82 32, thanks", PHONE, "0494 92 82 32", ""),
        ("(579)888-3058", PHONE, "(579)888-3058", ""),
        ("Card 4539 5787 6362 1486 expires", CARD, "4539 5787 6362 1486", ""),
        ("IBAN de89 3704 0044 0532 0130 00!", ACCOUNT, "de89 3704 0044 0532 0130 00", ""),
        ("from 93.184.216.34.", NETWORK, "93.184.216.34", ""),
        ("from 2606:2800:220:1:248:1893:25c8:1946 too", NETWORK, "2606:2800:220:1:248:1893:25c8:1946", ""),
        ("at 00:1A:2b:3C:4d:5E", HARDWARE, "00:1A:2b:3C:4d:5E", ""),
        ("SSN 078-05-1120", NATIONAL, "078-05-1120", "US"),
        ("NINO AB 12 34 56 C", NATIONAL, "AB 12 34 56 C", "GB"),
        ("NIR 2 95 10 99 126 111 93", NATIONAL, "2 95 10 99 126 111 93", "FR"),
        ("IdNr 36 574 261 809", NATIONAL, "36 574 261 809", "DE"),
        ("RCCMNL83S18D969H", NATIONAL, "RCCMNL83S18D969H", "IT"),
        ("DNI 54362315K", NATIONAL, "54362315K", "ES"),
        ("CPF 390.533.447-05", NATIONAL, "390.533.447-05", "BR"),
        ("PESEL 44051401359", NATIONAL, "44051401359", "PL"),
        ("hetu 131052-308T", NATIONAL, "131052-308T", "FI"),
        ("Aadhaar 2341 2341 2346", NATIONAL, "2341 2341 2346", "IN"),
        ("id 11010519491231002X", NATIONAL, "11010519491231002X", "CN"),
    ],
)
def test_each_kind_is_found_where_it_stands(text: str, kind: str, found: str, country: str) -> None:
    (span,) = find(text.encode())

    assert (span.kind, text.encode()[span.start : span.end].decode(), span.country) == (kind, found, country)


@pytest.mark.parametrize(
    "text",
    [
        "On 07-10-2022 and 2022-10-07 at 10:30.", "Version 143.0.0.30.121 of 1.2.3", 
        "Order 4539578763621487 is not a card",
        "from 10.0.0.1, 192.168.1.7 and 127.0.0.1", "1 2 3 4 5 6 7 8", "GB82 WEST 1234 5698 7654 33", "a@b",
        "pi is 3.14159265358979", "1,250,000 people in 1999", "54362315A", "0000 0000 0000 0000",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_let_go(text: str) -> None:
    assert find(text.encode()) == []


def test_places_are_told_in_characters_and_data_are_not_repeated() -> None:
    finding = run_check("personal_data", make_sample("Übung: ann@example.com, bob@example.com"))

    assert finding.why == "gives away e-mail address 2× at characters 7–22, 24–39"


@given(st.text(max_size=200))
def test_spans_never_overlap_whatever_the_text(text: str) -> None:
    spans = find(text.encode())

    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))


SECRETS = {
    "AWS access key": "AKIAIOSFODNN7EXAMPLE",
    "Anthropic key": "sk-ant-" + "a1B2" * 10,
    "Databricks token": "dapi" + "0123456789abcdef" * 2,
    "GitHub token": "ghp_" + "a1B2" * 9,
    "GitLab token": "glpat-" + "a1B2" * 5,
    "Google API key": "AIza" + "a1B2_" * 7,
    "Hugging Face token": "hf_" + "aB" * 17,
    "Slack token": "xoxb-123456789012-abcDEF",
    "Stripe key": "sk_live_" + "a1B2" * 5,
    "SendGrid key": "SG." + "a1B2c3D4e5F6g7H8i9J0k1" + "." + "a1B2" * 10 + "abc",
    "npm token": "npm_" + "a1B2" * 9,
    "private key": "-----BEGIN RSA PRIVATE KEY-----",
    "password in a URL": "postgres://me:hunter2@db.example.com/x",
    "assigned secret": 'api_key = "Zx81-qv7T9-mm02Lk"',
}


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_named_and_not_repeated(name: str) -> None:
    finding = run_check("secrets", make_sample(f"Use {SECRETS[name]} for it."))

    assert finding.value == 0.0
    assert name in finding.why
    assert SECRETS[name] not in finding.why


def test_forty_providers_are_known() -> None:
    assert len(SHAPES) >= 43


@pytest.mark.parametrize(
    "text",
    ['password = "your-password-here"', 'secret: "aaaaaaaaaaaaaaaa"', "a task-force of skilled people",
     "key-value pairs",
     "f47ac10b-58cc-4372-a567-0e02b2c3d479", "commit 0123456789abcdef0123456789abcdef01234567"],
)  # fmt: skip
def test_placeholders_and_hashes_are_let_go(text: str) -> None:
    assert run_check("secrets", make_sample(text)).value == 1.0


def test_entropy_has_shannons_figures() -> None:
    assert entropy("aaaa") == 0.0
    assert entropy("abcdefgh") == 3.0
