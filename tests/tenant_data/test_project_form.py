"""The form of a project takes a key as people type it; forms say what they need."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from tenant_data.models import Project
from tests.tenant_data.work import text_of

PROJECTS = "/tenant_data/project/"
FIELDS = {"name": "Website", "description": "", "status": "active", "colour": "blue"}
NEEDS = "This form needs JavaScript"


def keys() -> list[str]:
    with schema_context("alpha"):
        return list(Project.objects.values_list("key", flat=True))


@pytest.mark.parametrize("typed", ["web", "Web", " WEB "])
def test_a_key_is_kept_in_capitals(browser: Any, typed: str) -> None:
    assert browser.post(f"{PROJECTS}add/", {**FIELDS, "key": typed}).status_code == 302
    assert keys() == ["WEB"]


def test_a_key_that_is_there_in_capitals_is_taken(browser: Any, web: Project) -> None:
    page = text_of(browser.post(f"{PROJECTS}add/", {**FIELDS, "key": "web"}))
    assert "There is a project with this key already." in page
    assert keys() == ["WEB"]


@pytest.mark.parametrize("typed", ["w", "1web", "we-b", "\u00e91"])
def test_what_is_no_key_is_refused(browser: Any, typed: str) -> None:
    assert browser.post(f"{PROJECTS}add/", {**FIELDS, "key": typed}).status_code == 200
    assert keys() == []


def test_a_form_with_lists_to_choose_from_says_that_it_needs_scripts(browser: Any) -> None:
    page = text_of(browser.get("/tenant_data/task/add/"))
    assert (
        NEEDS in page[page.index("<main") :].partition("<noscript>")[2].partition("</noscript>")[0]
    )


def test_a_form_without_them_says_nothing(browser: Any) -> None:
    assert NEEDS not in text_of(browser.get("/tenant_data/label/add/"))
