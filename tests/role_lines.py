"""How a line of a table of who may what is written, on either side, and what is posted for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urljoin

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing import storage, working
from console.importing.keeping import receive
from console.importing.models import Import
from console.importing.provider import Provider
from console.sites import ConsoleSite
from tests.conftest import Browser
from tests.page_forms import forms_in, main_form

#: The key of each row, by what it is called in a table. A row that everybody has one of, such as
#: a comment of their own, has a key for each person.
Scene = dict[str, Any]
Answers = dict[str, Any]


#: The pages of an import, and its buttons.
_LOOKED_AT = ("one", "live", "faulty")
_PRESSED = ("confirm", "read", "map", "cancel")


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two admins, and who tries its pages: from the least to the most that they may do.

    The last of the cast may do whatever is possible; the forms are read in that one's browser.
    """

    site: ConsoleSite
    urlconf: str
    #: Where a page may write, the side's own schema first.
    schemas: tuple[str, ...]
    cast: tuple[str, ...]
    #: A word in the export of a model, by ``app_model``, and what it is changed to in an import.
    in_files: Mapping[str, tuple[bytes, bytes]] = field(default_factory=dict)

    @property
    def no_one(self) -> int:
        """From whom on something may be done that not even the last of the cast may."""
        return len(self.cast)

    def url(self, route: str, *args: Any) -> str:
        return reverse(f"admin:{route}", args=args, urlconf=self.urlconf)

    # --- What is in a line --------------------------------------------------------------------

    def look(self, route: str, least: int, *args: str, **query: str) -> Line:
        """Opening a page, which changes nothing."""
        return Line(self, route, least, args, query)

    def do(
        self,
        route: str,
        least: int,
        *args: str,
        writes: bool = True,
        in_words: bool = False,
        on: str = "",
        **answers: Any,
    ) -> Line:
        """Filling in the page's own form, with these answers beside what is there, and sending it.

        An answer that is a name of the scene stands for that row's key; one that is called, for
        what it returns. ``on`` is the page where the form is, if it is another.
        """

        def posted(trial: Trial) -> Answers:
            path = trial.path
            fields = _form_to(trial.most, self.url(on, trial.key(args[0])), path) if on else None
            return {**(fields or _form(trial.most, path)), **trial.filled(answers)}

        return Line(self, route, least, args, posted=posted, writes=writes, in_words=in_words)

    def post(
        self,
        route: str,
        least: int,
        *args: str,
        writes: bool = True,
        in_words: bool = False,
        **data: Any,
    ) -> Line:
        """Sending what a page elsewhere sends here."""

        def posted(trial: Trial) -> Answers:
            return trial.filled(data)

        return Line(self, route, least, args, posted=posted, writes=writes, in_words=in_words)

    def imports(self, model: str, least: int) -> list[Line]:
        """Everything that is done about files that are to be imported: each person brings one
        that waits for them."""
        pages = [
            Line(self, f"{model}_import_{page}", least, ("brought",), before=bring)
            for page in ("one", "live", "faulty")
        ]
        answers: dict[str, Answers] = {
            "confirm": {"rows": "all"},
            "read": {},
            "map": {},
            "cancel": {},
        }
        buttons = [
            Line(
                self,
                f"{model}_import_{button}",
                least,
                ("brought",),
                before=bring,
                posted=partial(_answers, answer),
                writes=True,
            )
            for button, answer in answers.items()
        ]
        route = f"{model}_import_undo"
        posted = partial(_answers, {})
        undo = Line(self, route, least, ("brought",), before=bring_in, posted=posted, writes=True)
        return [
            undo,
            self.look(f"{model}_import", least),
            self.look(f"{model}_import_sample", least),
            self.upload(model, least),
            *pages,
            *buttons,
        ]

    def imports_for(
        self, route: str, least: int, *args: str, before: Callable[[Trial], None]
    ) -> list[Line]:
        """The same of a file that is for a company."""

        keys, posted = (*args, "brought"), partial(_answers, {"rows": "all"})
        return [
            *(Line(self, f"{route}_{page}", least, keys, before=before) for page in _LOOKED_AT),
            *(
                Line(self, f"{route}_{button}", least, keys, {}, before, posted, writes=True)
                for button in _PRESSED
            ),
        ]

    def upload(self, model: str, least: int) -> Line:
        """A file that would change a row, as far as its preview."""

        def posted(trial: Trial) -> Answers:
            return {"import_file": SimpleUploadedFile("rows.csv", _a_file(self, model, trial.most))}

        return Line(self, f"{model}_import", least, posted=posted, writes=True)

    def export(self, model: str, least: int) -> Line:
        return self.do(f"{model}_export", least, writes=False, format="0")


