"""The pages of export: what comes out, and that it comes back unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing.files import read_table
from tenant_data.models import Task
from tenants.models import Client
from tests.console.test_importing_pages import LIST, confirm, upload


@pytest.fixture
def web(tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
    return tenant_browser(alpha, owner)


class TestExport:
    @pytest.mark.parametrize("number", ["0", "1"])
    def test_comes_back_unchanged(self, web: Any, number: str) -> None:
        content = (
            "reference,project,title,description,status,priority,due_on\n"
            'WEB-10,Web,=1+1,"a\nb; ""c""",done,urgent,2026-11-22\n'
            "WEB-9,Web,Zoë's -1,,in review,low,\n"
        )
        confirm(web, upload(web, content.encode()))
        with schema_context("alpha"):
            Task.objects.filter(number=9).update(description="as\r\nbrowsers send it")
        response = web.post(f"{LIST}export/", {"format": number, "resource": "0"})
        assert re.search(
            r'alpha-tasks-\d{4}-\d\d-\d\d\.(csv|xlsx)"', response["Content-Disposition"]
        )
        content = response.getvalue()
        assert [row[0] for row in read_table(content)] == ["WEB-9", "WEB-10"]
        result = upload(web, content).context["import"]
        assert (result.new, result.changed, result.unchanged) == (0, 0, 2)

    def test_has_the_rows_of_the_filtered_list(self, web: Any) -> None:
        confirm(web, upload(web))
        response = web.post(f"{LIST}export/?q=second", {"format": "0", "resource": "0"})
        assert [row[0] for row in read_table(response.getvalue())] == ["WEB-2"]
