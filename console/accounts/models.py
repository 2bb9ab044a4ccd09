"""The user: one model, a table in `public` (the staff) and one in every tenant's schema.

No model that lives in `public` alone may have a foreign key to the user that cascades or sets
null: deleting user 1 of a tenant would then touch the rows of staff user 1.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console import limits
from console.names import composed, validate_name


class UserManager(BaseUserManager["User"]):
    """Users are found by e-mail address, whatever its capitals."""

    use_in_migrations = True

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """The address in lower case, without blanks at its ends: one person, one spelling."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=self.normalize_email(username))

    def _create(self, email: str, password: str | None, **fields: Any) -> User:
        email = self.normalize_email(email)
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user without rights. With no password, one that cannot sign in until it sets one."""
        return self._create(email, password, **{"is_staff": False, "is_superuser": False, **fields})

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with every right on this side, and on this side alone."""
        return self._create(email, password, **{"is_staff": True, "is_superuser": True, **fields})


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in with an e-mail address and a password."""

    email = models.EmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("There is already a user with this e-mail address.")},
    )
    name = models.CharField(_("name"), max_length=150, blank=True, validators=[validate_name])
    is_staff = models.BooleanField(
        _("may use the admin"),
        default=True,
        help_text=_("Whether this user may sign in to these pages at all."),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Untick instead of deleting: the user can no longer sign in."),
    )
    date_joined = models.DateTimeField(_("date joined"), default=timezone.now, editable=False)

    #: What the user chose for the pages, such as the order of lists; see ``console.changelist``.
    preferences = models.JSONField(_("preferences"), default=dict, blank=True, editable=False)

    #: What a plan counts users who can sign in as; see ``console.limits``.
    counted_as = "users"

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("email",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="accounts_user_email_is_lower_case"
            ),
        )

    def __str__(self) -> str:
        return self.get_full_name()

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.email = type(self).objects.normalize_email(self.email)
        super().clean_fields(exclude=exclude)

    def clean(self) -> None:
        super().clean()
        self.name = composed(self.name)
        self._check_limit()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises ``LimitReached`` for one more who can sign in than a company's plan allows."""
        written = kwargs.get("update_fields")
        with transaction.atomic():
            if written is None or "is_active" in written:
                self._check_limit()
            super().save(*args, **kwargs)

    def _check_limit(self) -> None:
        if not self.is_active or limits.plan_of_company() is None:
            return
        others = type(self).objects.filter(pk=self.pk, is_active=True)
        if self._state.adding or not others.exists():
            limits.check("users")

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email
