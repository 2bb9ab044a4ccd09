"""How a line of the table of who may what is written, and what is posted for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from console.accounts.models import User
from console.importing import storage
from console.importing.tokens import make_ticket
from console.sites import public_site
from tests.conftest import Browser
from tests.page_forms import main_form
from tests.tenants.staff_scene import Scene

URLCONF = settings.PUBLIC_SCHEMA_URLCONF

#: From the least to the most that they may do; `NO_ONE` is not even the superuser.
ANYONE, VIEWER, OPERATOR, MANAGER, SUPERUSER, NO_ONE = range(6)
CAST = ["anyone", "viewer", "operator", "manager", "superuser"]

Answers = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of the table: a page, from whom on it may be used, and what is done with it."""

    route: str
    least: int
    args: tuple[str, ...] = ()
    query: dict[str, str] = field(default_factory=dict)
    #: What is posted; ``None`` only looks. Called with the scene, the user, and a superuser's
    #: browser, in which the page's own form can be read.
    posted: Callable[[Scene, User, Browser], Answers] | None = None
    writes: bool = False

    def path(self, scene: Scene) -> str:
        args = [scene.get(arg, arg) for arg in self.args]
        url = reverse(f"admin:{self.route}", args=args, urlconf=URLCONF)
        return f"{url}?{'&'.join(f'{k}={v}' for k, v in self.query.items())}".rstrip("?")

    def __str__(self) -> str:
        verb = "look" if self.posted is None else "do" if self.writes else "ask"
        return "-".join([self.route, *self.args, verb]).replace(" ", "_")


def look(route: str, least: int, *args: str, **query: str) -> Line:
    """Opening a page, which changes nothing."""
    return Line(route, least, args, query)


def do(route: str, least: int, *args: str, writes: bool = True, **answers: Any) -> Line:
    """Filling in the page's own form, with these answers beside what is there, and sending it.

    An answer that is a name of the scene stands for that row's key.
    """

    def posted(scene: Scene, user: User, superuser: Browser) -> Answers:
        return {**_form(superuser, Line(route, least, args).path(scene)), **_in(scene, answers)}

    return Line(route, least, args, posted=posted, writes=writes)


def post(route: str, least: int, *args: str, writes: bool = True, **data: Any) -> Line:
    """Sending what a page elsewhere sends here."""

    def posted(scene: Scene, user: User, superuser: Browser) -> Answers:
        return _in(scene, data)

    return Line(route, least, args, posted=posted, writes=writes)


def upload(model: str, least: int) -> Line:
    """A file that would change a row, as far as its preview."""

    def posted(scene: Scene, user: User, superuser: Browser) -> Answers:
        return {"import_file": SimpleUploadedFile("rows.csv", _a_file(model, superuser))}

    return Line(f"tenants_{model}_import", least, posted=posted)


def confirm(model: str, least: int) -> Line:
    """Confirming the preview of a file, with a ticket that is made out to this very user."""

    def posted(scene: Scene, user: User, superuser: Browser) -> Answers:
        content = _a_file(model, superuser)
        [resource] = [
            admin._resource
            for admin in public_site._registry.values()
            if admin.opts.model_name == model
        ]
        ticket = make_ticket(
            user=user.pk,
            model=f"tenants.{model}",
            resource=resource.__name__,
            format="CSV",
            stored_as=storage.keep(content),
            file_name="rows.csv",
            content=content,
        )
        return {"token": ticket.sign()}

    return Line(f"tenants_{model}_process_import", least, posted=posted, writes=True)


def export(model: str, least: int) -> Line:
    return do(f"tenants_{model}_export", least, writes=False, format="0")


@lru_cache(maxsize=1)  # Each person of a line sends the same; a line has a browser of its own.
def _form(superuser: Browser, path: str) -> Answers:
    """The fields of the page's form, as they are."""
    page = superuser.get(path)
    assert page.status_code == 200, page.status_code
    return dict(main_form(page.content.decode()).fields)


@lru_cache(maxsize=1)
def _a_file(model: str, superuser: Browser) -> bytes:
    """An export with one word changed."""
    path = reverse(f"admin:tenants_{model}_export", urlconf=URLCONF)
    response = superuser.post(path, {**_form(superuser, path), "format": "0"})
    content: bytes = response.content
    old, new = {
        "client": (b"Alpha", b"Alphabet"),
        "domain": (b"second.localhost", b"third.localhost"),
        "plan": (b"Spare", b"Sparse"),
    }[model]
    assert old in content
    return content.replace(old, new)


def _in(scene: Scene, answers: Answers) -> Answers:
    return {
        name: scene.get(value, value) if isinstance(value, str) else value
        for name, value in answers.items()
    }
