"""A company's colour and logo, as its own people change them; where its plan has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.company.asking import has_export
from tenants.exceptions import NotInPlan
from tenants.models import Client, Feature
from tenants.operations.own_settings import change_own_settings, may_brand
from tests.conftest import Browser
from tests.console.company import SETTINGS, give, picture, save, text_of, with_rights


@pytest.fixture(autouse=True)
def logos(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where logos are kept: a folder of the test's own."""
    entry = {**settings.STORAGES["logos"], "OPTIONS": {"location": tmp_path / "logos"}}
    settings.STORAGES = {**settings.STORAGES, "logos": entry}
    monkeypatch.setattr(Client._meta.get_field("logo"), "storage", storages["logos"])
    return tmp_path / "logos"


@pytest.fixture
def branded(alpha: Client) -> Client:
    give(alpha, Feature.BRANDING)
    return alpha


@pytest.fixture
def cora(alpha: Client) -> User:
    """Who may change the settings, and nothing else."""
    return with_rights(alpha, "view_settings", "change_settings")


@pytest.fixture
def page(tenant_browser: Callable[..., Browser], alpha: Client, cora: User) -> Browser:
    return tenant_browser(alpha, cora)


def test_is_shown_and_not_offered_outside_the_plan(page: Browser, alpha: Client) -> None:
    give(alpha)
    shown = text_of(page.get(SETTINGS))
    assert "Not part of your plan" in shown
    assert 'id="id_colour"' not in shown
    assert "data-branding-sample" in shown
    assert save(page, name="Alpha Ltd", colour="#be123c", logo=picture()).status_code == 302
    alpha.refresh_from_db()
    assert (alpha.name, alpha.colour, alpha.logo.name) == ("Alpha Ltd", "#2563eb", "")


def test_the_verb_refuses_it_outside_the_plan(alpha: Client, cora: User) -> None:
    with schema_context("alpha"), pytest.raises(NotInPlan):
        change_own_settings(alpha, changes={"colour": "#be123c"}, acting_user=cora)


def test_a_logo_is_written_anew_replaced_and_removed(
    page: Browser,
    branded: Client,
    logos: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    for _each in range(2):  # The second takes the place of the first.
        with django_capture_on_commit_callbacks(execute=True):
            assert save(page, logo=picture()).status_code == 302
        branded.refresh_from_db()
        assert [file.name for file in logos.iterdir()] == [branded.logo.name]
    assert "My" not in branded.logo.name
    assert branded.logo.name in text_of(page.get("/"))
    with django_capture_on_commit_callbacks(execute=True):
        save(page, **{"logo-clear": "on"})
    branded.refresh_from_db()
    assert not branded.logo
    assert not list(logos.iterdir())


def test_a_logo_in_the_place_of_another_is_named_in_the_history(
    page: Browser, branded: Client, tenant_browser: Callable[..., Browser], owner: User
) -> None:
    save(page, logo=picture())
    save(page, logo=picture())
    history = tenant_browser(branded, owner).get("/history/logentry/")
    newest = history.context["cl"].result_list[0]
    assert newest.told.text == "Changed: Logo: a file \N{RIGHTWARDS ARROW} another file"
    assert newest.object_repr == "Company settings"
    assert "Company settings Company settings" not in text_of(history)


def test_a_file_that_is_no_picture_is_refused(page: Browser, branded: Client, logos: Path) -> None:
    file = picture()
    file.seek(0)
    file.write(b"no picture at all")
    response = save(page, logo=file)
    assert list(response.context["errors"]) == ["logo"]
    assert "Choose the logo again" in text_of(response)
    assert not logos.exists()


def test_a_file_that_is_more_than_a_request_may_have_is_refused_with_the_reason(
    page: Browser, branded: Client, logos: Path, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    response = save(page, logo=picture(), name="Another name")
    assert "The file is larger than 1 MB." in text_of(response)
    branded.refresh_from_db()
    assert branded.name == "Alpha"
    assert not logos.exists()


def test_no_file_stays_where_the_row_cannot_be_saved(
    branded: Client, cora: User, logos: Path
) -> None:
    with schema_context("alpha"), pytest.raises(ValidationError, match="Use a colour"):
        changes = {"logo": picture(), "colour": "letters"}
        change_own_settings(branded, changes=changes, acting_user=cora)
    assert not logos.exists() or not list(logos.iterdir())


def test_the_sample_asks_for_shades(page: Browser) -> None:
    found = page.get(f"{SETTINGS}shades/?colour=%23ffee00").json()
    assert "White letters are hard to read" in found["note"]
    assert page.get(f"{SETTINGS}shades/?colour=blue").status_code == 400


def test_a_company_without_a_plan_lacks_nothing() -> None:
    company = Client()
    assert may_brand(company)
    assert has_export(company)
