"""Who of the staff may open which page and press which button: the whole of it, in one table.

Each line is tried by one person of each role. Whoever may, is answered, and what is to be written
is written. Everybody else is refused, and not a row of any table is another one after that. What
is posted is what a browser would send: the page's own form, filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import get_resolver, reverse

from console.accounts.models import User
from console.importing import storage
from console.importing.tokens import make_ticket
from console.sites import public_site
from tests.conftest import Browser
from tests.page_forms import main_form
from tests.site_map import pages
from tests.snapshot import changed, snapshot
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


NEW_CLIENT = {
    "name": "Gamma",
    "schema_name": "gamma",
    "plan": "plan",
    "admin_name": "Gus Gamma",
    "admin_email": "gus@gamma.example",
    "domains-0-domain": "gamma.localhost",
}
PASSWORD = {"password1": "bright-new-copper", "password2": "bright-new-copper"}
LATER = "2999-12-31"

TABLE = [
    # --- everybody's own ----------------------------------------------------------------------
    look("index", ANYONE),
    look("search", ANYONE, s="alpha"),
    look("password_change", ANYONE),
    look("password_change_done", ANYONE),
    look("app_list", VIEWER, "tenants"),
    look("app_list", VIEWER, "accounts"),
    look("view_on_site", NO_ONE, "1", "ready"),
    # --- clients ------------------------------------------------------------------------------
    look("tenants_client_changelist", VIEWER),
    look("tenants_client_change", VIEWER, "ready"),
    look("tenants_client_change", VIEWER, "public"),
    look("tenants_client_history", VIEWER, "ready"),
    look("tenants_client_logo", VIEWER, "ready", "logo"),
    look("tenants_client_shades", VIEWER, colour="%23112233"),
    look("tenants_client_add", OPERATOR),
    do("tenants_client_add", OPERATOR, **NEW_CLIENT),
    do("tenants_client_change", OPERATOR, "ready", name="Renamed"),
    post("tenants_client_change", NO_ONE, "public", name="Renamed"),
    look("tenants_client_delete", NO_ONE, "draft"),
    post("tenants_client_delete", NO_ONE, "draft", post="yes"),
    look("tenants_client_import", OPERATOR),
    look("tenants_client_import_sample", OPERATOR),
    upload("client", OPERATOR),
    confirm("client", OPERATOR),
    look("tenants_client_import_done", OPERATOR, "long ago"),
    post("tenants_client_create_imported", OPERATOR, "long ago", writes=False),
    look("tenants_client_export", OPERATOR),
    export("client", OPERATOR),
    # --- what is done to a client -------------------------------------------------------------
    look("tenants_client_create_schema", OPERATOR, "draft"),
    do("tenants_client_create_schema", OPERATOR, "draft"),
    look("tenants_client_migrate_schema", OPERATOR, "ready"),
    do("tenants_client_migrate_schema", OPERATOR, "ready"),
    look("tenants_client_rollout", OPERATOR, "migrate_schema"),
    post("tenants_client_rollout", OPERATOR, "migrate_schema", clients="ready"),
    look("tenants_client_sign_in_link", OPERATOR, "ready"),
    do("tenants_client_sign_in_link", OPERATOR, "ready"),
    look("tenants_client_add_admin", OPERATOR, "ready"),
    do("tenants_client_add_admin", OPERATOR, "ready", name="Ann", email="ann@alpha.example"),
    look("tenants_client_suspend", OPERATOR, "ready"),
    do("tenants_client_suspend", OPERATOR, "ready", reason="Bills."),
    look("tenants_client_reactivate", OPERATOR, "suspended"),
    do("tenants_client_reactivate", OPERATOR, "suspended"),
    look("tenants_client_archive", OPERATOR, "ready"),
    do("tenants_client_archive", OPERATOR, "ready", removal_on=LATER),
    look("tenants_client_change_removal", OPERATOR, "archived"),
    do("tenants_client_change_removal", OPERATOR, "archived", removal_on=LATER),
    look("tenants_client_restore", OPERATOR, "archived"),
    do("tenants_client_restore", OPERATOR, "archived"),
    look("tenants_client_drop_schema", OPERATOR, "archived"),
    do("tenants_client_drop_schema", OPERATOR, "archived", typed_name="schema archived"),
    # --- domains ------------------------------------------------------------------------------
    look("tenants_domain_changelist", VIEWER),
    look("tenants_domain_change", VIEWER, "domain"),
    look("tenants_domain_history", VIEWER, "domain"),
    look("tenants_domain_add", OPERATOR),
    do("tenants_domain_add", OPERATOR, domain="third.localhost", tenant="ready"),
    do("tenants_domain_change", OPERATOR, "second domain", domain="other.localhost"),
    look("tenants_domain_import", OPERATOR),
    look("tenants_domain_import_sample", OPERATOR),
    upload("domain", OPERATOR),
    confirm("domain", OPERATOR),
    look("tenants_domain_import_done", OPERATOR, "long ago"),
    look("tenants_domain_export", OPERATOR),
    export("domain", OPERATOR),
    look("tenants_domain_delete", OPERATOR, "second domain"),
    do("tenants_domain_delete", OPERATOR, "second domain"),
    # --- plans --------------------------------------------------------------------------------
    look("tenants_plan_changelist", VIEWER),
    look("tenants_plan_change", VIEWER, "plan"),
    look("tenants_plan_history", VIEWER, "plan"),
    look("tenants_plan_export", OPERATOR),
    export("plan", OPERATOR),
    look("tenants_plan_add", MANAGER),
    do("tenants_plan_add", MANAGER, name="New", code="new"),
    do("tenants_plan_change", MANAGER, "plan", name="Renamed"),
    look("tenants_plan_retire", MANAGER, "plan"),
    do("tenants_plan_retire", MANAGER, "plan"),
    look("tenants_plan_offer_again", MANAGER, "retired plan"),
    do("tenants_plan_offer_again", MANAGER, "retired plan"),
    look("tenants_plan_delete", MANAGER, "spare plan"),
    do("tenants_plan_delete", MANAGER, "spare plan"),
    look("tenants_plan_import", MANAGER),
    look("tenants_plan_import_sample", MANAGER),
    upload("plan", MANAGER),
    confirm("plan", MANAGER),
    look("tenants_plan_import_done", MANAGER, "long ago"),
    # --- operations ---------------------------------------------------------------------------
    look("tenants_operation_changelist", VIEWER),
    look("tenants_operation_change", VIEWER, "failed"),
    look("tenants_operation_history", VIEWER, "failed"),
    look("tenants_operation_live", VIEWER, "failed"),
    look("tenants_operation_retry", OPERATOR, "failed"),
    do("tenants_operation_retry", OPERATOR, "failed"),
    look("tenants_operation_retry_many", OPERATOR),
    do("tenants_operation_retry_many", OPERATOR),
    look("tenants_operation_cancel", OPERATOR, "waiting"),
    do("tenants_operation_cancel", OPERATOR, "waiting"),
    look("tenants_operation_cancel_many", OPERATOR),
    do("tenants_operation_cancel_many", OPERATOR),
    look("tenants_operation_add", NO_ONE),
    post("tenants_operation_add", NO_ONE, kind="create_schema", client="draft"),
    post("tenants_operation_change", NO_ONE, "failed", state="succeeded"),
    look("tenants_operation_delete", NO_ONE, "failed"),
    post("tenants_operation_delete", NO_ONE, "failed", post="yes"),
    look("tenants_rollout_changelist", VIEWER),
    look("tenants_rollout_change", VIEWER, "rollout"),
    look("tenants_rollout_history", VIEWER, "rollout"),
    look("tenants_rollout_live", VIEWER, "rollout"),
    look("tenants_rollout_add", NO_ONE),
    post("tenants_rollout_add", NO_ONE, kind="create_schema"),
    post("tenants_rollout_change", NO_ONE, "rollout", kind="create_schema"),
    look("tenants_rollout_delete", NO_ONE, "rollout"),
    post("tenants_rollout_delete", NO_ONE, "rollout", post="yes"),
    # --- staff --------------------------------------------------------------------------------
    look("accounts_user_changelist", VIEWER),
    look("accounts_user_change", VIEWER, "user"),
    look("accounts_user_history", VIEWER, "user"),
    look("accounts_user_add", MANAGER),
    do("accounts_user_add", MANAGER, email="n@console.example", name="N", role="-1"),
    do("accounts_user_change", MANAGER, "user", name="Renamed", role="-3"),
    look("accounts_user_sign_in_link", MANAGER, "user"),
    do("accounts_user_sign_in_link", MANAGER, "user"),
    look("auth_user_password_change", MANAGER, "user"),
    do("auth_user_password_change", MANAGER, "user", **PASSWORD),
    look("accounts_user_delete", NO_ONE, "user"),
    post("accounts_user_delete", NO_ONE, "user", post="yes"),
    look("auth_group_changelist", VIEWER),
    look("auth_group_change", VIEWER, "group"),
    look("auth_group_change", VIEWER, "role"),
    look("auth_group_history", VIEWER, "group"),
    look("auth_group_add", MANAGER),
    do("auth_group_add", MANAGER, name="New"),
    do("auth_group_change", MANAGER, "group", name="Renamed"),
    post("auth_group_change", NO_ONE, "role", name="Renamed"),
    look("auth_group_delete", MANAGER, "group"),
    do("auth_group_delete", MANAGER, "group"),
    look("auth_group_delete", NO_ONE, "role"),
    post("auth_group_delete", NO_ONE, "role", post="yes"),
    # --- history ------------------------------------------------------------------------------
    look("history_logentry_changelist", VIEWER),
    look("history_logentry_change", VIEWER, "entry"),
    look("history_logentry_history", NO_ONE, "entry"),
    look("history_logentry_add", NO_ONE),
    post("history_logentry_add", NO_ONE, event="suspended"),
    post("history_logentry_change", NO_ONE, "entry", event="restored"),
    look("history_logentry_delete", NO_ONE, "entry"),
    post("history_logentry_delete", NO_ONE, "entry", post="yes"),
    # --- choices for fields -------------------------------------------------------------------
    look("autocomplete", VIEWER, app_label="tenants", model_name="domain", field_name="tenant"),
    look("autocomplete", VIEWER, app_label="tenants", model_name="operation", field_name="client"),
]

#: Pages for people who have not signed in; each has tests of its own.
OPEN = {"favicon", "jsi18n", "login", "logout", "welcome"}

#: Of each list, what can be chosen for a selection of its rows, and from whom on.
ACTIONS = {
    "tenants_client": {"create_schemas": OPERATOR, "migrate_schemas": OPERATOR},
    "tenants_operation": {"retry_selected": OPERATOR, "cancel_selected": OPERATOR},
}


@pytest.mark.parametrize("line", TABLE, ids=str)
def test_who_may(
    line: Line,
    scene: Scene,
    person: Callable[[str], User],
    staff_browser: Callable[..., Browser],
) -> None:
    path = line.path(scene)
    people = {who: person(who) for who in CAST}
    browsers = {who: staff_browser(user) for who, user in people.items()}
    before = snapshot("public")
    wrong = {}
    for who, user in people.items():
        may = CAST.index(who) >= line.least
        with undone() if may and line.writes else nullcontext():
            superuser = browsers["superuser"]
            data = line.posted(scene, user, superuser) if line.posted else None
            browser = browsers[who]
            response = browser.get(path) if data is None else browser.post(path, data)
            wrote = changed(before, snapshot("public")) if may and line.writes else set()
        if not (answered(response, wrote, line) if may else refused(response, line)):
            wrong[who] = (response.status_code, wrote, complaints(response))
    assert wrong == {}
    # What the others sent, all together, and what only looks.
    assert changed(before, snapshot("public")) == set()


def answered(response: Any, wrote: set[str], line: Line) -> bool:
    signed_out = "/login/" in response.headers.get("Location", "")
    is_answer = response.status_code in (200, 204, 286, 302) and not signed_out
    return is_answer and bool(wrote) is line.writes


def refused(response: Any, line: Line) -> bool:
    """What nobody may can also be refused in words, on the page that one comes back to."""
    refusals = (302, 403, 404, 405) if line.least == NO_ONE else (403, 404, 405)
    return response.status_code in refusals


def complaints(response: Any) -> list[Any]:
    """What a form says is wrong with what was filled in."""
    context = getattr(response, "context_data", None) or {}
    result = context.get("result")
    found = [context.get("errors"), result and result.errors_by_kind()]
    return [what for what in found if what]


@contextmanager
def undone() -> Iterator[None]:
    """What is written in the block is taken back at its end."""
    savepoint = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(savepoint)


def test_every_page_is_in_the_table() -> None:
    named = {name for _route, name in pages(get_resolver(URLCONF).url_patterns) if name}
    assert named - {line.route for line in TABLE} - OPEN == set()
    assert {line.route for line in TABLE} - named == set()


@pytest.mark.parametrize("who", CAST)
@pytest.mark.parametrize("model_admin", public_site._registry.values(), ids=str)
def test_who_may_do_what_with_a_selection(
    model_admin: Any,
    who: str,
    scene: Scene,
    person: Callable[[str], User],
    staff_browser: Callable[..., Browser],
) -> None:
    name = f"{model_admin.opts.app_label}_{model_admin.opts.model_name}"
    expected = ACTIONS.get(name, {})
    url = reverse(f"admin:{name}_changelist", urlconf=URLCONF)
    user = person(who)
    browser = staff_browser(user)
    response = browser.get(url)
    if response.status_code == 403:
        assert CAST.index(who) < VIEWER
        offered: set[str] = set()
    else:
        form = response.context_data["action_form"]
        offered = {value for value, _label in form.fields["action"].choices} if form else set()
    may = {action for action, least in expected.items() if CAST.index(who) >= least}
    assert offered - {""} == may
    keys = list(model_admin.model._default_manager.values_list("pk", flat=True))
    before = snapshot("public")
    for action in expected.keys() | {"delete_selected"}:
        response = browser.post(url, {"action": action, "_selected_action": keys})
        context = getattr(response, "context_data", None) or {"cl": None}
        # A page that asks, for who may; the list again, or nothing, for who may not.
        assert ("cl" not in context) is (action in may)
    assert changed(before, snapshot("public")) == set()


@pytest.mark.parametrize(
    ("who", "term", "found"),
    [
        ("anyone", "alpha", []),
        ("anyone", "client", []),
        ("viewer", "alpha", ["Alpha", "alpha.localhost"]),
        ("viewer", "client", ["Clients"]),
        ("operator", "alpha", ["Alpha", "alpha.localhost"]),
    ],
)
def test_what_the_palette_finds(
    who: str,
    term: str,
    found: list[str],
    person: Callable[[str], User],
    staff_browser: Callable[..., Browser],
) -> None:
    response = staff_browser(person(who)).get("/search/", {"s": term})
    results = response.context_data["results"] if response.context_data else []
    titles = [str(result.title) for result in results]
    assert titles[: len(found)] == found
    assert bool(titles) is bool(found)
