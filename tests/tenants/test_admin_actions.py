"""What staff do to one client: make its schema, migrate it, show the sign-in link."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.accounts.models import User
from console.history.models import LogEntry
from tenants.models import Client, Operation, OperationKind, OperationState
from tenants.operations.request import request_operation
from tenants.operations.rollout import request_rollout
from tenants.operations.run import fail

PATHS = {
    "create-schema": OperationKind.CREATE_SCHEMA,
    "migrate-schema": OperationKind.MIGRATE_SCHEMA,
}

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)", re.IGNORECASE)


def url(client: Client, path: str) -> str:
    return f"/tenants/client/{client.pk}/{path}/"


@pytest.fixture
def provisioner(viewer: User) -> User:
    """The viewer, who may also make and migrate schemas."""
    viewer.user_permissions.add(Permission.objects.get(codename="provision_client"))
    return User.objects.get(pk=viewer.pk)


def fitting(path: str, alpha: Client, draft: Client) -> Client:
    return draft if path == "create-schema" else alpha


class TestAskingForAnOperation:
    @pytest.mark.parametrize("path", PATHS)
    def test_a_get_asks_and_a_post_does(
        self, browser: Any, alpha: Client, draft: Client, operator: User, path: str
    ) -> None:
        client = fitting(path, alpha, draft)
        before = client.operations.count()
        page = browser.get(url(client, path))
        assert page.status_code == 200
        assert f"schema of {client}?" in page.content.decode()
        assert client.operations.count() == before

        response = browser.post(url(client, path))
        operation = client.operations.latest("pk")
        assert response.headers["Location"] == f"/tenants/operation/{operation.pk}/change/"
        assert operation.kind == PATHS[path]
        assert operation.state == OperationState.QUEUED
        assert operation.requested_by_email == operator.email

    @pytest.mark.parametrize("path", PATHS)
    def test_needs_the_permission(
        self,
        staff_browser: Callable[..., Any],
        viewer: User,
        alpha: Client,
        draft: Client,
        path: str,
    ) -> None:
        client = fitting(path, alpha, draft)
        before = Operation.objects.count()
        browser = staff_browser(viewer)
        assert browser.get(url(client, path)).status_code == 403
        assert browser.post(url(client, path)).status_code == 403
        assert staff_browser().post(url(client, path)).status_code == 302
        assert Operation.objects.count() == before

    @pytest.mark.parametrize("path", PATHS)
    def test_that_permission_is_enough_to_follow_it(
        self,
        staff_browser: Callable[..., Any],
        provisioner: User,
        alpha: Client,
        draft: Client,
        path: str,
    ) -> None:
        browser = staff_browser(provisioner)
        response = browser.post(url(fitting(path, alpha, draft), path), follow=True)
        assert response.status_code == 200
        assert "Waiting for a worker" in response.content.decode()

    def test_needs_the_token_of_the_form(
        self, staff_browser: Callable[..., Any], operator: User, draft: Client
    ) -> None:
        browser = staff_browser(operator, enforce_csrf_checks=True)
        assert browser.post(url(draft, "create-schema")).status_code == 403
        assert not draft.operations.exists()

    @pytest.mark.parametrize("state", [OperationState.QUEUED, OperationState.RUNNING])
    def test_the_second_press_leads_to_the_first(
        self, browser: Any, draft: Client, state: str
    ) -> None:
        browser.post(url(draft, "create-schema"))
        draft.operations.update(state=state)
        response = browser.post(url(draft, "create-schema"), follow=True)
        operation = draft.operations.get()
        text = response.content.decode()
        assert "has an operation that is not over yet" in text
        assert f'href="/tenants/operation/{operation.pk}/change/"' in text

    def test_what_cannot_be_done_is_said(self, browser: Any, alpha: Client, draft: Client) -> None:
        for client, path, message in (
            (alpha, "create-schema", "has its schema already"),
            (draft, "migrate-schema", "has no schema yet"),
        ):
            for method in (browser.get, browser.post):
                response = method(url(client, path), follow=True)
                assert message in response.content.decode()

    def test_only_what_can_be_done_is_offered(
        self, browser: Any, alpha: Client, draft: Client
    ) -> None:
        def offered(client: Client) -> list[str]:
            page = browser.get(url(client, "change"))
            shown = page.context["actions_detail"]
            return [str(action["title"]) for action in shown if "items" not in action]

        assert offered(draft) == ["Create schema"]
        assert offered(alpha) == ["Migrate schema", "Sign-in link", "Import data"]
        request_operation(draft, OperationKind.CREATE_SCHEMA, acting_user=None)
        request_operation(alpha, OperationKind.MIGRATE_SCHEMA, acting_user=None)
        assert offered(draft) == []
        assert offered(alpha) == ["Sign-in link", "Import data"]

    def test_a_viewer_is_offered_nothing(
        self, staff_browser: Callable[..., Any], viewer: User, alpha: Client
    ) -> None:
        page = staff_browser(viewer).get(url(alpha, "change"))
        assert page.context["actions_detail"] == []

    def test_an_unknown_client(self, browser: Any, db: None) -> None:
        for path in (*PATHS, "sign-in-link"):
            response = browser.post(f"/tenants/client/999999/{path}/")
            assert response.status_code == 302
            assert browser.get(f"/tenants/client/nonsense/{path}/").status_code == 302


class TestSignInLink:
    PATH = "sign-in-link"

    def test_is_shown_after_a_post_alone(
        self, browser: Any, alpha: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        page = browser.get(url(alpha, self.PATH))
        assert "/welcome/" not in page.content.decode()
        before = LogEntry.objects.count()

        page = browser.post(url(alpha, self.PATH), headers={"host": "localhost:8123"})
        link = page.context["link"]
        assert link.startswith("http://alpha.localhost:8123/welcome/")
        assert link in page.content.decode()
        assert "3 days" in page.content.decode().replace("\xa0", " ")
        assert "no-store" in page.headers["Cache-Control"]

        assert LogEntry.objects.count() == before + 1
        entry = LogEntry.objects.about(alpha)[0]
        assert (entry.event, entry.actor_email) == ("sign_in_link_shown", "olga@console.example")
        assert entry.additional_data == {"email": alpha.admin_email}
        assert "/welcome/" not in caplog.text.replace(page.content.decode(), "")

    def test_works_once(
        self, browser: Any, tenant_browser: Callable[..., Any], alpha: Client
    ) -> None:
        link = browser.post(url(alpha, self.PATH)).context["link"]
        page = tenant_browser(alpha).get(link.removeprefix("http://alpha.localhost"), follow=True)
        assert page.status_code == 200

    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], provisioner: User, alpha: Client
    ) -> None:
        browser = staff_browser(provisioner)
        assert browser.get(url(alpha, self.PATH)).status_code == 403
        assert browser.post(url(alpha, self.PATH)).status_code == 403
        assert not LogEntry.objects.filter(event="sign_in_link_shown").exists()

    def test_says_why_there_is_none(self, browser: Any, alpha: Client, draft: Client) -> None:
        response = browser.post(url(draft, self.PATH), follow=True)
        assert "has no schema yet" in response.content.decode()
        alpha.domains.all().delete()
        response = browser.post(url(alpha, self.PATH), follow=True)
        assert "has no domain yet" in response.content.decode()
        assert not LogEntry.objects.filter(event="sign_in_link_shown").exists()


@pytest.mark.parametrize(
    "path",
    [
        "client/",
        "client/add/",
        "client/{client}/change/",
        "client/{client}/create-schema/",
        "client/{client}/migrate-schema/",
        "client/{client}/sign-in-link/",
        "client/rollout/create_schema/?clients={client}",
        "client/?action=create_schemas&_selected_action={client}&index=0",
        "operation/",
        "operation/{operation}/change/",
        "operation/{operation}/live/",
        "operation/{operation}/retry/",
        "rollout/",
        "rollout/{rollout}/change/",
        "rollout/{rollout}/live/",
        "domain/",
        "domain/{domain}/delete/",
        "plan/",
        "plan/{plan}/delete/",
    ],
)
def test_a_get_writes_nothing(browser: Any, alpha: Client, draft: Client, path: str) -> None:
    operation = request_rollout([draft], OperationKind.CREATE_SCHEMA, acting_user=None).operations[
        0
    ]
    fail(operation, ValueError("no"))
    filled = path.format(
        client=alpha.pk if "create" not in path else draft.pk,
        operation=operation.pk,
        rollout=operation.rollout_id,
        domain=alpha.domains.get().pk,
        plan=alpha.plan_id,
    )
    with CaptureQueriesContext(connection) as captured:
        response = browser.get(f"/tenants/{filled}")
    assert response.status_code in (200, 286, 302)
    written = [query["sql"] for query in captured if WRITES.match(query["sql"])]
    # A message that waits to be shown is kept in the session.
    assert not [sql for sql in written if "django_session" not in sql]
