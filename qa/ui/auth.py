"""Who may use the page: names and passwords, sent with each request (HTTP Basic, RFC 7617).

One check in front of everything covers the page, its files, the endpoints and MCP alike.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import secrets
import stat
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from embeddings.errors import PinciteError

MAX_FAILURES = 5
"""Different wrong guesses before a name or an address has to wait."""
LOCKED_SECONDS = 60.0
"""How long it waits the first time; twice as long each time after."""
LONGEST_LOCK_SECONDS = 3600.0
_FORGOTTEN_SECONDS = 24 * 3600.0
_REMEMBERED = 10_000

_FORM = "expected USER:PASSWORD, as in anna:correct-horse"


class AuthError(PinciteError):
    """The names and passwords given cannot be used."""


def read_accounts(given: Sequence[str], file: Path | None) -> dict[str, str]:
    """The passwords by name: from `--auth` and from the lines of a file that only its owner reads.

    Empty lines and those that begin with # are left out. Raises `AuthError`.
    """
    lines = [("--auth", each) for each in given]
    if file is not None:
        try:
            mode = file.stat().st_mode
            text = file.read_text("utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise AuthError(f"The passwords in {file} cannot be read: {reason}.") from error
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise AuthError(
                f"{file} can be read by others on this machine (mode {stat.S_IMODE(mode):o}). "
                f"Make it yours alone: chmod 600 {file}"
            )
        numbered = enumerate(text.splitlines(), start=1)
        lines += [
            (f"{file}, line {number}", line)
            for number, line in numbered
            if line.strip() and not line.startswith("#")
        ]
    accounts: dict[str, str] = {}
    for place, line in lines:
        user, colon, password = line.partition(":")
        if not (user and colon and password):
            raise AuthError(f"{place}: {_FORM}; neither may be empty.")
        if user in accounts:
            raise AuthError(f"{place}: {user!r} has a password already; give each name one.")
        accounts[user] = password
    if file is not None and not accounts:
        raise AuthError(f"There is no password in {file}: {_FORM}, one on each line.")
    return accounts


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request is let in; if not, how many seconds its sender has to wait, 0 for none."""

    let_in: bool
    wait_seconds: float = 0.0


class Passwords:
    """Judges the Authorization headers of requests.

    Too many different wrong guesses lock a name out, and the address that they come from; a name
    stays open to the addresses from which it was used with its password, so that no stranger can
    lock its owner out. The passwords themselves are not kept.
    """

    def __init__(
        self, accounts: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._key = secrets.token_bytes(32)
        self._digests = {user: self._digest(user, p) for user, p in accounts.items()}
        self._nobody = secrets.token_bytes(32)
        self._clock = clock
        self._lock = threading.Lock()
        self._trails: OrderedDict[tuple[str, str], _Trail] = OrderedDict()
        self._known: set[tuple[str, str]] = set()

    def judge(self, authorization: str | None, address: str) -> Verdict:
        """Whether a request with this header, from this address, is let in."""
        given = _credentials(authorization)
        network = _network(address)
        with self._lock:
            here = ("address", network)
            if given is None:
                return Verdict(False, self._wait(here))
            user, password = given
            name = ("user", user)
            watched = [here] if (user, network) in self._known else [here, name]
            if wait := max(map(self._wait, watched)):
                return Verdict(False, wait)
            digest = self._digest(user, password)
            if hmac.compare_digest(self._digests.get(user, self._nobody), digest):
                for trail in (here, name):
                    self._trails.pop(trail, None)
                self._known.add((user, network))
                return Verdict(True)
            for trail in watched:
                self._failed(trail, digest)
            return Verdict(False, max(map(self._wait, watched)))

    def _digest(self, user: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{user}:{password}".encode(), "sha256")

    def _wait(self, who: tuple[str, str]) -> float:
        trail = self._trails.get(who)
        return max(0.0, trail.until - self._clock()) if trail else 0.0

    def _failed(self, who: tuple[str, str], guess: bytes) -> None:
        now = self._clock()
        trail = self._trails.pop(who, None)
        if trail is None or now - trail.last > _FORGOTTEN_SECONDS:
            trail = _Trail()
        self._trails[who] = trail
        trail.last = now
        trail.guesses.add(guess)  # a browser sends the same wrong password many times at once
        if len(trail.guesses) >= MAX_FAILURES:
            trail.until = now + min(LOCKED_SECONDS * 2**trail.locks, LONGEST_LOCK_SECONDS)
            trail.locks += 1
            trail.guesses.clear()
        while len(self._trails) > _REMEMBERED:
            self._trails.popitem(last=False)


@dataclass(slots=True)
class _Trail:
    """The wrong guesses of one name or address."""

    guesses: set[bytes] = field(default_factory=set)
    locks: int = 0
    until: float = 0.0
    last: float = 0.0


def _credentials(authorization: str | None) -> tuple[str, str] | None:
    """Name and password; None where the header is missing or holds none."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None


def _network(address: str) -> str:
    """What stands for one sender: the address, of IPv6 the half that one household has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6 and (mapped := parsed.ipv4_mapped) is not None:
        return str(mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
