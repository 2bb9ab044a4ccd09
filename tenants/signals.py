"""What `tenants` tells others that it knows nothing of."""

from __future__ import annotations

from django.dispatch import Signal

#: A client's pages are open again: it was reactivated or restored. Sent with ``schema``, in
#: ``public`` and in the transaction that opens them. What waited for it can be taken up again.
reopened = Signal()
