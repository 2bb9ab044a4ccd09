"""What an installation outside the developer's machine is like, without a setting that says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from console import env
from console.data_folder import CHECKOUT

SECRETS = {
    "SECRET_KEY": "key-that-nobody-may-see-" + "k" * 40,
    "SECRET_KEY_FALLBACKS": "old-key-that-nobody-may-see-" + "o" * 40,
    "DATABASE_URL": "postgresql://boss:owner-pw-unseen@db.internal/console",
    "WEB_DATABASE_URL": "postgresql://web:web-pw-unseen@db.internal/console",
    "EMAIL_HOST_PASSWORD": "mail-pw-unseen",
}
#: No test's own environment: what is not set here is not set.
CLEAN = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    """What somebody sets who runs the console for others, with every secret in a file."""
    environ = {**CLEAN, "CONSOLE_DOMAIN": "console.example.com", "EMAIL_HOST": "mail.internal"}
    environ["CONSOLE_DATA_DIR"] = str(tmp_path / "var")
    for name, content in SECRETS.items():
        file = tmp_path / name.lower()
        file.write_text(content + "\n")
        environ[f"{name}_FILE"] = str(file)
    return environ


def run(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=CHECKOUT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def value_of(environ: dict[str, str], *names: str) -> list[str]:
    """What settings are, as Python writes them, in a process of their own."""
    script = (
        "import sys; from console import settings;"
        "[print(repr(getattr(settings, name))) for name in sys.argv[1:]]"
    )
    done = run(environ, "-c", script, *names)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.processes
class TestItself:
    def test_djangos_check_has_nothing_to_say(self, production: dict[str, str]) -> None:
        done = run(production, "-W", "error", "manage.py", "check", "--deploy")
        assert done.returncode == 0
        assert done.stdout + done.stderr == "System check identified no issues (0 silenced).\n"

    def test_the_check_does_see_what_is_taken_away(self, production: dict[str, str]) -> None:
        production["CONSOLE_HTTPS"] = "0"
        done = run(production, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
        assert done.returncode == 1
        assert "security.W012" in done.stderr

    def test_cookies_belong_to_one_host_alone(self, production: dict[str, str]) -> None:
        names = [
            f"{cookie}_COOKIE_{what}"
            for cookie in ("SESSION", "CSRF")
            for what in ("NAME", "SECURE", "HTTPONLY", "SAMESITE")
        ]
        assert value_of(production, *names) == [
            "'__Host-sessionid'", "True", "True", "'Lax'",
            "'__Host-csrftoken'", "True", "True", "'Lax'",
        ]  # fmt: skip

    def test_tls_is_asked_for_and_no_header_believed(self, production: dict[str, str]) -> None:
        names = ("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER")
        assert value_of(production, *names) == ["True", "31536000", "None"]
        production["CONSOLE_PROXY_SSL_HEADER"] = "X-Forwarded-Proto"
        assert value_of(production, names[2]) == ["('HTTP_X_FORWARDED_PROTO', 'https')"]

    def test_the_developers_machine_is_left_alone(self, production: dict[str, str]) -> None:
        production["CONSOLE_DOMAIN"] = "localhost"
        names = ("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SESSION_COOKIE_NAME", "DEBUG")
        assert value_of(production, *names) == ["False", "0", "'sessionid'", "False"]

    def test_a_key_of_before_still_opens_what_it_signed(self, production: dict[str, str]) -> None:
        keys = value_of(production, "SECRET_KEY", "SECRET_KEY_FALLBACKS")
        assert keys == [
            repr(SECRETS["SECRET_KEY"]),
            repr([SECRETS["SECRET_KEY_FALLBACKS"]]),
        ]


@pytest.mark.processes
class TestSecrets:
    def test_are_not_printed_by_the_command_that_prints_settings(
        self, production: dict[str, str]
    ) -> None:
        for options in ([], ["--output", "unified"]):
            done = run(production, "manage.py", "diffsettings", "--all", *options)
            assert done.returncode == 0, done.stderr
            assert "console.example.com" in done.stdout
            for secret in SECRETS.values():
                assert secret.split("@")[0].split(":")[-1] not in done.stdout + done.stderr

    @pytest.mark.parametrize("name", ["SECRET_KEY", "WEB_DATABASE_URL"])
    def test_that_are_missing_are_named_where_pages_are_served(
        self, production: dict[str, str], name: str
    ) -> None:
        del production[f"{name}_FILE"]
        done = run(production, "-c", "import console.wsgi")
        assert done.returncode == 1
        last = done.stderr.splitlines()[-1]
        assert last.startswith("django.core.exceptions.ImproperlyConfigured")
        assert f"{name}_FILE" in last
        assert not any(secret in done.stderr for secret in SECRETS.values())

    def test_a_process_that_serves_pages_needs_none_of_the_owners(
        self, production: dict[str, str]
    ) -> None:
        del production["DATABASE_URL_FILE"]
        script = "import console.wsgi; print('served')"
        assert run(production, "-c", script).stdout == "served\n"


class TestWhatIsRefused:
    def test_debugging_where_others_can_see_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DEBUG", "1")
        monkeypatch.setenv("CONSOLE_DOMAIN", "console.example.com")
        with pytest.raises(ImproperlyConfigured, match="localhost alone"):
            env.debug()
        monkeypatch.setenv("CONSOLE_DOMAIN", "localhost")
        assert env.debug() is True

    @pytest.mark.parametrize("domain", ["notlocalhost", "localhost.example.com", "127.0.0.1.evil"])
    def test_what_only_looks_like_this_machine(
        self, monkeypatch: pytest.MonkeyPatch, domain: str
    ) -> None:
        monkeypatch.setenv("CONSOLE_DOMAIN", domain)
        assert not env.is_on_this_machine()

    @pytest.mark.parametrize("word", ["ture", "2", "https"])
    def test_a_switch_that_is_neither_on_nor_off(
        self, monkeypatch: pytest.MonkeyPatch, word: str
    ) -> None:
        monkeypatch.setenv("CONSOLE_HTTPS", word)
        with pytest.raises(ImproperlyConfigured, match="must be 1 or 0"):
            env.switch("CONSOLE_HTTPS", default=True)

    def test_a_header_that_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CONSOLE_PROXY_SSL_HEADER", "X-Forwarded-Proto: https")
        with pytest.raises(ImproperlyConfigured, match="name of a header"):
            env.header("CONSOLE_PROXY_SSL_HEADER")

    def test_a_file_for_a_secret_that_is_empty_or_no_text(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "url"
        monkeypatch.setenv("WEB_DATABASE_URL_FILE", str(file))
        for content, reason in ((b" \n", "is empty"), (b"\xff\xfesecret", "is no text")):
            file.write_bytes(content)
            with pytest.raises(ImproperlyConfigured, match=reason) as caught:
                env.secret("WEB_DATABASE_URL")
            assert "secret" not in str(caught.value)
