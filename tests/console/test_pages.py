"""The pages of both sides: whose they are, who may see them, and what they never do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts.links import sign_in_path
from console.accounts.models import User
from console.palette import scale
from console.sites import HITS_PER_MODEL, public_site, tenant_site
from tenant_data.models import Project, Task
from tenants.models import Client, Operation, OperationEvent

URLCONF = "console.urls_tenant"
# What a page loads by itself; a link to a client's own address is no request.
FOREIGN = re.compile(r"""(?:src=|<link[^>]*href=|action=|url\()["']?(?:https?:)?//""")


def text_of(response: Any) -> str:
    return response.content.decode()


def changelists(site: Any) -> list[str]:
    return [f"/{model._meta.app_label}/{model._meta.model_name}/" for model in site._registry]


# --- Every list, add page and home ------------------------------------------------------------


def test_every_page_of_the_staff_side_opens_without_a_foreign_request(
    staff_browser: Any, operator: User
) -> None:
    browser = staff_browser(operator)
    for url in ["/", "/password_change/", *changelists(public_site)]:
        response = browser.get(url)
        assert response.status_code == 200, url
        assert not FOREIGN.search(text_of(response)), url
        assert '<main id="content"' in text_of(response), url
        assert "View site" not in text_of(response), url


def test_every_page_of_a_tenant_opens_under_its_name_and_colour(
    tenant_browser: Any, alpha: Client, owner: User
) -> None:
    alpha.name, alpha.colour = "Alpha & <Sons>", "#be123c"
    alpha.save()
    browser = tenant_browser(alpha, owner)
    for url in ["/", "/password_change/", "/tenant_data/task/add/", *changelists(tenant_site)]:
        page = text_of(browser.get(url))
        assert "Alpha &amp; &lt;Sons&gt;" in page, url
        assert "<Sons>" not in page, url
        red, green, blue = (int(scale("#be123c")["600"][i : i + 2], 16) for i in (1, 3, 5))
        assert f"--color-primary-600: rgb({red}, {green}, {blue})" in page, url
        assert not FOREIGN.search(page), url


@pytest.mark.parametrize("name", ["console.settings.SECRET_KEY", "os.getcwd", "{{ 1 }}"])
def test_a_clients_name_is_text_whatever_it_says(
    name: str, tenant_browser: Any, alpha: Client
) -> None:
    """Unfold imports what a setting names; a name in a setting could be imported and called."""
    alpha.name = name
    alpha.save()
    assert f"<title> Sign in | {name}</title>" in re.sub(
        r"\s+", " ", text_of(tenant_browser(alpha).get("/login/"))
    ).replace("<title> ", "<title> ")


def test_a_viewer_sees_the_lists_and_adds_nothing(staff_browser: Any, viewer: User) -> None:
    browser = staff_browser(viewer)
    for url in changelists(public_site):
        # What was imported is for those who may import.
        seen = 403 if url == "/importing/import/" else 200
        assert browser.get(url).status_code == seen, url
        assert browser.get(f"{url}add/").status_code == 403, url


def test_an_outsider_sees_an_empty_home_and_no_list(staff_browser: Any, outsider: User) -> None:
    browser = staff_browser(outsider)
    home = text_of(browser.get("/"))
    assert "There is nothing here for you yet" in home
    assert "/tenants/client/" not in home
    for url in changelists(public_site):
        assert browser.get(url).status_code == 403, url


def test_home_asks_the_same_number_of_queries_whatever_there_is(
    staff_browser: Any, operator: User, tenant_browser: Any, alpha: Client, owner: User
) -> None:
    def queries(browser: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/").status_code == 200
        return len(captured)

    staff, tenant = staff_browser(operator), tenant_browser(alpha, owner)
    with schema_context("alpha"):
        project = Project.objects.create(key="ONE", name="One")
        Task.objects.create(project=project, title="One", assignee_id=owner.pk)
    before = queries(staff), queries(tenant)
    with schema_context("alpha"):
        for number in range(5):
            other = Project.objects.create(key=f"P{number}", name=f"Project {number}")
            for _task in range(3):
                Task.objects.create(project=other, title="More", assignee_id=owner.pk)
    for number in range(5):
        Client.objects.create(
            name=f"More {number}", schema_name=f"more{number}", admin_email="a@more.example"
        )
    assert (queries(staff), queries(tenant)) == before


def test_an_empty_console_shows_first_steps(staff_browser: Any, operator: User) -> None:
    assert "First steps" not in text_of(staff_browser(operator).get("/"))
    OperationEvent.objects.all().delete()
    Operation.objects.all().delete()
    Client.objects.companies().delete()
    page = text_of(staff_browser(operator).get("/"))
    assert "First steps" in page
    assert 'href="/tenants/client/add/"' in page


def test_an_empty_tenant_shows_first_steps(tenant_browser: Any, alpha: Client, owner: User) -> None:
    page = text_of(tenant_browser(alpha, owner).get("/"))
    assert "First steps" in page
    assert 'href="/tenant_data/project/add/"' in page


# --- The palette ------------------------------------------------------------------------------


def test_search_finds_a_bounded_number_and_asks_whether_one_may_see(
    tenant_browser: Any, alpha: Client, owner: User
) -> None:
    with schema_context("alpha"):
        for number in range(30):
            Project.objects.create(key=f"S{number}", name=f"Searched {number}")
        colleague = User.objects.create_user("c@alpha.example", "pw", is_staff=True)
    found = text_of(tenant_browser(alpha, owner).get("/search/?extended=1&s=searched"))
    assert found.count("<li") == HITS_PER_MODEL
    unseen = text_of(tenant_browser(alpha, colleague).get("/search/?extended=1&s=searched"))
    assert "Searched" not in unseen
    assert "Nothing was found." in unseen


def test_search_finds_what_was_added_a_moment_ago(staff_browser: Any, operator: User) -> None:
    browser = staff_browser(operator)
    assert "Moment" not in text_of(browser.get("/search/?extended=1&s=alph"))
    Client.objects.filter(schema_name="beta").update(name="Alpha in a Moment")
    assert "Moment" in text_of(browser.get("/search/?extended=1&s=alph"))
    assert browser.get("/search/?s=alph&page=nonsense").status_code == 200


def test_search_needs_a_sign_in(staff_browser: Any) -> None:
    assert staff_browser().get("/search/?s=a").status_code == 302


# --- Signing in and out -----------------------------------------------------------------------


def test_a_failed_sign_in_says_so_once_and_never_which_part_was_wrong(
    tenant_browser: Any, alpha: Client, owner: User
) -> None:
    pages = set()
    for email in (owner.email, "nobody@alpha.example"):
        browser = tenant_browser(alpha)
        response = browser.post("/login/", {"username": email, "password": "wrong"})
        page = text_of(response)
        assert page.count("do not match an account") == 1
        assert "Please correct the error" not in page
        pages.add(page.count("errornote"))
    assert pages == {1}


def test_sign_in_takes_any_capitals_and_leads_on(
    tenant_browser: Any, alpha: Client, owner: User
) -> None:
    browser = tenant_browser(alpha)
    response = browser.post(
        "/login/?next=/tenant_data/task/",
        {"username": owner.email.upper(), "password": "owner-pw", "next": "/tenant_data/task/"},
    )
    assert response.status_code == 302
    assert response["Location"] == "/tenant_data/task/"


def test_signing_out_and_changing_the_password_work_on_both_sides(
    staff_browser: Any, operator: User, tenant_browser: Any, alpha: Client, owner: User
) -> None:
    for browser, old in (
        (staff_browser(operator), "operator-pw"),
        (tenant_browser(alpha, owner), "owner-pw"),
    ):
        new = {"new_password1": "bright-new-copper", "new_password2": "bright-new-copper"}
        response = browser.post("/password_change/", {"old_password": old, **new})
        assert response.status_code == 302
        assert browser.get("/password_change/done/").status_code == 200
        assert "You are signed out" in text_of(browser.post("/logout/"))
        assert browser.get("/").status_code == 302


# --- The one-time link ------------------------------------------------------------------------


def test_a_link_sets_the_password_once(tenant_browser: Any, alpha: Client, owner: User) -> None:
    with schema_context("alpha"):
        path = sign_in_path(owner, schema="alpha", host="alpha.localhost", urlconf=URLCONF)
    browser = tenant_browser(alpha)
    form = browser.get(path)["Location"]
    page = text_of(browser.get(form))
    assert "Choose a password for" in page
    assert not FOREIGN.search(page)
    refused = browser.post(form, {"new_password1": "abc", "new_password2": "abc"})
    assert "too short" in text_of(refused)
    password = "bright-new-copper"
    done = browser.post(form, {"new_password1": password, "new_password2": password})
    assert done.status_code == 302
    assert browser.get("/").status_code == 200
    again = text_of(tenant_browser(alpha).get(path))
    assert "This link does not work any more" in again
    assert "ask whoever sent you the link" in again


# --- Pages for when something is wrong --------------------------------------------------------


@pytest.mark.parametrize(
    "template",
    [
        "400.html",
        "403.html",
        "403_csrf.html",
        "404.html",
        "500.html",
        "console/being_updated.html",
        "console/not_ready.html",
        "console/unknown_host.html",
    ],
)
def test_pages_for_trouble_need_nothing_but_themselves(template: str, settings: Any) -> None:
    """No database (there is no fixture for it), no static file, no request."""
    settings.STATIC_URL = "/must-not-be-used/"
    page = render_to_string(template)
    assert "<main>" in page
    assert 'lang="en"' in page
    assert "must-not-be-used" not in page
    assert "<script" not in page
    assert not FOREIGN.search(page)


def test_a_missing_page_is_ours(staff_browser: Any, operator: User) -> None:
    response = staff_browser(operator).get("/no/such/page/")
    assert response.status_code == 404
    assert "There is no such page" in text_of(response)


def test_the_icon_is_there_for_who_asks(
    staff_browser: Any, tenant_browser: Any, alpha: Client
) -> None:
    for browser in (staff_browser(), tenant_browser(alpha)):
        response = browser.get("/favicon.ico")
        assert response.status_code == 302
        assert response["Location"].endswith("console/favicon.svg")
