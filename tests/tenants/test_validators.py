"""What may name a schema, and what may be a host."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from tenants.validators import (
    normalize_hostname,
    suggest_schema_name,
    unicode_hostname,
    validate_clients_hostname,
    validate_hostname,
    validate_schema_name,
)


@pytest.mark.parametrize("name", ["a", "acme", "acme_2", "a" * 40])
def test_a_good_schema_name(name: str) -> None:
    validate_schema_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "2acme", "_acme", "Acme", "ac me", "ac-me", 'ac"me', "ac;me", "acmé", "a" * 41, "acme\n",
     "public", "pg_acme", "pg_catalog", "information_schema", "template_x", "doctor_1", "console"],
)  # fmt: skip
def test_a_schema_name_that_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        validate_schema_name(name)


@pytest.mark.parametrize(
    ("company", "suggested"),
    [
        ("Acme", "acme"),
        ("Globex & Sons, Ltd.", "globex_sons_ltd"),
        ("Café Zürich", "cafe_zurich"),
        ("3D Printers", "d_printers"),
        ("Public", "client_public"),
        ("PG Tips", "client_pg_tips"),
        ("東京", ""),
        ("x" * 60, "x" * 40),
        ("Pg " + "x" * 60, "client_pg_" + "x" * 30),
    ],
)
def test_a_schema_name_is_suggested(company: str, suggested: str) -> None:
    assert suggest_schema_name(company) == suggested
    if suggested:
        validate_schema_name(suggested)


@pytest.mark.parametrize("name", ["foo.example..", "foo.example...", "foo..example", ".", ".."])
def test_a_name_with_two_dots_is_refused_however_often_it_is_normalized(name: str) -> None:
    host = name
    for _time in range(3):
        host = normalize_hostname(host)
        with pytest.raises(ValidationError):
            validate_hostname(host)


@pytest.mark.parametrize(
    "host",
    ["acme.example.com", "acme.localhost", "localhost", "xn--bcher-kva.example", "a-b.c",
     "a" * 63 + ".example", "1.acme.example", "4.2.acme", "acme.www.example"],
)  # fmt: skip
def test_a_good_host(host: str) -> None:
    validate_hostname(host)


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("", "form"),
        ("https://acme.example", "url"),
        ("acme.example/admin", "url"),
        ("acme.example\\admin", "url"),
        ("acme.example?page=1", "url"),
        ("acme.example#top", "url"),
        ("ada@acme.example", "url"),
        ("ada:secret@acme.example", "url"),
        ("acme.example:8000", "port"),
        ("www.acme.example", "www"),
        ("acme_x.example", "under"),
        ("_dmarc.acme.example", "under"),
        ("*.acme.example", "wildcard"),
        ("*", "wildcard"),
        ("ac me.example", "blank"),
        ("acme.example\n", "blank"),
        ("acme\x00.example", "form"),
        ("-acme.example", "form"),
        ("acme-.example", "form"),
        ("acme..example", "form"),
        (".acme.example", "form"),
        ("acme.example.", "form"),
        ("acme,example", "form"),
        ("bücher.example", "letters"),
        ("xn--zzzzzzzz.example", "letters"),
        ("a" * 64 + ".example", "label"),
        ("a." * 127 + "ab", "length"),
        ("127.0.0.1", "address"),
        ("::1", "address"),
        ("[2001:db8::1]", "address"),
        ("acme.42", "number"),
        ("acme.0x7f", "number"),
        ("1.2.3", "number"),
        ("acme", "single"),
    ],
)
def test_a_host_that_is_refused_says_why(host: str, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        validate_hostname(host)
    assert refusal.value.code == f"hostname_{code}"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" Acme.Example.COM. ", "acme.example.com"),
        ("Bücher.Example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("\uff41cme.example", "acme.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("bü_cher.example", "bü_cher.example"),
        ("ü" * 100 + ".example", "ü" * 100 + ".example"),
        ("ü" * 100_000, "ü" * 100_000),
        ("\u202e.example", "\u202e.example"),
        ("", ""),
    ],
)
def test_a_host_is_kept_in_one_spelling(written: str, kept: str) -> None:
    assert normalize_hostname(written) == kept
    assert normalize_hostname(kept) == kept


@pytest.mark.parametrize(
    ("host", "shown"),
    [("xn--bcher-kva.example", "bücher.example"), ("acme.example", ""), ("xn--a.example", "")],
)
def test_a_host_is_shown_as_its_owner_writes_it(host: str, shown: str) -> None:
    assert unicode_hostname(host) == shown


@pytest.mark.parametrize(
    ("host", "is_free"),
    [
        ("localhost", False),
        ("console.example.com", False),
        ("example.com", False),
        ("admin.example.com", False),
        ("admin.console.example.com", False),
        ("acme.example.com", True),
        ("acme.console.example.com", True),
        ("admin.acme.example.com", True),
        ("admin.acme.example", True),
        ("notexample.com", True),
        ("admin.localhost", True),
    ],
)
def test_the_consoles_own_names_are_kept(host: str, is_free: bool, settings: Any) -> None:
    settings.CONSOLE_DOMAIN = "Console.Example.com"
    with nullcontext() if is_free else pytest.raises(ValidationError):
        validate_clients_hostname(host)


@pytest.mark.parametrize(
    ("host", "is_free"), [("admin.localhost", False), ("acme.localhost", True)]
)
def test_names_are_kept_in_development_too(host: str, is_free: bool, settings: Any) -> None:
    settings.CONSOLE_DOMAIN = "localhost"
    with nullcontext() if is_free else pytest.raises(ValidationError):
        validate_clients_hostname(host)


def test_which_labels_are_reserved_is_a_setting(settings: Any) -> None:
    settings.CONSOLE_DOMAIN = "console.example.com"
    settings.RESERVED_DOMAIN_LABELS = {"shop"}
    validate_clients_hostname("admin.example.com")
    with pytest.raises(ValidationError):
        validate_clients_hostname("shop.example.com")
