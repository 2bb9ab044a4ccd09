"""The hosts of a tenant whose schema lacks what the code takes for granted.

Its pages would answer with an error, any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as HttpClient
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.middleware import RETRY_AFTER_SECONDS
from tenants.models import Client, OperationKind, OperationState, SchemaVersion
from tenants.operations.lifecycle import archive, reactivate, restore, suspend
from tenants.operations.request import request_operation
from tenants.operations.run import run_to_the_end
from tenants.operations.versions import read_version
from tenants.schemas.migrate import known_migrations
from tests.tenants.operating import make_behind


def get(host: str, path: str = "/login/", method: str = "get") -> Any:
    try:
        return getattr(HttpClient(), method)(path, headers={"host": host})
    finally:
        connection.set_schema_to_public()


@pytest.fixture
def behind(alpha: Client) -> Client:
    make_behind("alpha")
    alpha.schema_version = read_version(alpha)
    alpha.save()
    return alpha


@pytest.mark.parametrize("path", ["/", "/login/", "/tenant_data/task/", "/nowhere/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_everybody_is_told_that_it_is_being_updated(behind: Client, path: str, method: str) -> None:
    response = get("alpha.localhost", path, method)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == str(RETRY_AFTER_SECONDS)
    assert response.headers["Cache-Control"] == "no-store"
    page = response.content.decode()
    assert "being updated" in page
    assert "alpha" not in page.lower()
    assert "<form" not in page


def test_the_next_request_after_the_migration_is_answered(behind: Client) -> None:
    assert get("alpha.localhost").status_code == 503
    operation = request_operation(
        behind, OperationKind.MIGRATE_SCHEMA, acting_user=None, queued=False
    )
    assert run_to_the_end(operation).state == OperationState.SUCCEEDED
    assert get("alpha.localhost").status_code == 200


@pytest.mark.parametrize("step", [suspend, archive])
def test_who_fell_behind_meanwhile_comes_back_to_no_error(
    behind: Client, step: Callable[..., Client]
) -> None:
    if step is suspend:
        reactivate(suspend(behind, acting_user=None), acting_user=None)
    else:
        day = timezone.localdate()
        restore(archive(behind, removal_on=day, acting_user=None), acting_user=None)
    assert get("alpha.localhost").status_code == 503
    assert behind.operations.open().get().kind == OperationKind.MIGRATE_SCHEMA


def test_one_of_unknown_version_is_let_in(alpha: Client) -> None:
    alpha.schema_version = None
    alpha.save()
    assert get("alpha.localhost").status_code == 200


def test_one_with_more_than_the_code_knows_is_let_in(alpha: Client) -> None:
    """While a new version is brought in, processes of the old one still serve."""
    newer = {*known_migrations(), "tenant_data.9999_newer"}
    alpha.schema_version = SchemaVersion.objects.of(newer)
    alpha.save()
    assert get("alpha.localhost").status_code == 200


def test_it_costs_the_one_query_for_the_host(
    behind: Client, django_assert_num_queries: Callable[..., Any]
) -> None:
    get("alpha.localhost")  # A version that is new to the process is read, once.
    with django_assert_num_queries(1):
        get("alpha.localhost")


def test_the_others_go_on(behind: Client, beta: Client) -> None:
    assert get("beta.localhost").status_code == 200


class TestServedWhereItCan:
    """Where the operator prefers pages that work to a closed door."""

    @pytest.fixture(autouse=True)
    def served(self, settings: Any) -> None:
        settings.SERVE_BEHIND = True

    def test_a_page_that_works_is_answered(self, behind: Client) -> None:
        assert get("alpha.localhost").status_code == 200

    def test_one_that_does_not_says_that_it_is_being_updated(
        self, alpha: Client, behind: Client, tenant_browser: Callable[..., Any]
    ) -> None:
        with schema_context("alpha"):
            owner = User.objects.get()
        browser = tenant_browser(alpha, owner)
        browser.raise_request_exception = False
        response = browser.get("/tenant_data/task/")
        assert response.status_code == 503
        text = response.content.decode()
        assert "being updated" in text
        assert "tenant_data_task" not in text

    def test_a_page_of_one_that_is_not_behind_fails_as_pages_do(
        self, alpha: Client, tenant_browser: Callable[..., Any]
    ) -> None:
        version = alpha.schema_version
        make_behind("alpha")
        Client.objects.filter(pk=alpha.pk).update(schema_version=version)
        with schema_context("alpha"):
            owner = User.objects.get()
        browser = tenant_browser(alpha, owner)
        browser.raise_request_exception = False
        assert browser.get("/tenant_data/task/").status_code == 500
