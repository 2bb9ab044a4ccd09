"""Every field of the form of a client: what it takes, what it makes of it, what it refuses."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from tenants.models import Client, Plan
from tests.database import make_client
from tests.tenants.client_pages import change, errors_of, form

ADD = "/tenants/client/add/"


def added(browser: Any, **fields: Any) -> Client:
    response = browser.post(ADD, form(("delta.localhost", True), **fields))
    assert response.status_code == 302, errors_of(response)
    return Client.objects.get(schema_name="delta")


def test_every_field_is_kept(browser: Any) -> None:
    client = added(
        browser,
        external_reference=" C-17 ",
        tags="VIP, north  coast,vip,,",
        notes="Ask for Carla.\nTwice.",
        trial_ends_on="2031-04-05",
        contact_name="Carla",
        contact_email="Carla@Delta.example",
        contact_phone="+49 30 1234567",
        time_zone="Asia/Tokyo",
        language="en-gb",
        redirect_to_primary="on",
    )
    assert client.external_reference == "C-17"
    assert client.tags == ["north coast", "vip"]
    assert client.notes == "Ask for Carla.\r\nTwice." or client.notes == "Ask for Carla.\nTwice."
    assert f"{client.trial_ends_on}" == "2031-04-05"
    assert (client.contact_name, client.contact_phone) == ("Carla", "+49 30 1234567")
    assert client.contact_email == "carla@delta.example"
    assert (client.time_zone, client.language) == ("Asia/Tokyo", "en-gb")
    assert client.redirect_to_primary


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "required"),
        ({"name": "x" * 121}, "at most 120"),
        ({"external_reference": "x" * 65}, "at most 64"),
        ({"notes": "x" * 10_001}, "at most 10000"),
        ({"plan": ""}, "required"),
        ({"plan": "999999"}, "not one of the available choices"),
        ({"plan": "x"}, "not one of the available choices"),
        ({"trial_ends_on": "soon"}, "This is not a date. Write it like"),
        ({"contact_email": "carla"}, "valid email"),
        ({"contact_phone": "call me"}, "Use digits"),
        ({"admin_email": "dora"}, "valid email"),
        ({"admin_name": ""}, "required"),
        ({"time_zone": "Middle/Earth"}, "not a time zone"),
        ({"time_zone": "../../etc/passwd"}, "not a time zone"),
        ({"time_zone": ""}, "required"),
        ({"language": "tlh"}, "not one of the available choices"),
        ({"colour": "red"}, "#2563eb"),
        ({"colour": "#12345g"}, "#2563eb"),
        ({"colour": ""}, "required"),
        ({"tags": "x" * 41}, "too long for a tag"),
        ({"tags": ",".join(f"t{n}" for n in range(21))}, "20 tags at the most"),
        ({"tags": "x" * 3000}, "at most 840"),
        ({"tags": "a\x00b"}, "Null characters"),
    ],
)
def test_says_what_is_wrong(browser: Any, fields: dict[str, str], message: str) -> None:
    response = browser.post(ADD, form(("delta.localhost", True), **fields))
    assert response.status_code == 200
    assert message in errors_of(response)
    assert not Client.objects.filter(schema_name="delta").exists()


def test_what_was_typed_comes_back(browser: Any) -> None:
    page = browser.post(ADD, form(name="", tags="b, a", notes="Do not lose me")).content.decode()
    assert 'value="b, a"' in page
    assert "Do not lose me" in page


def test_an_external_reference_is_the_only_one(browser: Any, draft: Client) -> None:
    Client.objects.filter(pk=draft.pk).update(external_reference="C-17")
    response = browser.post(ADD, form(external_reference="C-17"))
    assert "Another client has this external reference" in errors_of(response)


class TestTags:
    def test_known_ones_are_suggested(self, browser: Any, draft: Client) -> None:
        draft.tags = ["vip", 'a"b']
        draft.save()
        page = browser.get(ADD).content.decode()
        attribute = re.search(r'data-known-tags="([^"]*)"', page)
        assert attribute is not None
        known = attribute[1].replace("&quot;", '"')
        assert json.loads(known) == ['a"b', "vip"]

    def test_are_shown_as_they_are_typed(self, browser: Any, draft: Client) -> None:
        draft.tags = ["a", "b c"]
        draft.save()
        assert 'value="a, b c"' in browser.get(change(draft)).content.decode()

    def test_any_text_gives_tags_or_a_message(self, browser: Any, draft: Client) -> None:
        chance = random.Random(3)
        domain = draft.domains.get()
        row = (domain.domain, True, False, domain.pk)
        for _round in range(40):
            text = "".join(chance.choices(",, ;\"'<>{}%\t\nAb\u00e9\u2028\ud7ff🙂", k=30))
            rows = form(row, client=draft, schema_name="gamma", name="Gamma", tags=text)
            response = browser.post(change(draft), rows)
            assert response.status_code == 302, (text, errors_of(response))
            draft.refresh_from_db()
            draft.full_clean()
            shown = ", ".join(draft.tags)
            rows = form(row, client=draft, schema_name="gamma", name="Gamma", tags=shown)
            browser.post(change(draft), rows)
            before, draft = draft.tags, Client.objects.get(pk=draft.pk)
            assert draft.tags == before


class TestTimeZone:
    def test_offers_places_with_their_distance(self, browser: Any) -> None:
        page = browser.get(ADD).content.decode()
        assert '<option value="Asia/Tokyo">Asia/Tokyo (UTC+09:00)</option>' in page
        assert '<option value="UTC" selected>UTC</option>' in page
        assert "US/Eastern" not in page

    def test_one_that_is_not_offered_is_kept(self, browser: Any, draft: Client) -> None:
        Client.objects.filter(pk=draft.pk).update(time_zone="US/Eastern")
        page = browser.get(change(draft)).content.decode()
        assert '<option value="US/Eastern" selected>' in page


class TestColour:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [("#A1B2C3", "#a1b2c3"), ("a1b2c3", "#a1b2c3"), ("#abc", "#aabbcc"), (" F00 ", "#ff0000")],
    )
    def test_is_taken_as_people_write_it(self, browser: Any, typed: str, kept: str) -> None:
        assert added(browser, colour=typed).colour == kept


class TestPlan:
    @pytest.fixture
    def retired(self, db: None) -> Plan:
        return Plan.objects.create(code="old", name="Old one", is_retired=True)

    def test_a_retired_one_is_given_to_nobody(self, browser: Any, retired: Plan) -> None:
        assert "Old one" not in browser.get(ADD).content.decode()
        assert "not one of the available" in errors_of(browser.post(ADD, form(plan=retired.pk)))

    def test_who_has_it_keeps_it(self, browser: Any, draft: Client, retired: Plan) -> None:
        draft.plan = retired
        draft.save()
        assert "Old one" in browser.get(change(draft)).content.decode()
        domain = draft.domains.get()
        row = (domain.domain, True, False, domain.pk)
        rows = form(row, client=draft, schema_name="gamma", plan=retired.pk)
        assert browser.post(change(draft), rows).status_code == 302


class TestName:
    def test_one_that_another_client_has_is_asked_about_once(
        self, browser: Any, draft: Client
    ) -> None:
        response = browser.post(ADD, form(name="gamma"))
        message = errors_of(response)
        assert "There is already a client" in message
        assert change(draft) in message
        again = response.context["adminform"].form["confirmed_name"].value()
        assert f'name="confirmed_name" value="{again}"' in response.content.decode()
        response = browser.post(ADD, form(name="gamma", confirmed_name=again))
        assert response.status_code == 302, errors_of(response)
        assert Client.objects.filter(name__iexact="gamma").count() == 2

    def test_the_answer_is_for_that_name_alone(
        self, browser: Any, draft: Client, alpha: Client
    ) -> None:
        response = browser.post(ADD, form(name="Gamma", confirmed_name="Alpha"))
        assert "There is already a client" in errors_of(response)

    def test_one_that_stays_is_not_asked_about(self, browser: Any, draft: Client) -> None:
        other = make_client("epsilon", name="Gamma", ready=False)
        domain = other.domains.get()
        row = (domain.domain, True, False, domain.pk)
        rows = form(row, client=other, name="Gamma", schema_name="epsilon")
        assert browser.post(change(other), rows).status_code == 302

    def test_names_in_the_question_are_escaped(self, browser: Any) -> None:
        make_client("evil", name="<script>alert(1)</script>", ready=False)
        response = browser.post(ADD, form(name="<script>alert(1)</script>"))
        assert "<script>alert(1)" not in response.content.decode()
