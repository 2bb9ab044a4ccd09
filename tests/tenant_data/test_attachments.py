"""Files on the pages: attached on a task's page, fetched by those who may, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.storage import storages
from django_tenants.utils import schema_context

from tenant_data import files
from tenant_data.models import Attachment, Task
from tenants.models import Client, Feature
from tests.tenant_data.work import HTML, PDF, PNG, give_plan, page, stored, text_of, upload

LIST = "/tenant_data/attachment/"
MAY_ATTACH = ("view_task", "add_attachment")
MAY_SEE = ("view_task", "view_attachment")


def an_attachment(task: Task, name: str = "Plan.pdf", content: bytes = PDF) -> Attachment:
    with schema_context("alpha"):
        return files.attach(task, [upload(name, content)], acting_user=None)[0]


def file_url(attachment: Attachment) -> str:
    return f"{LIST}{attachment.pk}/file/"


def names() -> list[str]:
    with schema_context("alpha"):
        return list(Attachment.objects.order_by("pk").values_list("name", flat=True))


@pytest.mark.usefixtures("plan")
class TestAttaching:
    def test_several_at_once(self, signed_in: Callable[..., Any], task: Task) -> None:
        browser = signed_in("Wanda", *MAY_ATTACH, "view_attachment")
        chosen = {"files": [upload("Größe.pdf"), upload("shot.png", PNG)]}
        response = browser.post(page(task, "attach"), chosen)
        assert response.headers["Location"] == f"{page(task)}#files"
        shown = text_of(browser.get(page(task)))
        assert "2 files were attached." in shown
        assert "Größe.pdf" in shown
        with schema_context("alpha"):
            first = Attachment.objects.order_by("pk").first()
        # The type is ours, not what the sender said.
        assert (first.content_type, first.size) == ("application/pdf", len(PDF))
        assert len(stored()) == 2

    @pytest.mark.parametrize("rights", [("view_task",), ("add_attachment",)])
    def test_needs_the_right_to_add_and_to_see_the_task(
        self, rights: tuple[str, ...], signed_in: Callable[..., Any], task: Task
    ) -> None:
        browser = signed_in("Wanda", *rights)
        response = browser.post(page(task, "attach"), {"files": [upload("a.pdf")]})
        assert response.status_code == 403
        assert stored() == []

    def test_is_all_or_nothing_and_says_why(
        self, signed_in: Callable[..., Any], task: Task
    ) -> None:
        browser = signed_in("Wanda", *MAY_ATTACH)
        chosen = {"files": [upload("a.pdf"), upload("b.png", HTML)]}
        shown = text_of(browser.post(page(task, "attach"), chosen))
        assert 'id="id_files_files_error"' in shown
        assert "b.png: the file is not what its name says" in shown
        assert stored() == []

    def test_nothing_chosen_is_said(self, signed_in: Callable[..., Any], task: Task) -> None:
        shown = text_of(signed_in("Wanda", *MAY_ATTACH).post(page(task, "attach")))
        assert "Choose a file first." in shown

    def test_hundreds_of_files_are_refused_in_words(
        self, signed_in: Callable[..., Any], task: Task
    ) -> None:
        chosen = {"files": [upload(f"{number}.txt", b"x") for number in range(250)]}
        response = signed_in("Wanda", *MAY_ATTACH).post(page(task, "attach"), chosen)
        assert response.status_code == 200
        assert "These are 250 files. Choose 10 at the most." in text_of(response)
        assert stored() == []

    def test_what_is_too_much_for_one_request_is_not_kept(
        self, signed_in: Callable[..., Any], task: Task, settings: Any
    ) -> None:
        settings.UPLOAD_MAX_BYTES = 1000
        chosen = {"files": [upload("a.txt", b"x" * 800), upload("b.txt", b"x" * 800)]}
        shown = text_of(signed_in("Wanda", *MAY_ATTACH).post(page(task, "attach"), chosen))
        assert "Together these files are larger than" in shown
        assert "Choose a file first." not in shown
        assert stored() == []


class TestThePlan:
    def test_without_room_the_form_says_so(self, browser: Any, task: Task, alpha: Client) -> None:
        give_plan(alpha, Feature.ATTACHMENTS, max_storage_mb=0)
        response = browser.post(page(task, "attach"), {"files": [upload("a.pdf")]})
        assert "The plan “Own” has room for" in text_of(response)
        assert stored() == []

    def test_without_the_feature_what_is_there_is_fetched_and_deleted(
        self, browser: Any, task: Task, alpha: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        give_plan(alpha, Feature.TIME_TRACKING)
        assert 'id="files"' not in text_of(browser.get(page(task)))
        attachment = an_attachment(task)
        shown = text_of(browser.get(page(task)))
        assert "Files are not part of your plan" in shown
        assert 'type="file"' not in shown
        chosen = {"files": [upload("a.pdf")]}
        refused = browser.post(page(task, "attach"), chosen, follow=True)
        assert refused.redirect_chain == [(f"{page(task)}#files", 302)]
        assert text_of(refused).count("Files are not part of your plan") == 2
        assert len(stored()) == 1
        assert b"".join(browser.get(file_url(attachment))) == PDF
        with django_capture_on_commit_callbacks(execute=True):
            browser.post(f"{LIST}{attachment.pk}/delete/?task={task.pk}", {"post": "yes"})
        assert names() == stored() == []


@pytest.mark.usefixtures("plan")
class TestFetching:
    def test_is_a_download_that_no_browser_takes_for_a_page(
        self, signed_in: Callable[..., Any], task: Task
    ) -> None:
        attachment = an_attachment(task, "Größe “1”.pdf")
        response = signed_in("Wanda", *MAY_SEE).get(file_url(attachment))
        assert b"".join(response) == PDF
        assert response.headers["Content-Type"] == "application/pdf"
        assert response.headers["Content-Length"] == str(len(PDF))
        disposition = response.headers["Content-Disposition"]
        assert disposition == f"attachment; filename*=utf-8''{quote('Größe “1”.pdf')}"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response.headers["Cache-Control"] == "private, no-store"

    def test_head_has_the_same_headers_and_no_file(
        self, signed_in: Callable[..., Any], task: Task
    ) -> None:
        browser, url = signed_in("Wanda", *MAY_SEE), file_url(an_attachment(task))
        head, get = browser.head(url), browser.get(url)
        assert b"".join(get) == PDF
        assert head.content == b""
        assert dict(head.items()) == dict(get.items())

    def test_a_type_that_is_none_of_ours_is_not_believed(
        self, signed_in: Callable[..., Any], task: Task
    ) -> None:
        attachment = an_attachment(task)
        with schema_context("alpha"):
            named = {"content_type": "text/html", "name": 'a"\r\nX: y.html'}
            Attachment.objects.filter(pk=attachment.pk).update(**named)
        response = signed_in("Wanda", *MAY_SEE).get(file_url(attachment))
        assert b"".join(response) == PDF
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["Content-Disposition"].startswith("attachment; ")
        assert "X" not in response.headers

    @pytest.mark.parametrize(
        "rights", [(), ("view_task",), ("view_attachment",), ("delete_attachment",)]
    )
    def test_needs_the_right_to_see_files_and_the_task(
        self, rights: tuple[str, ...], signed_in: Callable[..., Any], task: Task
    ) -> None:
        url = file_url(an_attachment(task))
        assert signed_in("Wanda", *rights).get(url).status_code == 403

    def test_whoever_may_only_attach_finds_nobody_else_s(
        self, signed_in: Callable[..., Any], task: Task
    ) -> None:
        wanda = signed_in("Wanda", *MAY_ATTACH)
        assert wanda.get(file_url(an_attachment(task))).status_code == 302
        wanda.post(page(task, "attach"), {"files": [upload("mine.pdf")]})
        with schema_context("alpha"):
            mine = Attachment.objects.get(name="mine.pdf")
        assert b"".join(wanda.get(file_url(mine))) == PDF

    def test_is_not_for_strangers(self, tenant_browser: Any, alpha: Client, task: Task) -> None:
        stranger = tenant_browser(alpha).get(file_url(an_attachment(task)))
        assert stranger.status_code == 302
        assert "/login/" in stranger.headers["Location"]

    def test_writes_nothing_and_takes_nothing(
        self, signed_in: Callable[..., Any], task: Task
    ) -> None:
        url = file_url(an_attachment(task))
        assert signed_in("Wanda", *MAY_SEE).post(url).status_code == 405

    def test_a_file_that_is_not_there_any_more_has_a_page(
        self, signed_in: Callable[..., Any], task: Task
    ) -> None:
        attachment = an_attachment(task)
        with schema_context("alpha"):
            storages["default"].delete(attachment.file.name)
        response = signed_in("Wanda", *MAY_SEE).get(file_url(attachment))
        assert response.status_code == 404
        assert "This file is not there any more." in text_of(response)
        assert f'href="{page(task)}#files"' in text_of(response)


@pytest.mark.usefixtures("plan")
class TestTheList:
    @pytest.mark.parametrize(
        ("question", "found"), [("", 1), ("q=plan", 1), ("q=WEB-1", 1), ("q=nothing", 0)]
    )
    def test_answers(self, question: str, found: int, browser: Any, task: Task) -> None:
        an_attachment(task)
        assert browser.get(f"{LIST}?{question}").context["cl"].result_count == found

    def test_nobody_adds_or_changes_any_in_it(self, browser: Any, task: Task) -> None:
        attachment = an_attachment(task)
        assert browser.get(f"{LIST}add/").status_code == 403
        change = f"{LIST}{attachment.pk}/change/"
        assert browser.post(change, {"name": "other.pdf"}).status_code == 403
        assert file_url(attachment) in text_of(browser.get(change))

    def test_deleting_needs_the_right(
        self, signed_in: Callable[..., Any], task: Task, django_capture_on_commit_callbacks: Any
    ) -> None:
        url = f"{LIST}{an_attachment(task).pk}/delete/"
        wanda = signed_in("Wanda", *MAY_SEE, "add_attachment")
        assert wanda.post(url, {"post": "yes"}).status_code == 403
        mona = signed_in("Mona", *MAY_SEE, "delete_attachment")
        with django_capture_on_commit_callbacks(execute=True):
            assert mona.post(url, {"post": "yes"}).status_code == 302
        assert names() == stored() == []

    def test_whoever_attached_one_may_delete_it_as_long_as_they_may_attach(
        self, signed_in: Callable[..., Any], task: Task, django_capture_on_commit_callbacks: Any
    ) -> None:
        wanda = signed_in("Wanda", *MAY_SEE, "add_attachment")
        wanda.post(page(task, "attach"), {"files": [upload("mine.pdf")]})
        with schema_context("alpha"):
            mine = Attachment.objects.get(name="mine.pdf")
        url = f"{LIST}{mine.pk}/delete/?task={task.pk}"
        assert url in text_of(wanda.get(page(task)))
        with django_capture_on_commit_callbacks(execute=True):
            response = wanda.post(url, {"post": "yes"})
        assert response.headers["Location"] == f"{page(task)}#files"
        assert names() == stored() == []

    def test_whoever_may_delete_a_task_may_delete_its_files_with_it(
        self, signed_in: Callable[..., Any], task: Task, django_capture_on_commit_callbacks: Any
    ) -> None:
        an_attachment(task)
        with django_capture_on_commit_callbacks(execute=True):
            signed_in("Mona", "view_task", "delete_task").post(page(task, "delete"), {"post": "y"})
        assert names() == stored() == []
