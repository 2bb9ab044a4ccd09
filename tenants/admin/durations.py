"""How long something took, or is likely to take, in words."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _t


def duration_in_words(duration: timedelta | None) -> str | None:
    """As short as it can be read: “0.8 s”, “12 s”, “3 min 5 s”, “2 h 10 min”."""
    if duration is None:
        return None
    seconds = max(duration.total_seconds(), 0)
    if seconds < 10:
        return _t("%(seconds).1f s") % {"seconds": seconds}
    minutes, rest = divmod(int(seconds), 60)
    if not minutes:
        return _t("%(seconds)d s") % {"seconds": rest}
    if minutes < 60:
        return _t("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return _t("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


def about(duration: timedelta) -> str:
    """An estimate, no finer than it can be trusted: “half a second”, “20 s”, “4 min”, “3 h”."""
    seconds = duration.total_seconds()
    if seconds < 0.75:
        return _t("half a second")
    if seconds < 1:
        return _t("1 s")
    if seconds < 10:
        return _t("%(seconds)d s") % {"seconds": round(seconds)}
    if seconds < 90:
        return _t("%(seconds)d s") % {"seconds": round(seconds / 5) * 5}
    if seconds < 90 * 60:
        return _t("%(minutes)d min") % {"minutes": round(seconds / 60)}
    return _t("%(hours)d h") % {"hours": round(seconds / 3600)}
