"""Which company a request is for is said by its Host header, once, and by nothing else.

Requests are read from their bytes as gunicorn reads them, then answered by the console; cookies are
sent as a browser sends them that has got some from a sibling's host. Which pages a host gets is in
``test_hosts.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test.client import ClientHandler
from django.urls import set_urlconf
from gunicorn.config import Config
from gunicorn.http import wsgi
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser

from console.accounts.models import User
from tenants.models import Client
from tests.conftest import Browser
from tests.console.twins import EMAIL, PASSWORD, text_of

LOGIN = "/login/"


def answer(lines: list[str]) -> tuple[int, str]:
    """Status and text of the console's answer to a request of these lines; 400 where gunicorn
    itself turns it away."""
    sent = "\r\n".join([*lines, "", ""]).encode()
    config = Config()
    try:
        request = next(RequestParser(config, iter([sent]), ("203.0.113.5", 4000)))
    except ParseException:
        return 400, ""
    client, server = ("203.0.113.5", 4000), ("127.0.0.1", 8000)
    _response, environ = wsgi.create(request, None, client, server, config)
    try:
        response = ClientHandler()(environ)
    finally:
        connection.set_schema_to_public()
        set_urlconf(None)
    return response.status_code, text_of(response)


class TestTheHostHeader:
    @pytest.mark.parametrize(
        "host",
        [
            "alpha.localhost", "alpha.localhost:8000", "ALPHA.LocalHost:8000", "alpha.localhost.",
            "alpha.localhost.:8000", "www.alpha.localhost", "WWW.Alpha.localhost.:1",
        ],
    )  # fmt: skip
    def test_says_whose_pages_they_are_however_it_is_spelled(
        self, alpha: Client, beta: Client, host: str
    ) -> None:
        status, page = answer([f"GET {LOGIN} HTTP/1.1", f"Host: {host}"])
        assert (status, "Alpha" in page, "Beta" in page) == (200, True, False)

    @pytest.mark.parametrize(
        "host",
        [
            "beta.localhost@alpha.localhost", "alpha.localhost@beta.localhost",
            "ada:pw@alpha.localhost", "alpha.localhost/beta.localhost", "alpha.localhost#",
            "http://alpha.localhost", "alpha.localhost,beta.localhost", "alpha.localhost:80:81",
            "alpha.localhost, beta.localhost", "alpha.localhost beta.localhost",
            "alpha.localhost:80x", "alpha..localhost", ".alpha.localhost", "alpha.localhost..",
            "www.www.alpha.localhost", "alpha%2elocalhost", "alpha_.localhost", "[alpha.localhost]",
            "älpha.localhost", "\u0430lpha.localhost", "alpha\u3002localhost",
            "\uff41lpha.localhost",
            "alpha.localhost%00.evil.example", "",
        ],
    )  # fmt: skip
    def test_that_is_spelled_like_one_leads_to_nobody(
        self, alpha: Client, beta: Client, host: str
    ) -> None:
        status, page = answer([f"GET {LOGIN} HTTP/1.1", f"Host: {host}"])
        assert status in (400, 404)
        assert "alpha" not in page.lower()
        assert "password" not in page.lower()

    def test_a_name_beyond_ascii_is_known_as_browsers_send_it(self, alpha: Client) -> None:
        alpha.domains.create(domain="bücher.example", is_primary=False)
        status, page = answer([f"GET {LOGIN} HTTP/1.1", "Host: XN--BCHER-KVA.example:8000"])
        assert (status, "Alpha" in page) == (200, True)
        for raw in ("bücher.example", "xn--bcher-kva.localhost", "bucher.example"):
            assert answer([f"GET {LOGIN} HTTP/1.1", f"Host: {raw}"])[0] in (400, 404)

    @pytest.mark.parametrize("pair", [("alpha", "beta"), ("beta", "alpha"), ("alpha", "alpha")])
    def test_said_twice_leads_to_nobody(
        self, alpha: Client, beta: Client, pair: tuple[str, str]
    ) -> None:
        """A proxy may go by the one and the console by the other."""
        hosts = [f"Host: {name}.localhost" for name in pair]
        status, page = answer([f"GET {LOGIN} HTTP/1.1", *hosts])
        assert status in (400, 404)
        assert "password" not in page.lower()

    def test_not_said_at_all_leads_to_nobody(self, alpha: Client) -> None:
        """The name of the server's own address, which stands in for it, is no client's."""
        assert answer([f"GET {LOGIN} HTTP/1.0"])[0] in (307, 404)
        assert answer([f"GET {LOGIN} HTTP/1.1"])[0] in (307, 400, 404)


OTHERS = [
    "X-Forwarded-Host", "X_Forwarded_Host", "X-Forwarded-Server", "X-Host", "X-Original-Host",
    "X-HTTP-Host-Override", "Forwarded", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix",
]  # fmt: skip


class TestOtherWaysToNameAHost:
    @pytest.mark.parametrize("header", OTHERS)
    def test_no_other_header_is_believed(self, alpha: Client, beta: Client, header: str) -> None:
        value = "host=beta.localhost" if header == "Forwarded" else "beta.localhost"
        for host, expected in (("alpha.localhost", 200), ("evil.example", 404)):
            lines = [f"GET {LOGIN} HTTP/1.1", f"Host: {host}", f"{header}: {value}"]
            status, page = answer(lines)
            assert status in (expected, 400)  # gunicorn takes no underscore.
            assert "Beta" not in page
            assert "beta.localhost" not in page

    @pytest.mark.parametrize("target", ["beta.localhost", "evil.example", "u@beta.localhost:80"])
    def test_nor_a_whole_address_in_the_first_line(
        self, alpha: Client, beta: Client, target: str
    ) -> None:
        lines = [f"GET http://{target}{LOGIN} HTTP/1.1", "Host: alpha.localhost"]
        status, page = answer(lines)
        assert "Beta" not in page
        assert (status, "Alpha" in page) == (200, True)

    @pytest.mark.parametrize("path", ["//beta.localhost/", "/\\beta.localhost/", "/%2f%2fbeta/"])
    def test_nor_the_path(self, alpha: Client, beta: Client, path: str) -> None:
        status, page = answer([f"GET {path} HTTP/1.1", "Host: alpha.localhost"])
        assert status in (302, 404)
        assert "Beta" not in page

    def test_a_mailed_link_is_for_the_host_that_was_asked(
        self, in_alpha: Browser, mailoutbox: list[EmailMessage], settings: Any
    ) -> None:
        settings.EMAIL_HOST = "mail.console.example"
        named = {"x-forwarded-host": "beta.localhost", "x-forwarded-port": "6666"}
        named |= {"forwarded": "host=beta.localhost", "referer": "http://beta.localhost/"}
        Browser("alpha.localhost", "alpha", None).post(
            "/forgotten/", {"email": EMAIL}, headers=named
        )
        (mail,) = mailoutbox
        assert "http://alpha.localhost/welcome/" in mail.body
        assert "beta" not in mail.body
        assert "6666" not in mail.body

    @pytest.mark.parametrize(
        "after", ["http://beta.localhost/", "//beta.localhost/", "/\\beta.localhost", "http:beta"]
    )
    def test_signing_in_leads_to_no_other_host(
        self, twins: dict[str, User], tenant_browser: Callable[..., Browser], alpha: Client,
        after: str,
    ) -> None:  # fmt: skip
        signing_in = {"username": EMAIL, "password": PASSWORD, "next": after}
        response = tenant_browser(alpha).post(f"{LOGIN}?{urlencode({'next': after})}", signing_in)
        assert (response.status_code, response["Location"]) == (302, "/")
