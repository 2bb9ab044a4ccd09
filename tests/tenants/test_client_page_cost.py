"""What a client's page costs: a fixed number of queries, and none for each of its buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.accounts.models import User
from tenants.models import Client, Operation, OperationKind
from tests.tenants.client_pages import change

#: The host, the session, the user; the client, twice, each time with the versions of schemas;
#: the operation that may be open, for all buttons at once; the address that a link would lead to,
#: twice; what the form offers; the use and the admins, asked in the tenant's schema; the history.
QUERIES = 34


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "busy"])
def test_the_buttons_ask_once_for_an_open_operation(
    staff_browser: Callable[..., Any], operator: User, alpha: Client, is_busy: bool
) -> None:
    if is_busy:
        Operation.objects.create(client=alpha, kind=OperationKind.MIGRATE_SCHEMA)
    browser = staff_browser(operator)
    browser.get(change(alpha))  # Content types are read once per process.
    with CaptureQueriesContext(connection) as captured:
        response = browser.get(change(alpha))
    assert response.status_code == 200
    statements = [entry["sql"] for entry in captured]
    where = [sql.split("WHERE")[-1] for sql in statements if sql.endswith("LIMIT 1")]
    assert len([text for text in where if '"tenants_operation"."state" IN' in text]) == 1
    assert len(statements) == QUERIES, "\n".join(sql[:200] for sql in statements)
