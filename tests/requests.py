"""A browser's requests without a browser."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client as HttpClient
from django.urls import set_urlconf
from django_tenants.utils import schema_context

from console.accounts.models import User


class Browser(HttpClient):
    """Django's test client on one host, signed in there if it has a user.

    After each request the test is back in ``public``; responses that stream are read first.
    """

    def __init__(self, host: str, schema: str, user: User | None, **extra: Any) -> None:
        # As browsers do where a page of ours led to the next.
        super().__init__(headers={"host": host, "sec-fetch-site": "same-origin"}, **extra)
        self.host, self.schema = host, schema
        if user is not None:
            with schema_context(schema):
                self.force_login(user)

    def another(self) -> Browser:
        """A browser that has the same cookies, and so the same user, by now."""
        browser = Browser(self.host, self.schema, None)
        browser.cookies.load(self.cookies.output(header="", sep=";"))
        return browser

    def request(self, **request: Any) -> Any:
        try:
            return super().request(**request)
        finally:
            connection.set_schema_to_public()
            set_urlconf(None)
