"""Which files are taken in, under which name, and that none outlives its row."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.db import transaction
from django.utils.module_loading import import_string
from django_tenants.utils import schema_context

from console import limits
from console.accounts.models import User
from tenant_data import files
from tenant_data.file_types import CONTENT_TYPES, TYPES
from tenant_data.models import Attachment, Task
from tenants.models import Client, Feature
from tests.tenant_data.work import HTML, PDF, PNG, a_task, a_zip, give_plan, stored, upload


def attach(task: Task, *uploads: Any, user: User | None = None) -> list[Attachment]:
    """As the page does it, in alpha."""
    with schema_context("alpha"):
        files.check_files(list(uploads))
        return files.attach(task, uploads, acting_user=user)


def test_nobody_else_on_the_machine_can_read_a_file(task: Task) -> None:
    """Pages serve them, and no other program does."""
    (attachment,) = attach(task, upload("a.pdf", PDF))
    with schema_context("alpha"):
        path = Path(attachment.file.path)
    modes = [each.stat().st_mode & 0o777 for each in (path, *list(path.parents)[:3])]
    assert path.parents[2].name == "media"
    assert modes == [0o600, 0o700, 0o700, 0o700]


class TestTypes:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.pdf", PDF), ("a.PNG", PNG), ("a.jpg", b"\xff\xd8\xff\xe0"), ("a.gif", b"GIF89a.."),
            ("a.webp", b"RIFF\0\0\0\0WEBPVP8 "), ("a.docx", a_zip()), ("a.zip", a_zip()),
            ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1.."), ("a.rtf", b"{\\rtf1"),
            ("a.heic", b"\0\0\0\x18ftypheic"), ("a.mp4", b"\0\0\0\x18ftypmp42"),
            ("a.mp3", b"ID3\x04"), ("a.mp3", b"\xff\xfb\x90"), ("a.wav", b"RIFF\0\0\0\0WAVEfmt "),
            ("a.tar", b"a" * 257 + b"ustar\0" + b"0" * 250), ("a.gz", b"\x1f\x8b\x08"),
            ("a.txt", b"Gr\xc3\xbc\xc3\x9fe\r\n\tx"), ("a.txt", b"Gr\xfc\xdfe in one byte"),
            ("a.csv", codecs.BOM_UTF16_LE + "ä;b".encode("utf-16-le")), ("a.txt", HTML),
        ],
    )  # fmt: skip
    def test_a_file_that_is_what_it_says_is_taken(self, name: str, content: bytes) -> None:
        files.check_files([upload(name, content)])

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.png", HTML), ("a.pdf", HTML), ("a.docx", PDF), ("a.jpg", PNG), ("a.mp4", HTML),
            ("a.webp", b"RIFF\0\0\0\0WAVE"), ("a.txt", b"MZ\x90\x00\x03"), ("a.csv", PNG),
            ("a.txt", b"x" * 300_000 + b"\x00"), ("a.tar", b"ustar"),
            ("a.txt", codecs.BOM_UTF16_LE + b"\x00\xd8\x00\xd8"),
            ("a.txt", codecs.BOM_UTF16_LE + b"a\x00\x00\x00"),
        ],
    )  # fmt: skip
    def test_a_file_that_is_something_else_is_refused(self, name: str, content: bytes) -> None:
        with pytest.raises(ValidationError, match="not what its name says"):
            files.check_files([upload(name, content)])

    @pytest.mark.parametrize(
        "name",
        ["a.svg", "a.html", "a.exe", "a.js", "a.xlsm", "a", "pdf", "a.pdf.exe", "a.xhtml"],
    )
    def test_a_kind_that_is_not_on_the_list_is_refused(self, name: str) -> None:
        with pytest.raises(ValidationError, match="files of this kind cannot be attached"):
            files.check_files([upload(name)])

    def test_nothing_that_is_served_runs_in_a_browser(self) -> None:
        for content_type in CONTENT_TYPES:
            assert not any(word in content_type for word in ("html", "xml;", "svg", "script"))
            assert content_type not in ("text/xml", "application/xml")
        assert all(extension == extension.lower() for extension in TYPES)


class TestSizes:
    def test_an_empty_file_is_refused(self) -> None:
        with pytest.raises(ValidationError, match=r"a\.txt: the file is empty\."):
            files.check_files([upload("a.txt", b"")])

    def test_a_file_may_be_as_large_as_the_setting_says(self, settings: Any) -> None:
        settings.ATTACHMENT_MAX_MB = 1
        files.check_files([upload("a.txt", b"x" * (1 << 20))])
        with pytest.raises(ValidationError, match=r"the file is larger than 1\.0"):
            files.check_files([upload("a.txt", b"x" * ((1 << 20) + 1))])

    def test_all_of_one_request_together_have_a_limit(self, settings: Any) -> None:
        settings.UPLOAD_MAX_BYTES = 100
        with pytest.raises(ValidationError, match="Together these files are larger"):
            files.check_files([upload("a.txt", b"x" * 60), upload("b.txt", b"x" * 60)])

    def test_so_has_their_number(self) -> None:
        with pytest.raises(ValidationError, match=r"These are 11 files\. Choose 10 at the most"):
            files.check_files([upload(f"{n}.pdf") for n in range(11)])

    def test_each_that_is_wrong_is_named(self) -> None:
        with pytest.raises(ValidationError) as refusal:
            files.check_files([upload("good.pdf"), upload("a.exe"), upload("b.png", HTML)])
        assert [message.split(":")[0] for message in refusal.value.messages] == ["a.exe", "b.png"]


class TestNames:
    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd.txt", "passwd.txt"),
            ("C:\\Users\\Ada\\Plan 3.docx", "Plan 3.docx"),
            ("a\x00b\r\nc\x7f.pdf", "abc.pdf"),
            ("invoice\u202efdp.exe", "invoicefdp.exe"),
            ("\u2066a\u2069\ufeff.pdf", "a.pdf"),
            ("  much   room .pdf ", "much room .pdf"),
            ("Größe – 日本語 “x” & 'y'.pdf", "Größe – 日本語 “x” & 'y'.pdf"),  # noqa: RUF001
            ("cafe\u0301.pdf", "café.pdf"),
            ("dots...", "dots"),
            ("..", ""),
        ],
    )
    def test_are_kept_but_for_what_misleads(self, sent: str, kept: str) -> None:
        assert files.clean_name(sent) == kept

    def test_are_shortened_and_keep_their_extension(self) -> None:
        name = files.clean_name("x" * 300 + ".docx")
        assert len(name) == 150
        assert name.endswith("x.docx")
        assert len(files.clean_name("x." + "y" * 300)) == 150


class TestTheirLife:
    @pytest.fixture
    def after_commit(self, django_capture_on_commit_callbacks: Any) -> Callable[..., Any]:
        return lambda: django_capture_on_commit_callbacks(execute=True)

    def test_the_name_in_the_storage_says_nothing(self, task: Task, storage: Path) -> None:
        attach(task, upload("Salaries of Ada.pdf"))
        (name,) = stored()
        assert name.startswith("attachments/")
        assert "Ada" not in name
        assert stored("beta") == []

    def test_a_file_goes_with_its_row_once_that_is_committed(
        self, task: Task, after_commit: Callable[..., Any]
    ) -> None:
        (attachment,) = attach(task, upload("a.pdf"))
        with after_commit():
            with schema_context("alpha"):
                attachment.delete()
            assert len(stored()) == 1
        # By then the connection had left the company.
        assert stored() == []

    def test_files_go_with_their_task_and_in_bulk(
        self, task: Task, after_commit: Callable[..., Any]
    ) -> None:
        attach(task, upload("a.pdf"), upload("b.pdf"))
        attach(a_task(), upload("c.pdf"))
        with after_commit(), schema_context("alpha"):
            Task.objects.get(pk=task.pk).delete()
        assert len(stored()) == 1
        with after_commit(), schema_context("alpha"):
            Attachment.objects.all().delete()
        assert stored() == []

    def test_a_file_stays_where_the_deletion_is_taken_back(
        self, task: Task, after_commit: Callable[..., Any]
    ) -> None:
        (attachment,) = attach(task, upload("a.pdf"))
        with after_commit(), schema_context("alpha"):
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                attachment.delete()
                _ = 1 / 0
            assert Attachment.objects.count() == 1
        assert len(stored()) == 1

    def test_a_file_that_is_gone_already_does_not_stop_the_deletion(
        self, task: Task, after_commit: Callable[..., Any]
    ) -> None:
        (attachment,) = attach(task, upload("a.pdf"))
        with after_commit(), schema_context("alpha"):
            storages["default"].delete(attachment.file.name)
            attachment.delete()
            assert not Attachment.objects.exists()

    def test_none_is_left_where_the_plan_has_no_room(self, alpha: Client, task: Task) -> None:
        give_plan(alpha, Feature.ATTACHMENTS, max_storage_mb=1)
        half = b"x" * 600_000
        with pytest.raises(limits.LimitReached, match="“Own” has room for"):
            attach(task, upload("a.txt", half), upload("b.txt", half))
        assert stored() == []
        attach(task, upload("a.txt", half))
        with pytest.raises(limits.LimitReached):
            attach(task, upload("b.txt", half))
        assert len(stored()) == 1

    def test_none_is_left_where_a_row_cannot_be_written(self, task: Task) -> None:
        first, second = upload("a.pdf"), upload("b.pdf")
        files.check_files([first, second])
        second.name = "x" * 151 + ".pdf"  # more than the column has
        with schema_context("alpha"), pytest.raises(Exception, match="too long"):
            files.attach(task, [first, second], acting_user=None)
        assert stored() == []

    def test_a_row_that_fails_does_not_take_the_file_of_another(self, task: Task) -> None:
        (attachment,) = attach(task, upload("a.pdf"))
        twin = Attachment(task=task, file=attachment.file.name, name="b", content_type="x", size=1)
        with schema_context("alpha"), pytest.raises(Exception, match="one_file"):
            twin.save()
        assert len(stored()) == 1


class TestAllFiles:
    def test_are_named_by_their_task(self, task: Task, settings: Any) -> None:
        attach(task, upload("a.pdf"), upload("A.pdf"), upload("a.pdf"), upload("b.txt", b"x"))
        attach(a_task(), upload("a.pdf"))
        with schema_context("alpha"):
            Attachment.objects.filter(name="b.txt").update(name="../..")
            found = list(import_string(settings.TENANT_FILES)())
            for _name, stored_as in found:
                assert storages["default"].exists(stored_as)
        assert [name for name, _stored_as in found] == [
            "WEB-1/a.pdf",
            "WEB-1/A.pdf",
            "WEB-1/a.pdf",
            "WEB-1/file",
            "WEB-2/a.pdf",
        ]
