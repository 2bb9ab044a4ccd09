"""What may name a schema, and what may be a host."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from tenants.validators import (
    normalize_hostname,
    suggest_schema_name,
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


@pytest.mark.parametrize(
    "host", ["acme.example.com", "acme.localhost", "localhost", "xn--bcher-kva.example", "a-b.c"]
)
def test_a_good_host(host: str) -> None:
    validate_hostname(host)


@pytest.mark.parametrize(
    "host",
    ["", "https://acme.example", "acme.example/admin", "acme.example:8000", "www.acme.example",
     "acme_x.example", "*.acme.example", "-acme.example", "acme..example", ".acme.example",
     "acme.example.", "127.0.0.1", "bücher.example", "a" * 64 + ".example", "ac me.example",
     "a." * 127 + "ab"],
)  # fmt: skip
def test_a_host_that_is_refused(host: str) -> None:
    with pytest.raises(ValidationError):
        validate_hostname(host)


def test_a_host_is_kept_in_one_spelling() -> None:
    assert normalize_hostname(" Acme.Example.COM. ") == "acme.example.com"
