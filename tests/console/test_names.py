"""Names are what they look like, wherever they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing.files import import_file
from console.names import validate_name
from tenant_data.models import Customer, Task
from tenant_data.resources import TaskResource
from tenants.models import Client, Feature
from tests.console.company import save
from tests.console.people import page_of, text_of
from tests.tenant_data.work import give_plan

RTL_OVERRIDE, ZERO_WIDTH = "\u202e", "\u200b"
FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    "name",
    [
        "Web shop", "Größe, 日本語, “x” & 'y'", "O'Neill, Ltd.", "#1", "€",
        "שלום עולם", "مشروع جديد", "مشروع Web 2",  # From right to left, also mixed.
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "क्\u200dष", "ක්\u200dෂ",  # With joiners.
        "cafe\u0301", FAMILY, "\U0001f469\U0001f3fd\u200d\U0001f4bb", "\u2764\ufe0f\u200d❤",
    ],
)  # fmt: skip
def test_what_people_write_is_a_name(name: str) -> None:
    validate_name(name)


@pytest.mark.parametrize("code", [
    *range(0x20), 0x7F, 0x85, 0xAD, 0x34F, 0x61C, 0x115F, 0x180E, *range(0x200B, 0x2010), 0x2028,
    *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x206A), 0x2800, 0x3164, 0xFEFF,
])  # fmt: skip
def test_what_cannot_be_seen_or_turns_text_around_is_refused(code: int) -> None:
    for name in (f"Web{chr(code)}shop", f"Web{chr(code)}", f"{chr(code)}Web"):
        with pytest.raises(ValidationError, match="cannot be seen"):
            validate_name(name)


@pytest.mark.parametrize("name", [" ", "\u00a0\u3000", "\u0301", "\u06cc\u200c \u062e", "\u200dक"])
def test_blanks_marks_and_joiners_alone_are_no_name(name: str) -> None:
    with pytest.raises(ValidationError):
        validate_name(name)


def test_the_message_says_where() -> None:
    with pytest.raises(ValidationError) as refusal:
        validate_name(f"Web{ZERO_WIDTH} shop")
    assert refusal.value.messages == [
        "There is a character that cannot be seen after “Web”. Delete it, or type the text anew."
    ]


#: Fields that are called like names and hold none that a person reads.
OTHER_NAMES = {
    "Attachment.name",
    "Client.schema_name",
    "SchemaFinding.schema_name",
    "Attachment.file",
}


def test_every_name_and_title_of_ours_is_held_to_it() -> None:
    fields = [
        (f"{model.__name__}.{field.name}", field)
        for label in ("accounts", "tenants", "tenant_data")
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
        if field.name == "title" or field.name.rpartition("_")[2] == "name"
    ]
    assert len(fields) > 10
    wrong = [name for name, field in fields if validate_name not in field.validators]
    assert set(wrong) - OTHER_NAMES == set()


class TestForms:
    @pytest.fixture
    def browser(self, tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
        give_plan(alpha, *Feature)
        return tenant_browser(alpha, owner)

    @pytest.mark.parametrize(
        ("page", "sent"),
        [
            ("/tenant_data/customer/add/", {"name": f"Acme{RTL_OVERRIDE}"}),
            ("/tenant_data/label/add/", {"name": f"bug{ZERO_WIDTH}", "colour": "grey"}),
            ("/auth/group/add/", {"name": f"Help{ZERO_WIDTH}ers"}),
            ("/accounts/user/add/", {"email": "x@alpha.example", "name": f"Bo{RTL_OVERRIDE}b"}),
        ],
    )
    def test_refuse_in_words(self, browser: Any, page: str, sent: dict[str, str]) -> None:
        answer = browser.post(page, sent)
        assert answer.status_code == 200
        assert "There is a character that cannot be seen after" in text_of(answer)
        clean = {name: value.rstrip(RTL_OVERRIDE + ZERO_WIDTH) for name, value in sent.items()}
        clean["name"] = clean["name"].replace(ZERO_WIDTH, "").replace(RTL_OVERRIDE, "")
        assert browser.post(page, clean).status_code == 302

    def test_of_somebody_who_is_there_too(self, browser: Any, owner: User) -> None:
        sent = {"email": owner.email, "name": f"Ad{ZERO_WIDTH}a"}
        assert "cannot be seen after “Ad”" in text_of(browser.post(page_of(owner), sent))

    def test_of_the_company_itself_too(self, browser: Any) -> None:
        answer = save(browser, name=f"Alpha{RTL_OVERRIDE} Ltd")
        assert "cannot be seen after “Alpha”" in text_of(answer)


def test_files_are_held_to_it_as_well(alpha: Client) -> None:
    with schema_context("alpha"):
        header = "reference,project,title,labels"
        row = f"WEB-1,Web{RTL_OVERRIDE}shop,Ti{ZERO_WIDTH}tle,a{ZERO_WIDTH}b"
        result = import_file(TaskResource, f"{header}\n{row}\n".encode())
        found = {errors.column: list(errors.sentences) for errors in result.errors_by_column()}
        assert set(found) == {"project", "title", "labels"}
        assert "after “Ti”" in found["title"][0]
        assert not Task.objects.exists()
        with pytest.raises(ValidationError):
            Customer(name=f"A{ZERO_WIDTH}").clean_fields()
