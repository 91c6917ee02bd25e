"""How many questions one address may ask: a token bucket for each, in memory and nowhere else.

An address is never stored or logged. What a refusal looks like is for the error handlers to know.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from assistant.errors import TooManyQuestionsError

Network = IPv4Network | IPv6Network

ADDRESSES = 10_000
"""How many addresses are remembered; the one that asked longest ago makes room."""


class RateLimit:
    """Lets each address ask ``per_minute`` questions a minute, all at once if it likes.

    Args:
        per_minute: 0 lets everybody ask as much as they like.
        trusted_proxies: who may say on whose behalf it asks.
        clock: seconds that only go up.
    """

    def __init__(
        self,
        per_minute: int,
        trusted_proxies: Sequence[Network] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._trusted = trusted_proxies
        self._clock = clock
        self._lock = threading.Lock()
        # By address: how many questions were left, and when.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, peer: str, forwarded_for: str = "") -> None:
        """Count one question.

        Args:
            peer: the address that the connection comes from.
            forwarded_for: what ``X-Forwarded-For`` says; believed only of a trusted proxy.

        Raises:
            TooManyQuestionsError: there were too many; it says how long to wait.
        """
        if not self._per_minute:
            return
        address = self.address(peer, forwarded_for)
        rate = self._per_minute / 60
        with self._lock:
            now = self._clock()
            left, then = self._buckets.pop(address, (float(self._per_minute), now))
            left = min(left + (now - then) * rate, float(self._per_minute))
            allowed = left >= 1
            self._buckets[address] = (left - 1 if allowed else left, now)
            while len(self._buckets) > ADDRESSES:
                self._buckets.popitem(last=False)
        if not allowed:
            raise TooManyQuestionsError(math.ceil((1 - left) / rate))

    def address(self, peer: str, forwarded_for: str = "") -> str:
        """Who asks, as one address is counted."""
        return _network(self._client(peer, forwarded_for))

    def _client(self, peer: str, forwarded_for: str) -> str:
        """Who asks: the last in the chain that is no trusted proxy, since all before may be made up."""
        client = peer
        for claimed in reversed(forwarded_for.split(",")):
            if not self._is_trusted(client) or not _is_address(claimed.strip()):
                break
            client = claimed.strip()
        return client

    def _is_trusted(self, address: str) -> bool:
        return _is_address(address) and any(_plain(address) in n for n in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _plain(address: str) -> object:
    """The address; an IPv4 one that is written as IPv6 is an IPv4 one."""
    parsed = ip_address(address)
    return (isinstance(parsed, IPv6Address) and parsed.ipv4_mapped) or parsed


def _network(address: str) -> str:
    """What counts as one address: of IPv6, everybody has 2⁶⁴."""
    if not _is_address(address):
        return address[:64]
    plain = _plain(address)
    return (
        str(IPv6Network((int(plain), 64), False)) if isinstance(plain, IPv6Address) else str(plain)
    )
