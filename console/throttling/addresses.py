"""Where a request comes from, as far as it can be believed."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

#: Where nobody knows: the web server listens on a socket, and no proxy is known.
NOWHERE = "::"
#: What one household or office is given of the new addresses; within, it has millions.
_PREFIX_BITS = 64


def client_address(request: HttpRequest) -> str:
    """The address of the visitor, or of the first of those in between that is not ours.

    ``X-Forwarded-For`` is written by whoever likes to; each proxy adds at its end whom it was
    called by. So as many entries from the end count as ``CONSOLE_PROXIES`` says there are proxies
    of ours, and with none of them nothing of it does. Addresses of version 6 are cut to the
    network that one visitor has.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    proxies = settings.PROXY_COUNT
    if proxies and len(forwarded) >= proxies and (address := _plain(forwarded[-proxies])):
        return address
    return _plain(request.META.get("REMOTE_ADDR", "")) or NOWHERE


def _plain(text: str) -> str:
    """The address without its port or zone; empty where it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _PREFIX_BITS), strict=False).network_address)
