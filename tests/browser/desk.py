"""What staff do on the pages, in the words of the pages. On a phone some of it is a tap further."""

from __future__ import annotations

import itertools
import os
import re
from contextlib import suppress
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.launcher import RunningConsole
from tests.processes import manage

#: Schemas take about a second each; the machine may be busy with other tests.
SLOW = 120_000

#: Where actions are kept that the head of a page has no room for.
MENUS = ("More actions", "More")

_numbers = itertools.count(1)


@dataclass(frozen=True)
class NewClient:
    """A client that nobody else in this run has: name, schema and host go together."""

    name: str
    schema: str
    host: str

    def person(self, name: str) -> str:
        """The e-mail address of somebody who works there."""
        return f"{name}@{self.host.removesuffix('.localhost')}.example"


# By the verbs, as the pages do it.
_READY = """
from tenants.models import Client, Domain, OperationKind, Plan
from tenants.operations.request import request_operation
from tenants.operations.run import run_to_the_end
for name, schema, host, admin in {clients}:
    client = Client.objects.create(
        name=name, schema_name=schema, plan=Plan.objects.get(code="basic"),
        admin_name="Ada Lindqvist", admin_email=admin)
    Domain.objects.create(tenant=client, domain=host, is_primary=True)
    run_to_the_end(
        request_operation(client, OperationKind.CREATE_SCHEMA, acting_user=None, queued=False))
"""


def ready_clients(console: RunningConsole, word: str, number: int) -> list[NewClient]:
    """Clients that have their schema, for what comes after that."""
    clients = [new_client(word) for _ in range(number)]
    rows = [(c.name, c.schema, c.host, c.person("ada")) for c in clients]
    manage(console, "shell", "--verbosity=0", "-c", _READY.format(clients=rows))
    return clients


def new_client(word: str) -> NewClient:
    number = next(_numbers)
    schema = f"{word.lower()}_{os.getpid() % 10_000}_{number}"
    return NewClient(f"{word} {number}", schema, f"{word.lower()}{number}.localhost")


@dataclass
class Desk:
    """Somebody of the staff, signed in on a desktop or a phone."""

    page: Page
    console: RunningConsole
    size: str = "desktop"

    def go(self, path: str) -> None:
        self.page.goto(self.console.url(path=path))

    def act(self, name: str) -> None:
        """Choose an action in the head of the page, wherever it is kept."""
        action = self.page.get_by_role("link", name=name, exact=True).filter(visible=True)
        menus = [self.page.get_by_role("button", name=n, exact=True) for n in MENUS]
        visible = [menu.filter(visible=True) for menu in menus]
        expect(action.or_(visible[0]).or_(visible[1]).first).to_be_visible()
        # A menu that is pressed before its script runs stays closed.
        for _try in range(4):
            if action.count() == 0:
                for menu in visible:
                    if menu.count():
                        menu.first.click()
            with suppress(TimeoutError):
                action.first.wait_for(timeout=500)
                break
        action.first.click()

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("main").get_by_role("button", name=name).first.click()

    def save(self) -> None:
        self.page.get_by_role("button", name="Save", exact=True).click()

    def says(self, text: str | re.Pattern[str]) -> None:
        """The page says this, where it can be seen."""
        expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def row(self, text: str) -> Locator:
        """The row of a list, or its card on a phone."""
        return self.page.locator("#result_list tr.data-row").filter(has_text=text)

    # --- Clients ----------------------------------------------------------------------------

    def add_client(self, client: NewClient, *, plan: str = "Basic") -> None:
        """Fill in the form of a new client with its domain, and save it."""
        self.go("/tenants/client/add/")
        self.field("Name").fill(client.name)
        self.field("Schema name").fill(client.schema)
        self.field("Plan").select_option(label=plan)
        self.field("First admin's name").fill("Ada Lindqvist")
        self.field("First admin's e-mail").fill(client.person("ada"))
        self.page.locator("#id_domains-0-domain").fill(client.host)
        self.save()
        self.says("was added successfully")

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*\*?\s*$")).first

    def open_client(self, client: NewClient) -> None:
        self.go(f"/tenants/client/?q={client.schema}&status=all")
        self.row(client.name).get_by_role("link", name=re.compile(client.name)).first.click()
        expect(self.page.get_by_role("heading", name=client.name, level=1)).to_be_visible()

    def create_schema(self, client: NewClient) -> None:
        """Ask for the schema on the client's page, and follow it until it is ready."""
        self.open_client(client)
        self.act("Create schema")
        self.says(f"Create the schema of {client.name}?")
        self.press("Create schema")
        self.follow("succeeded")

    def follow(self, state: str) -> None:
        """Wait on the page of an operation, which follows it by itself, until it is over."""
        expect(self.page.locator(f"[data-state={state}]")).to_be_visible(timeout=SLOW)

    def status(self, text: str) -> None:
        """What the open client's page says of its status."""
        facts = self.page.locator(".client-facts > div")
        status = facts.filter(has_text=re.compile(r"^\s*Status"))
        expect(status.first).to_contain_text(text)
