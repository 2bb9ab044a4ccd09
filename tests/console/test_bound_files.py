"""Files of one company, and what leads to them: taken from alpha to beta, and to the staff's side,
by somebody who is the same user in all three (``twins.py``).

A file that waits to be imported, attachments, exports. Ids are equal too:
each company gets its own row, and a row that names another's file leads to none.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from django_tenants.utils import schema_context

from console.company.models import DataExport, ExportState
from console.importing.models import Import
from tenant_data.models import Attachment, Label
from tenants.models import Client, Feature
from tests.conftest import Browser
from tests.console.company import EXPORT, give
from tests.console.twins import PK, a_task, text_of

SECRET = b"%PDF-1.7\nSecret of Alpha"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path, alpha: Client) -> Path:
    give(alpha, *Feature)  # Both have the one plan.
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


class TestImports:
    """The import that waits for its confirmation, and its file."""

    def preview(self, browser: Browser, content: bytes = b"name\nSecret\n") -> Any:
        file = io.BytesIO(content)
        file.name = "labels.csv"
        page = browser.post("/tenant_data/label/import/", {"import_file": file}, follow=True)
        return page.context

    def test_a_preview_is_confirmed_where_it_was_shown(
        self, in_alpha: Browser, elsewhere: Browser, in_beta: Browser
    ) -> None:
        page = self.preview(in_alpha)
        for name in ("confirm_url", "read_url", "cancel_url", "live_url", "faulty_url"):
            assert elsewhere.post(page[name], {"rows": "all"}).status_code in (200, 404)
        with schema_context("beta"):
            assert not Label.objects.exists()
        assert in_alpha.get(page["live_url"].replace("live/", "")).status_code == 200
        in_alpha.post(page["confirm_url"], {"rows": "all"})
        with schema_context("alpha"):
            assert Label.objects.get().name == "Secret"

    def test_a_row_that_names_anothers_file_leads_to_none(
        self, in_alpha: Browser, in_beta: Browser
    ) -> None:
        theirs = self.preview(in_alpha)["import"]
        page = self.preview(in_beta, b"name,colour\nOwn,nowhere\n")
        with schema_context("beta"):
            Import.objects.update(stored_as=theirs.stored_as, digest=theirs.digest, in_error=0)
            Import.objects.update(faulty=theirs.stored_as, new=1)
        assert in_beta.get(page["faulty_url"]).status_code == 404
        in_beta.post(page["confirm_url"], {"rows": "all"})
        with schema_context("beta"):
            assert Import.objects.get().state == "failed"
            assert not Label.objects.exists()

    def test_what_is_too_large_for_the_memory_is_gone_with_its_request(
        self, in_alpha: Browser, settings: Any, tmp_path: Path
    ) -> None:
        """Until then it lies in a folder that all companies' requests share."""
        folder = tmp_path / "temporary"
        folder.mkdir()
        settings.FILE_UPLOAD_TEMP_DIR = str(folder)
        settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 5
        before = folder.stat().st_mtime_ns
        self.preview(in_alpha)
        assert folder.stat().st_mtime_ns > before, "nothing was ever kept there"
        assert list(folder.iterdir()) == []

    def test_a_file_that_waits_lies_in_the_folder_of_its_company(
        self, in_alpha: Browser, imports_folder: Path
    ) -> None:
        self.preview(in_alpha)
        (found,) = [path for path in imports_folder.rglob("*") if path.is_file()]
        assert found.parent == imports_folder / "alpha"


class TestAttachments:
    def attach(self, schema: str, content: bytes, **fields: Any) -> Attachment:
        task = a_task(schema, f"Task of {schema}")
        with schema_context(schema):
            known = {"name": "plan.pdf", "content_type": "application/pdf", "size": len(content)}
            known |= {"pk": PK, "task": task, **fields}
            return Attachment.objects.create(**{"file": ContentFile(content, "plan.pdf"), **known})

    FILE = f"/tenant_data/attachment/{PK}/file/"

    def test_are_fetched_where_they_are(self, in_alpha: Browser, elsewhere: Browser) -> None:
        self.attach("alpha", SECRET)
        assert text_of(in_alpha.get(self.FILE)).encode() == SECRET
        response = elsewhere.get(self.FILE)
        assert response.status_code == (404 if elsewhere.schema == "public" else 302)
        assert not response.streaming

    def test_of_the_same_id_each_company_gets_its_own(
        self, in_alpha: Browser, in_beta: Browser
    ) -> None:
        self.attach("alpha", SECRET)
        self.attach("beta", b"%PDF-1.7\nof Beta")
        assert text_of(in_alpha.get(self.FILE)).encode() == SECRET
        assert text_of(in_beta.get(self.FILE)) == "%PDF-1.7\nof Beta"

    @pytest.mark.parametrize("name", ["{}", "../alpha/{}", "/{}"])
    def test_a_row_that_names_anothers_file_leads_to_none(
        self, in_beta: Browser, media: Path, name: str
    ) -> None:
        """Whoever can write a row of theirs can write any name into it."""
        theirs = self.attach("alpha", SECRET).file.name
        assert (media / "alpha" / theirs).read_bytes() == SECRET
        self.attach("beta", b"", file=name.format(theirs))
        response = in_beta.get(self.FILE)
        assert response.status_code in (400, 404)
        assert "Secret" not in text_of(response)


class TestExports:
    DOWNLOAD = f"{EXPORT}{PK}/download/"

    def export(self, schema: str, name: str = "") -> str:
        with schema_context(schema):
            export = DataExport(pk=PK, state=ExportState.DONE, finished_at=timezone.now())
            if name:
                export.file = name
            else:
                export.file.save("exports/same.zip", ContentFile(f"of {schema}"), save=False)
            export.save()
        return str(export.file.name)

    def test_are_downloaded_where_they_were_made(
        self, in_alpha: Browser, elsewhere: Browser
    ) -> None:
        self.export("alpha")
        assert text_of(in_alpha.post(self.DOWNLOAD)) == "of alpha"
        assert elsewhere.post(self.DOWNLOAD).status_code == 404

    def test_of_the_same_id_and_name_each_company_gets_its_own(
        self, in_alpha: Browser, in_beta: Browser
    ) -> None:
        assert self.export("alpha") == self.export("beta")
        assert text_of(in_alpha.post(self.DOWNLOAD)) == "of alpha"
        assert text_of(in_beta.post(self.DOWNLOAD)) == "of beta"

    def test_a_row_that_names_anothers_file_leads_to_none(self, in_beta: Browser) -> None:
        self.export("beta", self.export("alpha"))
        response = in_beta.post(self.DOWNLOAD)
        assert (response.status_code, response.streaming) == (302, False)

    def test_a_file_of_rows_has_the_rows_that_are_here(
        self, in_alpha: Browser, in_beta: Browser
    ) -> None:
        a_task("alpha", "Zephyr Uno")
        a_task("beta", "Zephyr Duo")
        page = "/tenant_data/task/export/?q=zephyr"
        file, file_of_beta = (
            text_of(each.post(page, {"format": "0"})) for each in (in_alpha, in_beta)
        )
        assert ("Uno" in file, "Duo" in file) == (True, False)
        assert ("Uno" in file_of_beta, "Duo" in file_of_beta) == (False, True)
