"""Pages of lists that may be long."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.utils.functional import cached_property

#: So many rows are counted, and can be reached page by page; filters and the search lead to others.
MOST = 10_000


class BoundedPaginator(Paginator):
    """Counts no further than anybody turns pages: a count of a whole table grows with the table."""

    @cached_property
    def count(self) -> int:
        """How many there are, ``MOST`` at the most; see ``is_more``."""
        return min(self._counted, MOST)

    @property
    def is_more(self) -> bool:
        return self._counted > MOST

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by()[: MOST + 1].count()