@dataclass(frozen=True)
class Line:
    """One line of the table: a page, from whom on it may be used, and what is done with it."""

    side: Side
    route: str
    least: int
    args: tuple[str, ...] = ()
    query: dict[str, str] = field(default_factory=dict)
    #: What is done before it, whoever tries it.
    before: Callable[[Trial], None] | None = None
    #: What is posted; ``None`` only looks.
    posted: Callable[[Trial], Answers] | None = None
    writes: bool = False
    #: Whether the page may be refused on the page itself: it is for them, but not with this.
    in_words: bool = False

    def __str__(self) -> str:
        verb = "look" if self.posted is None else "do" if self.writes else "ask"
        return "-".join([self.route, *self.args, verb]).replace(" ", "_")


@dataclass(frozen=True)
class Trial:
    """A line that one person tries."""

    line: Line
    scene: Scene
    who: str
    user: User
    #: The browser of whoever may do the most, in which the page's own form can be read.
    most: Browser

    def key(self, name: str) -> Any:
        found = self.scene.get(name, name)
        return found[self.who] if isinstance(found, dict) else found

    @property
    def path(self) -> str:
        url = self.line.side.url(self.line.route, *map(self.key, self.line.args))
        query = "&".join(f"{name}={value}" for name, value in self.line.query.items())
        return f"{url}?{query}".rstrip("?")

    def filled(self, answers: Answers) -> Answers:
        return {name: self._filled(value) for name, value in answers.items()}

    def _filled(self, value: Any) -> Any:
        if callable(value):
            return value()
        return self.key(value) if isinstance(value, str) else value


def bring_for(schema: str, model: str, content: bytes) -> Callable[[Trial], None]:
    """Have this very one of the staff bring a file for a company, with a row in error."""

    def bring(trial: Trial) -> None:
        with schema_context(schema):
            import_ = receive(
                ContentFile(content),
                model=model,
                name="rows.csv",
                make=working.admin_of(model).make_resource,
                user=Provider(trial.user.email),
            )
            with storage.write() as (import_.faulty, _file):
                import_.save()
        trial.scene["brought"] = import_.pk

    return bring


def _answers(answers: Answers, trial: Trial) -> Answers:
    return answers


def bring(trial: Trial) -> None:
    """Have this very user bring a file that would change a row, and has one in error."""
    side = trial.line.side
    model = trial.line.route.partition("_import_")[0]
    [pages] = [
        pages
        for pages in side.site._registry.values()
        if f"{pages.opts.app_label}_{pages.opts.model_name}" == model
    ]
    content = _a_file(side, model, trial.most)
    with schema_context(side.schemas[0]):
        import_ = receive(
            ContentFile(content),
            model=pages.opts.label_lower,
            name="rows.csv",
            make=pages.make_resource,
            user=trial.user,
        )
        with storage.write() as (import_.faulty, _file):
            import_.save()
    trial.scene["brought"] = import_.pk


def bring_in(trial: Trial) -> None:
    """The same, as one that was imported: nobody has to have the right to do that."""
    bring(trial)
    now = timezone.now()
    with schema_context(trial.line.side.schemas[0]):
        Import.objects.filter(pk=trial.scene["brought"]).update(
            state="done", confirmed_at=now, finished_at=now, stored_as="", new=0
        )


@lru_cache(maxsize=1)  # Each person of a line sends the same; a line has a browser of its own.
def _form(most: Browser, path: str) -> Answers:
    """The fields of the page's form, as they are."""
    page = most.get(path)
    assert page.status_code == 200, page.status_code
    return dict(main_form(page.content.decode()).fields)


@lru_cache(maxsize=1)
def _form_to(most: Browser, page: str, target: str) -> Answers:
    """The fields of the form on the page that is sent to the target."""
    found = forms_in(most.get(page).content.decode())
    [form] = [form for form in found if urljoin(page, form.action) == target]
    return dict(form.fields)


@lru_cache(maxsize=1)
def _a_file(side: Side, model: str, most: Browser) -> bytes:
    """An export with one word changed."""
    path = side.url(f"{model}_export")
    content: bytes = most.post(path, {**_form(most, path), "format": "0"}).getvalue()
    old, new = side.in_files[model]
    assert old in content
    return content.replace(old, new)
