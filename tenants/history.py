"""What is written into the history of a client beside changes of its fields, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

#: A name for the filter of the log, and the sentence with its details.
EVENTS = {
    "suspended": (_("Suspended"), _("Suspended")),
    "reactivated": (_("Reactivated"), _("Reactivated")),
    "archived": (_("Archived"), _("Archived, the data to be kept until %(removal_on)s")),
    "removal_date_changed": (
        _("Removal date changed"),
        _("The data is now to be kept until %(removal_on)s"),
    ),
    "restored": (_("Restored"), _("Restored")),
    "schema_dropped": (_("Schema dropped"), _("Schema dropped")),
    "sign_in_link_shown": (_("Sign-in link shown"), _("Sign-in link of %(email)s shown")),
    "sign_in_link_being_sent": (
        _("Sign-in link being sent"),
        _("Sign-in link being sent to %(email)s"),
    ),
    "sign_in_link_not_sent": (
        _("Sign-in link not sent"),
        _("Sign-in link to %(email)s could not be sent"),
    ),
    "sign_in_link_sent": (_("Sign-in link sent"), _("Sign-in link sent to %(email)s")),
    "tenant_admin_added": (_("Admin added"), _("Admin %(email)s added to the tenant")),
}
