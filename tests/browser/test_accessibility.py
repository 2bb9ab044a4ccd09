"""No page of either side has a serious issue of accessibility, in light or dark, wide or narrow.

The pages come from the URL configurations; what they look like when something is open, empty or
wrong is listed below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import axe, scene
from tests.browser.conftest import SIZES
from tests.browser.walk import Route, State, Walk
from tests.launcher import RunningConsole

pytestmark = [pytest.mark.browser, pytest.mark.processes]

#: Routes that answer a GET with no page of their own, by the end of their name: files, parts of
#: pages, and forms that lead on. The pages that those forms lead to are below.
NO_PAGE = (
    "autocomplete",
    "schemafinding_check",
    "_attachment_file",
    "favicon",
    "_history",
    "importing_import_change",
    *(f"import_data_{n}" for n in ("cancel", "confirm", "faulty", "map", "one", "read", "sample")),
    "import_cancel",
    "import_confirm",
    "import_faulty",
    "import_map",
    "import_read",
    "import_sample",
    "import_undo",
    "jsi18n",
    "live",
    "login",
    "logo",
    "logout",
    "_many_assign",
    "_many_move",
    "_many_status",
    "_task_attach",
    "_task_comment",
    "_task_status",
    "_task_time",
    "create_imported",
    "_download",
    "rollout",
    "rollout_steer",
    "search",
    "shades",
)
#: What is never added, changed or deleted by a form, with any right; and where not.
NO_FORM_HERE = ("staff: accounts_user_delete",)
NO_FORM = (
    "tenants_client_delete",
    "tenants_schemafinding_add",
    "tenants_schemafinding_delete",
    "tenant_data_attachment_add",
    "tenant_data_comment_add",
    *(
        f"{model}_{page}"
        for model in (
            "history_logentry",
            "importing_import",
            "tenants_operation",
            "tenants_rollout",
        )
        for page in ("add", "delete", "history")
    ),
)


def is_page(route: Route) -> bool:
    is_none = route.name.endswith(NO_PAGE) or route.name.startswith(NO_FORM)
    return not is_none and str(route) not in NO_FORM_HERE


#: Pages that are one template for all models: the first of each is looked at in full. The form that
#: adds something is the one that changes it.
ALIKE = ("_add", "_delete", "_export", "_import")


def look(walk: Walk, name: str) -> list[str]:
    """What is wrong with the open page, once its scripts have run."""
    page = walk.page
    page.wait_for_load_state("load")
    title = page.title().split("|")[0].strip()
    found = [] if title else [f"{name}: the page has no title"]
    if page.get_by_role("heading", level=1).count() != 1:
        found.append(f"{name}: the page has no heading of its own, or more than one")
    kind = next((end for end in ALIKE if name.endswith(end)), None)
    return found + axe.issues(
        page,
        name,
        walk.colours,
        with_menu=name.endswith(": index"),
        briefly=kind is not None and any(other.endswith(kind) for other in walk.seen),
    )


# --- What pages look like when something is open, empty, or wrong ------------------------------


def palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("searchbox", name="Search").last.press_sequentially("ac")
    page.locator("#command-results-list li").first.wait_for()


def palette_without_hits(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("searchbox", name="Search").last.press_sequentially("zzzz")
    page.get_by_text("Nothing was found.").wait_for()


def filters(page: Page) -> None:
    page.get_by_role("button", name="Filters").or_(
        page.get_by_role("link", name="Filters")
    ).first.click()
    page.locator("#changelist-filter").wait_for()


def account_menu(page: Page) -> None:
    page.locator(".console-user-button").click()
    page.locator(".console-user-menu").wait_for()


def nothing_filled_in(page: Page) -> None:
    page.locator("[required]").evaluate_all("fields => fields.forEach((f) => (f.required = false))")
    page.get_by_role("button", name=re.compile("^(Save|Add .*)$")).last.click()
    page.locator("#content [role=alert], #content .errorlist").first.wait_for()


def selected(page: Page) -> None:
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").wait_for()


def refused_time(page: Page) -> None:
    page.locator("#result_list tr.data-row a").first.click()
    page.get_by_label("How long").fill("soon")
    page.get_by_role("button", name="Book time").click()
    page.get_by_role("alert").first.wait_for()


def chosen(action: str) -> Callable[[Page], None]:
    """The page that asks about the action, for the first row."""

    def prepare(page: Page) -> None:
        selected(page)
        page.locator("select[name=action]").select_option(action)
        page.get_by_role("button", name="Run").click()
        page.wait_for_load_state("load")

    return prepare


def deactivation_of_some(page: Page) -> None:
    selected(page)
    page.locator("select[name=action]").select_option("deactivate_selected")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("heading", name=re.compile("^Deactivate ")).last.wait_for()


def preview(text: str) -> Callable[[Page], None]:
    """The page after a file with this text was chosen."""

    def prepare(page: Page) -> None:
        file = {"name": "file.csv", "mimeType": "text/csv", "buffer": text.encode()}
        page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        page.get_by_role("button", name="Show a preview").click()
        page.locator("#importing-result").wait_for()

    return prepare


def asked(page: Page) -> None:
    """A file with a date that nobody but a person can read."""
    text = b"reference,project,title,due_on\nWEB-90001,Web,New,05/06/2025\n"
    file = {"name": "file.csv", "mimeType": "text/csv", "buffer": text}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Show a preview").click()
    page.get_by_role("group", name="05/06/2025").wait_for()


def imported(text: str) -> Callable[[Page], None]:
    def prepare(page: Page) -> None:
        preview(text)(page)
        page.get_by_role("button", name="Import 1 row").click()
        page.get_by_text("file.csv was imported").first.wait_for()

    return prepare


def for_client(page: Page) -> None:
    page.locator("#result_list tr.data-row a").first.click()
    # On a phone it is in a menu.
    page.locator("a", has_text="Import data").first.evaluate("(link) => link.click()")
    page.get_by_role("link", name="Tasks", exact=True).first.click()
    preview(TASK_FILE)(page)


def as_is(page: Page) -> None:
    """The address alone makes the state."""


IMPORT = "/tenants/client/import/"
CLIENT_FILE = """name,schema_name,domain,plan,admin_name,admin_email
New from a file,from_file,from-file.localhost,team,Ada,ada@file.example
"""
TASK_FILE = "reference,project,title\nWEB-90001,New web shop,New from a file\n"
ODD_FILE = """reference,project,title,status,assignee,sprint
WEB-90001,New web shop,New from a file,Blocked,Somebody,7
"""
STATES = (
    State("palette", "/", palette),
    State("palette without hits", "/", palette_without_hits),
    State("account menu", "/", account_menu),
    State("client filters", "/tenants/client/", filters, ("staff",)),
    State("operation filters", "/tenants/operation/", filters, ("staff",)),
    State("task filters", "/tenant_data/task/", filters, ("tenant",)),
    State("selected clients", "/tenants/client/", selected, ("staff",)),
    State(
        "migration of clients",
        "/tenants/client/?schema=ready",
        chosen("migrate_schemas"),
        ("staff",),
    ),
    State("selected tasks", "/tenant_data/task/", selected, ("tenant",)),
    State("deletion of tasks", "/tenant_data/task/", chosen("delete_selected"), ("tenant",)),
    State("tasks to assign", "/tenant_data/task/", chosen("assign_selected"), ("tenant",)),
    State("tasks to close", "/tenant_data/task/", chosen("close_selected"), ("tenant",)),
    State("user filters", "/accounts/user/", filters, ("tenant",)),
    State("deactivation of users", "/accounts/user/", deactivation_of_some, ("tenant",)),
    State("no client found", "/tenants/client/?q=zzzz", as_is, ("staff",)),
    State("no task found", "/tenant_data/task/?q=zzzz", as_is, ("tenant",)),
    State("sorted clients", "/tenants/client/?o=1.-2", as_is, ("staff",)),
    State("client with errors", "/tenants/client/add/", nothing_filled_in, ("staff",)),
    State("plan with errors", "/tenants/plan/add/", nothing_filled_in, ("staff",)),
    State("user with errors", "/accounts/user/add/", nothing_filled_in),
    State("task with errors", "/tenant_data/task/add/", nothing_filled_in, ("tenant",)),
    State("time that was refused", "/tenant_data/task/?q=WEB-1", refused_time, ("tenant",)),
    State("preview with errors", IMPORT, preview(CLIENT_FILE.replace("team", "no")), ("staff",)),
    State("preview of clients", IMPORT, preview(CLIENT_FILE), ("staff",)),
    State("imported clients", IMPORT, imported(CLIENT_FILE), ("staff",)),
    State("preview for a client", "/tenants/client/?q=acme", for_client, ("staff",)),
    State("question of an import", "/tenant_data/task/import/", asked, ("tenant",)),
    State("columns of an import", "/tenant_data/task/import/", preview(ODD_FILE), ("tenant",)),
    State("imported tasks", "/tenant_data/task/import/", imported(TASK_FILE), ("tenant",)),
    State("no such page", "/no/such/page/", as_is),
)


# --- The walk ---------------------------------------------------------------------------------


@pytest.fixture(scope="class")
def walk(
    request: pytest.FixtureRequest, scene_console: RunningConsole, chromium: Browser
) -> Iterator[Walk]:
    """All of one side, seen once by somebody who may see everything."""
    side: type[OneSide] = request.cls
    context = chromium.new_context(viewport=SIZES["desktop"])  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    walk = Walk(context.new_page(), scene_console.url(side.host, ""), look)
    keys = scene.keys(scene_console, side.schema)
    walk.go(side.name, side.email, keys, STATES, is_page=is_page)
    yield walk
    context.close()
    assert walk.problems == []


class OneSide:
    """A class for each side, so that two processes can take one each."""

    name: str
    host: str
    schema: str
    email: str

    def test_no_page_has_a_serious_issue(self, walk: Walk) -> None:
        assert not walk.issues, "\n".join(["", *walk.issues])

    def test_every_page_was_seen(self, walk: Walk) -> None:
        left = [route for route in walk.unseen if is_page(route)]
        assert not left, "\n".join(["", *map(str, left)])


class TestTheStaffsSide(OneSide):
    name, host, schema, email = "staff", "localhost", "public", scene.STAFF


class TestTheTenantsSide(OneSide):
    name, host, schema, email = "tenant", "acme.localhost", "acme", scene.ADMIN
