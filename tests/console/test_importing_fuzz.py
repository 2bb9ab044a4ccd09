"""Whatever is uploaded, and whatever is sent to the pages that come after that, is answered with a
page: the tests' browser raises what a server would answer with 500 for."""

from __future__ import annotations

import gc
import os
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing.models import Import
from console.uploads import MOST_FILES
from tenants.models import Client, Plan
from tests.console.corpus import CASES
from tests.console.corpus_odd import CASES as ODD_CASES
from tests.console.test_importing_pages import confirm, named, upload
from tests.page_forms import forms_in

#: Files of every kind that there is a test of, apart from those that take long.
FILES = [case.content for case in (*CASES, *ODD_CASES) if len(case.content) < 20_000]
NOISE = (
    b'"',
    b"\x00",
    b"\xff",
    b"\r",
    b"\n",
    b";",
    b",",
    b"\xef\xbb\xbf",
    b"=",
    b"'",
    b"\xd8",
    b"",
)
RUBBISH = (
    "",
    "x",
    "\x00",
    "-1",
    "0",
    "9" * 30,
    "½",
    "a" * 3000,
    "\uffff",
    "<b>",
    "None",
    "%s",
    "[]",
)
OF_COMPANIES = ["customer", "label", "milestone", "project", "task"]
OF_STAFF = ["client", "domain", "plan"]
PAGES = [f"tenant_data.{name}" for name in OF_COMPANIES] + [f"tenants.{name}" for name in OF_STAFF]
TRIES = 8


class Side:
    """The pages of what can be imported, by somebody who may do everything."""

    def __init__(self, browser: Any, model: str, schema: str, seed: int) -> None:
        self.browser, self.schema, self.chance = browser, schema, random.Random(seed)
        self.page = f"/{model.replace('.', '/')}/import/"
        self.model = apps.get_model(model)

    def file(self) -> bytes:
        """A file of the corpus that was damaged, columns that mean something here and cells that
        do not, or anything."""
        kind, pick = self.chance.random(), self.chance.choice
        if kind < 0.2:
            return self.chance.randbytes(self.chance.randint(0, 3000))
        if kind < 0.5:
            names = [field.name for field in self.model._meta.fields] + ["project", "domain", "key"]
            rows = [[pick(names) for _ in range(4)]]
            rows += [[pick(RUBBISH) for _ in range(4)] for _ in range(3)]
            return "\n".join(map(pick(",;\t").join, rows)).encode(errors="replace")
        damaged = bytearray(pick(FILES))
        for _ in range(self.chance.randint(0, 4)):
            place = self.chance.randint(0, len(damaged))
            damaged[place : place + self.chance.randint(0, 3)] = pick(NOISE)
        return bytes(damaged)

    def name(self) -> str:
        return self.chance.choice(
            ["a.csv", "a.xlsx", "../../a", "a\\b.csv", "é" * 300, ".", "a\u202eb.csv", "<b>", "a b"]
        )

    def upload(self, content: bytes) -> Any:
        file = named(content, self.name())
        return self.browser.post(self.page, {"import_file": file}, follow=True)

    def count(self) -> int:
        with schema_context(self.schema):
            return self.model._base_manager.count()


@pytest.fixture(params=PAGES)
def side(
    request: Any,
    tenant_browser: Callable[..., Any],
    browser: Any,
    alpha: Client,
    owner: User,
) -> Side:
    Plan.objects.update(features=["customers"])
    model = request.param
    if model.startswith("tenants."):
        return Side(browser, model, "public", seed=1)
    return Side(tenant_browser(alpha, owner), model, "alpha", seed=2)


def test_a_file_is_read_or_refused_in_words_and_changes_nothing(side: Side) -> None:
    before = side.count()
    for _ in range(TRIES):
        answer = side.upload(side.file())
        assert answer.status_code in (200, 400)
        if "form" in (answer.context or {}):
            assert answer.context["form"].problems
    assert side.count() == before


def test_answers_that_make_no_sense_are_answered_too(side: Side) -> None:
    before, chance = side.count(), side.chance
    for _ in range(TRIES):
        answer = side.upload(side.file())
        for form in forms_in(answer.content.decode()):
            if form.method != "post" or "/import/" not in form.action or "confirm" in form.action:
                continue
            sent = {
                name: chance.choice(RUBBISH) if chance.random() < 0.5 else values
                for name, values in form.fields.items()
            }
            assert side.browser.post(form.action, sent).status_code in (200, 302, 400, 404)
    assert side.count() == before


def test_more_files_than_one(
    tenant_browser: Callable[..., Any], alpha: Client, owner: User
) -> None:
    web = tenant_browser(alpha, owner)
    for count in (2, MOST_FILES, MOST_FILES + 1, MOST_FILES + 50):
        files = [named(f"name\nl{number}\n".encode(), "a.csv") for number in range(count)]
        answer = web.post("/tenant_data/label/import/", {"import_file": files}, follow=True)
        assert answer.status_code == 200
    with schema_context("alpha"):
        assert Import.objects.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists the open files so")
def test_no_file_stays_open(tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> None:
    """Rows are kept in files without names, which nobody but their process can close."""

    def nameless() -> int:
        found = 0
        for link in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):  # That of the listing itself.
                found += os.readlink(link).endswith("(deleted)")
        return found

    web = tenant_browser(alpha, owner)
    upload(web)
    gc.collect()
    gc.disable()
    try:
        before = nameless()
        page = upload(web)
        upload(web, b"reference,title\nWEB-1,a\nWEB-1,b\n")
        upload(web, b"reference,title,due_on\nWEB-1,a,05/06/2026\n")
        confirm(web, page)
        assert nameless() <= before
    finally:
        gc.enable()
