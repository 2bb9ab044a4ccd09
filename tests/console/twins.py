"""One person in three schemas: a user of alpha, of beta and of the staff who agree in everything.

Their ids, addresses and stored passwords are equal, and so are their rights: where something of
one is refused to another, only the schema it is bound to can have refused it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import make_password
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import Project, Task
from tests.conftest import Browser

SCHEMAS = ("alpha", "beta", "public")
PK, EMAIL, PASSWORD = 4711, "same@same.example", "the-same-passphrase"
NEW_PASSWORD = "a-good-long-passphrase"


def make_twins() -> dict[str, User]:
    """The user of each schema, by its name."""
    same: dict[str, Any] = {"pk": PK, "email": EMAIL, "name": "Sam", "is_superuser": True}
    same |= {"is_staff": True, "password": make_password(PASSWORD)}
    twins = {}
    for schema in SCHEMAS:
        with schema_context(schema):
            twins[schema] = User.objects.create(**same)
    return twins


def taking_cookies(here: Browser, there: Browser) -> Browser:
    """Nobody's browser on the host of ``there``, with the cookies that ``here`` has got."""
    thief = Browser(there.host, there.schema, None)
    thief.cookies.load(here.cookies.output(header="", sep=";"))
    return thief


def stranger_at(there: Browser) -> Browser:
    return Browser(there.host, there.schema, None)


def is_signed_in(browser: Browser) -> bool:
    return bool(browser.get("/").status_code == 200)


def asks_for_a_password(page: Any) -> bool:
    return "new_password1" in page.content.decode()


def a_task(schema: str, title: str) -> Task:
    """A task that has the same id and the same project key in every schema."""
    with schema_context(schema):
        project = Project.objects.create(pk=PK, key="SAME", name=f"{title} project")
        return Task.objects.create(pk=PK, project=project, title=title)


def text_of(response: Any) -> str:
    return b"".join(response).decode() if response.streaming else response.content.decode()
