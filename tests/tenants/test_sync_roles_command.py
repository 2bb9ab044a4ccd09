"""What “manage.py sync_roles” says, and that a check changes nothing."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.tenants.test_sync_roles import as_owner

pytestmark = pytest.mark.usefixtures("alpha")


class TestCommand:
    def run(self, *arguments: str) -> tuple[str, bool]:
        out = StringIO()
        try:
            call_command("sync_roles", *arguments, stdout=out)
        except CommandError:
            return out.getvalue(), False
        return out.getvalue(), True

    def test_says_that_all_is_right(self) -> None:
        assert self.run() == ("3 schemas, 0 were mended.\n", True)

    def test_shows_what_it_mends(self) -> None:
        as_owner("GRANT USAGE ON SCHEMA alpha TO PUBLIC")
        told = "alpha: mended: PUBLIC has USAGE on schema alpha.\n3 schemas, 1 were mended.\n"
        assert self.run() == (told, True)

    def test_a_check_fails_and_changes_nothing(self) -> None:
        as_owner("GRANT USAGE ON SCHEMA alpha TO PUBLIC")
        told = "alpha: wrong: PUBLIC has USAGE on schema alpha.\n1 schemas, 1 would be mended.\n"
        assert self.run("--check", "--schema=alpha") == (told, False)
        assert self.run("--check", "--schema=alpha") == (told, False)
        assert self.run("--check", "--schema=beta")[1]

    def test_refuses_a_schema_that_is_nobodys(self) -> None:
        with pytest.raises(CommandError, match="No client has a schema “nobody”"):
            call_command("sync_roles", schema_name="nobody")

    def test_migrating_the_shared_side_mends_every_schema(self) -> None:
        as_owner("GRANT USAGE ON SCHEMA alpha TO PUBLIC")
        out = StringIO()
        call_command("migrate_schemas", shared=True, stdout=out)
        assert "alpha: PUBLIC has USAGE on schema alpha." in out.getvalue()
        assert self.run("--check")[1]
