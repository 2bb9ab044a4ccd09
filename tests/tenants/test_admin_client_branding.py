"""A client's colour and logo: chosen by the staff with a sample, shown on its own pages."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.utils import timezone
from PIL import Image

from console.accounts.models import User
from console.palette import scale
from tenants.models import Client, Domain
from tenants.operations import lifecycle
from tests.tenants.client_pages import change, errors_of, form

SHADES = "/tenants/client/shades/"


def picture(size: tuple[int, int] = (600, 300)) -> bytes:
    stored = io.BytesIO()
    Image.new("RGB", size, "#dc2626").save(stored, format="PNG")
    return stored.getvalue()


def sent(content: bytes | None = None, name: str = "My Logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture() if content is None else content, "image/png")


def posted(client: Client, **fields: Any) -> dict[str, Any]:
    domain = client.domains.get()
    row = (domain.domain, True, False, domain.pk)
    return form(row, client=client, **{"name": client.name, **fields})


@pytest.fixture
def with_logo(alpha: Client) -> Client:
    alpha.logo.save("logo.png", ContentFile(picture((32, 32))))
    return alpha


class TestChoosingALogo:
    def test_it_is_written_anew_under_a_name_of_our_own(
        self, browser: Any, alpha: Client, logos_folder: Path
    ) -> None:
        response = browser.post(change(alpha), posted(alpha, logo=sent()))
        assert response.status_code == 302, errors_of(response)
        alpha.refresh_from_db()
        assert "My" not in alpha.logo.name
        assert [file.name for file in logos_folder.iterdir()] == [alpha.logo.name]
        with Image.open(logos_folder / alpha.logo.name) as image:
            assert image.size == (512, 256)

    def test_a_stale_form_of_an_archived_client_takes_no_file_away(
        self,
        browser: Any,
        draft: Client,
        logos_folder: Path,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        draft.logo.save("logo.png", ContentFile(picture((32, 32))))
        lifecycle.archive(draft, removal_on=timezone.localdate(), acting_user=None)
        with django_capture_on_commit_callbacks(execute=True):
            browser.post(change(draft), posted(draft, logo=sent()))
        draft.refresh_from_db()
        assert [file.name for file in logos_folder.iterdir()] == [draft.logo.name]

    def test_the_old_file_goes_once_the_new_one_is_there(
        self,
        browser: Any,
        with_logo: Client,
        logos_folder: Path,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        old = with_logo.logo.name
        with django_capture_on_commit_callbacks(execute=True):
            browser.post(change(with_logo), posted(with_logo, logo=sent()))
            assert (logos_folder / old).exists()
        with_logo.refresh_from_db()
        assert [file.name for file in logos_folder.iterdir()] == [with_logo.logo.name]

    def test_it_can_be_removed(
        self,
        browser: Any,
        with_logo: Client,
        logos_folder: Path,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        assert 'name="logo-clear"' in browser.get(change(with_logo)).content.decode()
        with django_capture_on_commit_callbacks(execute=True):
            rows = posted(with_logo, **{"logo-clear": "on"})
            assert browser.post(change(with_logo), rows).status_code == 302
        with_logo.refresh_from_db()
        assert not with_logo.logo
        assert not list(logos_folder.iterdir())

    def test_it_stays_where_none_is_sent(self, browser: Any, with_logo: Client) -> None:
        name = with_logo.logo.name
        assert browser.post(change(with_logo), posted(with_logo)).status_code == 302
        with_logo.refresh_from_db()
        assert with_logo.logo.name == name

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture that can be read"),
            (b"", "empty"),
            (b"x" * 1_048_577, "larger than 1 MB"),
            (picture((5000, 4000)), "16 megapixels at the most"),
        ],
    )
    def test_what_is_no_logo_is_refused(
        self,
        browser: Any,
        with_logo: Client,
        logos_folder: Path,
        content: bytes,
        message: str,
    ) -> None:
        response = browser.post(change(with_logo), posted(with_logo, logo=sent(content)))
        assert message in errors_of(response)
        assert [file.name for file in logos_folder.iterdir()] == [with_logo.logo.name]

    def test_one_that_was_let_go_on_its_way_in_is_told_of(
        self, browser: Any, with_logo: Client, logos_folder: Path, settings: Any
    ) -> None:
        settings.UPLOAD_MAX_BYTES = 10
        response = browser.post(change(with_logo), posted(with_logo, logo=sent(picture())))
        assert "The file is larger than 1 MB." in errors_of(response)
        assert [file.name for file in logos_folder.iterdir()] == [with_logo.logo.name]

    def test_nothing_is_stored_where_something_else_is_wrong(
        self, browser: Any, alpha: Client, logos_folder: Path
    ) -> None:
        response = browser.post(change(alpha), posted(alpha, logo=sent(), colour="red"))
        assert "Choose the logo again" in response.content.decode()
        assert not logos_folder.exists()

    def test_a_form_that_lost_a_race_leaves_no_file(
        self,
        browser: Any,
        alpha: Client,
        logos_folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        save, races = Domain.save, [IntegrityError("somebody was quicker")]

        def lose_once(domain: Domain, *args: Any, **kwargs: Any) -> None:
            if races:
                raise races.pop()
            save(domain, *args, **kwargs)

        monkeypatch.setattr(Domain, "save", lose_once)
        rows = posted(alpha, logo=sent()) | {
            "domains-TOTAL_FORMS": 2,
            "domains-1-domain": "more.example.org",
        }
        assert browser.post(change(alpha), rows).status_code == 302
        alpha.refresh_from_db()
        assert [file.name for file in logos_folder.iterdir()] == [alpha.logo.name]


class TestTheLogoOnTheStaffsSide:
    def url(self, client: Client) -> str:
        return f"/tenants/client/{client.pk}/logo/{client.logo.name}"

    def test_is_for_those_who_see_the_client(
        self,
        staff_browser: Callable[..., Any],
        viewer: User,
        outsider: User,
        with_logo: Client,
    ) -> None:
        url = self.url(with_logo)
        response = staff_browser(viewer).get(url)
        assert response.status_code == 200
        assert response["Cache-Control"].startswith("private")
        assert staff_browser(outsider).get(url).status_code == 403
        assert staff_browser().get(url).status_code == 302

    def test_a_viewer_sees_it_and_has_no_field(
        self, staff_browser: Callable[..., Any], viewer: User, with_logo: Client
    ) -> None:
        page = staff_browser(viewer).get(change(with_logo)).content.decode()
        assert self.url(with_logo) in page
        assert 'name="logo"' not in page

    @pytest.mark.parametrize("name", ["other.png", "..%2f..%2fetc%2fpasswd", "%2e%2e"])
    def test_other_names_are_not_found(self, browser: Any, with_logo: Client, name: str) -> None:
        url = f"/tenants/client/{with_logo.pk}/logo/{name}"
        assert browser.get(url).status_code not in (200, 500)


class TestTheLogoOnTheClientsSide:
    def test_is_for_everybody_and_is_nothing_but_a_picture(
        self, tenant_browser: Callable[..., Any], with_logo: Client
    ) -> None:
        response = tenant_browser(with_logo).get(f"/branding/logo/{with_logo.logo.name}")
        assert response.status_code == 200
        assert response.content.startswith(b"\x89PNG")
        assert response["Content-Type"] == "image/png"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]
        assert "immutable" in response["Cache-Control"]
        post = tenant_browser(with_logo).post(f"/branding/logo/{with_logo.logo.name}")
        assert post.status_code == 405

    def test_is_on_its_pages(
        self, tenant_browser: Callable[..., Any], with_logo: Client, owner: User
    ) -> None:
        address = f'src="/branding/logo/{with_logo.logo.name}"'
        assert address in tenant_browser(with_logo).get("/login/").content.decode()
        assert address in tenant_browser(with_logo, owner).get("/").content.decode()

    def test_is_not_another_clients(
        self, tenant_browser: Callable[..., Any], with_logo: Client, beta: Client
    ) -> None:
        url = f"/branding/logo/{with_logo.logo.name}"
        assert tenant_browser(beta).get(url).status_code == 404
        assert tenant_browser(beta).get("/branding/logo/x").status_code == 404

    def test_a_file_that_is_gone_is_not_found(
        self, tenant_browser: Callable[..., Any], with_logo: Client, logos_folder: Path
    ) -> None:
        name = with_logo.logo.name
        (logos_folder / name).unlink()
        assert tenant_browser(with_logo).get(f"/branding/logo/{name}").status_code == 404

    def test_a_file_of_no_known_kind_is_not_served(
        self, tenant_browser: Callable[..., Any], alpha: Client, logos_folder: Path
    ) -> None:
        logos_folder.mkdir()
        (logos_folder / "logo.svg").write_text("<svg/>")
        Client.objects.filter(pk=alpha.pk).update(logo="logo.svg")
        assert tenant_browser(alpha).get("/branding/logo/logo.svg").status_code == 404


class TestShades:
    def test_are_those_of_the_clients_pages(self, browser: Any) -> None:
        steps = scale("#2563eb")
        assert browser.get(SHADES, {"colour": "#2563EB"}).json() == {
            "button": steps["600"],
            "link_light": steps["600"],
            "link_dark": steps["500"],
            "note": "",
        }

    @pytest.mark.parametrize(
        ("colour", "note"), [("#ffee00", "hard to read"), ("#000000", "vanish on a dark page")]
    )
    def test_say_what_becomes_of_a_difficult_colour(
        self, browser: Any, colour: str, note: str
    ) -> None:
        assert note in browser.get(SHADES, {"colour": colour}).json()["note"]

    @pytest.mark.parametrize("colour", ["", "red", "#12345", "#12345g", "#1234567", "\u0663" * 7])
    def test_of_no_colour_are_refused(self, browser: Any, colour: str) -> None:
        assert browser.get(SHADES, {"colour": colour}).status_code == 400

    def test_need_a_right_on_clients(
        self, staff_browser: Callable[..., Any], viewer: User, outsider: User
    ) -> None:
        query = {"colour": "#2563eb"}
        assert staff_browser(viewer).get(SHADES, query).status_code == 200
        assert staff_browser(outsider).get(SHADES, query).status_code == 403
        assert staff_browser().get(SHADES, query).status_code == 302
