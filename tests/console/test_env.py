"""What the environment may say, and how loudly it is refused."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from console import env
from console.data_folder import CHECKOUT, data_dir
from console.launcher.config import read_config
from console.postgres.embedded.errors import DataFolderError

OWNER = "postgresql://boss:s3cret@db.example:5433/console?sslmode=require"


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("CONSOLE_LOGIN", "DATABASE_URL", "WEB_DATABASE_URL", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("SECRET_KEY_FILE", raising=False)
    return monkeypatch


class TestDatabases:
    def test_reads_a_url_as_libpq_does(self, variables: pytest.MonkeyPatch) -> None:
        variables.setenv("CONSOLE_LOGIN", "owner")
        variables.setenv("DATABASE_URL", OWNER)
        assert env.databases(ENGINE="engine")["default"] == {
            "ENGINE": "engine",
            "NAME": "console",
            "USER": "boss",
            "PASSWORD": "s3cret",
            "HOST": "db.example",
            "PORT": "5433",
            "OPTIONS": {**env.OF_A_LOST_HOST, "sslmode": "require"},
        }

    def test_what_a_url_says_of_a_lost_host_goes_before_our_own(
        self, variables: pytest.MonkeyPatch
    ) -> None:
        variables.setenv("WEB_DATABASE_URL", f"{OWNER}&keepalives_idle=5&tcp_user_timeout=0")
        options = env.databases(OPTIONS={"pool": True})["default"]["OPTIONS"]
        assert (options["keepalives_idle"], options["tcp_user_timeout"]) == ("5", "0")
        assert (options["keepalives_count"], options["pool"]) == ("3", True)

    def test_reads_a_socket(self, variables: pytest.MonkeyPatch) -> None:
        variables.setenv("WEB_DATABASE_URL", "postgresql://web@/console?host=%2Frun%2Fpg")
        assert env.databases()["default"]["HOST"] == "/run/pg"

    def test_a_process_is_web_unless_it_says_otherwise(self, variables: pytest.MonkeyPatch) -> None:
        variables.setenv("DATABASE_URL", OWNER)
        variables.setenv("WEB_DATABASE_URL", "postgresql://web@/console")
        assert env.databases()["default"]["USER"] == "web"
        assert (env.role_name("owner"), env.role_name("web")) == ("boss", "web")

    def test_a_web_process_needs_no_owner(self, variables: pytest.MonkeyPatch) -> None:
        variables.setenv("WEB_DATABASE_URL", "postgresql://web@/console")
        assert env.role_name("owner") is None

    @pytest.mark.parametrize("url", ["s3cret", "mysql://a:s3cret@b/c"])
    def test_refuses_what_is_no_url_without_showing_it(
        self, variables: pytest.MonkeyPatch, url: str
    ) -> None:
        variables.setenv("WEB_DATABASE_URL", url)
        with pytest.raises(ImproperlyConfigured, match="WEB_DATABASE_URL") as refusal:
            env.databases()
        assert "s3cret" not in str(refusal.value)

    def test_refuses_a_url_without_user_or_database(self, variables: pytest.MonkeyPatch) -> None:
        variables.setenv("WEB_DATABASE_URL", "postgresql://host")
        with pytest.raises(ImproperlyConfigured, match="no user and no dbname"):
            env.databases()

    def test_says_when_there_is_none(self, variables: pytest.MonkeyPatch) -> None:
        with pytest.raises(ImproperlyConfigured, match="WEB_DATABASE_URL is not set"):
            env.databases()

    def test_refuses_an_unknown_login(self, variables: pytest.MonkeyPatch) -> None:
        variables.setenv("CONSOLE_LOGIN", "root")
        with pytest.raises(ImproperlyConfigured, match="must be 'owner' or 'web'"):
            env.login()


class TestSecretKey:
    def test_from_the_environment(self, variables: pytest.MonkeyPatch) -> None:
        variables.setenv("SECRET_KEY", "a-key")
        assert env.secret_key() == "a-key"

    def test_from_a_file(self, variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
        file = tmp_path / "key"
        file.write_text("a-key\n")
        variables.setenv("SECRET_KEY_FILE", str(file))
        assert env.secret_key() == "a-key"

    @pytest.mark.parametrize("content", [None, "", " \n"])
    def test_refuses_an_empty_or_missing_file(
        self, variables: pytest.MonkeyPatch, tmp_path: Path, content: str | None
    ) -> None:
        file = tmp_path / "key"
        if content is not None:
            file.write_text(content)
        variables.setenv("SECRET_KEY_FILE", str(file))
        with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE"):
            env.secret_key()

    def test_there_is_no_default(self, variables: pytest.MonkeyPatch) -> None:
        with pytest.raises(ImproperlyConfigured, match="Set SECRET_KEY"):
            env.secret_key()


class TestDataFolder:
    def test_is_var_in_the_checkout(self) -> None:
        assert data_dir({}) == CHECKOUT / "var"
        assert data_dir({"CONSOLE_DATA_DIR": ""}) == CHECKOUT / "var"

    def test_knows_home_folders(self) -> None:
        assert data_dir({"CONSOLE_DATA_DIR": "~/x"}) == Path.home().resolve() / "x"

    def test_refuses_the_home_of_nobody(self) -> None:
        with pytest.raises(DataFolderError, match="nobody has that home"):
            data_dir({"CONSOLE_DATA_DIR": "~no-such-user-here/x"})

    def test_is_the_same_for_settings_and_launcher(self, settings: Any) -> None:
        """Read in two ways, the key was made in one folder and the files in another."""
        assert settings.DATA_DIR == data_dir() == read_config(os.environ).data_dir


class TestWhatServesRequestsIsNotTheOwner:
    def test_web_is_welcome(self, variables: pytest.MonkeyPatch) -> None:
        variables.setenv("WEB_DATABASE_URL", "postgresql://web@/console")
        env.refuse_owner_login()
        variables.setenv("DATABASE_URL", OWNER)
        env.refuse_owner_login()

    def test_the_owner_is_refused(self, variables: pytest.MonkeyPatch) -> None:
        variables.setenv("CONSOLE_LOGIN", "owner")
        with pytest.raises(ImproperlyConfigured, match="leave CONSOLE_LOGIN unset"):
            env.refuse_owner_login()

    def test_the_owner_under_the_name_of_web_is_refused(
        self, variables: pytest.MonkeyPatch
    ) -> None:
        variables.setenv("DATABASE_URL", OWNER)
        variables.setenv("WEB_DATABASE_URL", OWNER)
        with pytest.raises(ImproperlyConfigured, match="name the same login") as refusal:
            env.refuse_owner_login()
        assert "s3cret" not in str(refusal.value)

    def test_before_anything_is_served(self, variables: pytest.MonkeyPatch) -> None:
        variables.setenv("CONSOLE_LOGIN", "owner")
        variables.delitem(sys.modules, "console.wsgi", raising=False)
        with pytest.raises(ImproperlyConfigured, match="serves requests"):
            importlib.import_module("console.wsgi")


class TestSupport:
    def test_is_an_address_or_nothing(self, variables: pytest.MonkeyPatch) -> None:
        variables.delenv("SUPPORT_EMAIL", raising=False)
        assert env.support_email() == ""
        variables.setenv("SUPPORT_EMAIL", " help@console.example ")
        assert env.support_email() == "help@console.example"

    def test_anything_else_is_refused(self, variables: pytest.MonkeyPatch) -> None:
        variables.setenv("SUPPORT_EMAIL", "ring the bell")
        with pytest.raises(ImproperlyConfigured, match="SUPPORT_EMAIL"):
            env.support_email()


class TestNumbers:
    @pytest.mark.parametrize(("text", "number"), [("50", 50), (" 1 ", 1), (None, 20)])
    def test_are_whole(self, variables: pytest.MonkeyPatch, text: str | None, number: int) -> None:
        if text is not None:
            variables.setenv("ATTACHMENT_MAX_MB", text)
        assert env.whole_number("ATTACHMENT_MAX_MB", default=20) == number

    @pytest.mark.parametrize("text", ["", "0", "-1", "2.5", "many", "٣"])
    def test_nothing_else_is(self, variables: pytest.MonkeyPatch, text: str) -> None:
        variables.setenv("ATTACHMENT_MAX_MB", text)
        with pytest.raises(ImproperlyConfigured, match="ATTACHMENT_MAX_MB is"):
            env.whole_number("ATTACHMENT_MAX_MB", default=20)
