"""What is never written into the log."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from typing import Any

import pytest

from console.accounts.models import User
from tenants.models import Client
from tenants.operations.lifecycle import suspend
from tests.conftest import Browser


def written(record: logging.LogRecord) -> str:
    """The line as the console's own handler writes it."""
    ours = [handler for handler in logging.getLogger().handlers if handler.name == "stderr"]
    assert len(ours) == 1
    return ours[0].format(record)


def test_the_token_of_a_link_is_not_written() -> None:
    record = logging.makeLogRecord(
        {"msg": "Gone: %s", "args": ("/welcome/MQ/dii0rp-3fe5551f/?next=/",), "levelname": "ERROR"}
    )
    assert "/welcome/MQ/…" in written(record)
    assert "dii0rp" not in written(record)


def test_nor_where_it_stands_in_a_traceback() -> None:
    try:
        raise ValueError("<WSGIRequest: GET '/welcome/MQ/dii0rp-3fe5551f/'>")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    line = written(logging.makeLogRecord({"msg": "It failed", "exc_info": info}))
    assert "ValueError" in line
    assert "dii0rp" not in line


@pytest.mark.django_db
def test_a_closed_host_is_no_fault(
    alpha: Client, tenant_browser: Callable[..., Browser], caplog: Any
) -> None:
    suspend(alpha, acting_user=None)
    assert tenant_browser(alpha).get("/welcome/MQ/token/").status_code == 503
    assert caplog.records == []


def test_other_errors_of_requests_are_written(caplog: Any) -> None:
    logging.getLogger("django.request").error("Broken", extra={"status_code": 500})
    assert [record.message for record in caplog.records] == ["Broken"]


def test_a_request_that_is_refused_leaves_one_line(staff_browser: Any, operator: User) -> None:
    """Django logs what looks like an attack with the whole way to its refusal."""
    security = logging.getLogger("django.security")
    stream = io.StringIO()
    (handler,) = (each for each in security.handlers if each.name == "refusals")
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(stream)
    try:
        response = staff_browser(operator).get("/tenants/client/?plan__clients__admin_email=a")
    finally:
        handler.setStream(before or handler.stream)
    assert response.status_code == 400
    assert len(stream.getvalue().splitlines()) == 1
    assert "DisallowedModelAdminLookup" in stream.getvalue()
