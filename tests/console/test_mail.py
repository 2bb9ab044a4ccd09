"""Which server takes mail, as the environment says it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from console.mail import mail_server


def test_without_a_host_there_is_none() -> None:
    assert mail_server().host == ""


@pytest.mark.parametrize(
    ("variable", "port"), [("EMAIL_USE_TLS", 587), ("EMAIL_USE_SSL", 465), ("DEBUG", 25)]
)
def test_the_port_goes_with_the_way(
    monkeypatch: pytest.MonkeyPatch, variable: str, port: int
) -> None:
    monkeypatch.setenv(variable, "1")
    assert mail_server().port == port
    monkeypatch.setenv("EMAIL_PORT", "2525")
    assert mail_server().port == 2525


def test_two_ways_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_USE_TLS", "1")
    monkeypatch.setenv("EMAIL_USE_SSL", "1")
    with pytest.raises(ImproperlyConfigured, match="Set one of them"):
        mail_server()


def test_the_password_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMAIL_HOST_PASSWORD", "spoken")
    assert mail_server().password == "spoken"
    file = tmp_path / "password"
    file.write_text("kept\n")
    monkeypatch.setenv("EMAIL_HOST_PASSWORD_FILE", str(file))
    assert mail_server().password == "kept"


def test_a_file_that_cannot_be_read_is_said_without_its_content(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EMAIL_HOST_PASSWORD_FILE", str(tmp_path / "nothing"))
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        mail_server()
