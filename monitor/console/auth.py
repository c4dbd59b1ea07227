"""Who somebody is: passwords, sessions, tokens, and the proof that a request was meant."""

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal, cast
from urllib.parse import quote
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from monitor.errors import Unavailable
from monitor.model import Role, User

from .directory import Directory
from .passwords import as_bytes, hashed
from .throttle import Throttle

SESSION, CSRF = "evergauge_session", "evergauge_csrf"
"""Cookies; the second is for scripts of our pages to read."""
CSRF_HEADER = "X-CSRF-Token"
TOKEN_SECONDS = 3600
"""How long a script's token is good for."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_WINDOW = 300.0
_OF_NAME, _OF_ADDRESS = 10, 100
"""Failures within that window."""
_AT_ONCE = 2
"""Passwords that are looked at together: each takes 64 MiB and a core for a moment."""

Kind = Literal["session", "token"]


class Denied(Exception):
    """Whoever asks may not: not logged in, not allowed, not meant, or too often."""

    def __init__(self, reason: str, message: str, *, status: int, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        """A word from a closed set: ``not_logged_in``, ``wrong``, ``forbidden``, ``csrf``, ``too_many``."""
        self.status = status
        self.retry_after = retry_after


def local_path(path: str) -> str:
    """Where to go after logging in: never to another site.

    >>> local_path("/items?state=open"), local_path("//evil.example"), local_path("https://evil.example")
    ('/items?state=open', '/', '/')
    """
    local = path.startswith("/") and path[1:2] not in {"/", "\\"} and path.isprintable()
    return path if local else "/"


def login_path(path: str) -> str:
    """The page to log in at, which leads on to a path."""
    path = local_path(path)
    return "/login" if path == "/" else f"/login?next={quote(path, safe='')}"


@dataclass(frozen=True, slots=True)
class _Pass:
    """What a cookie or a token says, once its signature is found right."""

    user: UUID
    issued_ms: int
    id: str


@dataclass(slots=True, kw_only=True)
class Auth:
    """Passwords, sessions and tokens of the people in a directory."""

    key: str
    """Signs; whoever has it can be anybody."""
    users: Directory
    clock: Callable[[], float]
    session_seconds: float
    secure: bool = False
    """Cookies over HTTPS alone."""
    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    _by_name: Throttle = field(default_factory=lambda: Throttle(most=_OF_NAME, seconds=_WINDOW))
    _by_address: Throttle = field(default_factory=lambda: Throttle(most=_OF_ADDRESS, seconds=_WINDOW))
    _ended: dict[str, float] = field(default_factory=dict[str, float])
    """Sessions that were logged out of, until they would have ended by themselves."""
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    _dummy: str = ""

    def __post_init__(self) -> None:
        self._dummy = self.hasher.hash(secrets.token_bytes(16))

    async def log_in(self, name: str, password: str, *, address: str) -> User:
        """Whoever has this name and password; takes as long for a name that nobody has.

        Args:
            name: as it was typed in.
            password: as it was typed in.
            address: where the request comes from.

        Raises:
            Denied: ``wrong``, or ``too_many`` attempts with this name or from this address.
            Unavailable: nobody is known yet.
        """
        keys = ((self._by_name, name.strip().casefold()[:200]), (self._by_address, _network(address)))
        now = self.clock()
        waits = [throttle.attempt(key, now) for throttle, key in keys]
        if any(waits):
            raise Denied("too_many", "too many attempts to log in; wait a while", status=429, retry_after=max(waits))
        user = self.users.named(name)
        may = user is not None and not user.disabled
        good = await self._verified(user.password_hash if user and may else self._dummy, password)
        if user is None or not may or not good:
            raise Denied("wrong", "name or password is wrong", status=401)
        self._by_name.forgive(keys[0][1])
        self._by_address.undo(keys[1][1])
        return await self._rehashed(user, password)

    async def current_user(self, request: HTTPConnection) -> User | None:
        """Who sends a request: by its token, else by its session's cookie; None for nobody who may log in.

        Raises:
            Unavailable: nobody is known yet.
        """
        header = request.headers.get("authorization", "")
        if header:
            scheme, _, token = header.partition(" ")
            return self._user(token.strip(), "token") if scheme.lower() == "bearer" else None
        return self._user(request.cookies.get(SESSION, ""), "session")

    async def require(self, request: HTTPConnection, role: Role = Role.REVIEWER) -> User:
        """Who sends a request, which must be meant and allowed.

        Raises:
            Denied: ``not_logged_in``, ``forbidden`` to this role, or ``csrf``: the proof that it was meant is missing.
            Unavailable: nobody is known yet.
        """
        user = await self.current_user(request)
        if user is None:
            raise Denied("not_logged_in", "log in first", status=401)
        self.check_meant(request)
        if not user.role.covers(role):
            raise Denied("forbidden", f"this is for the role {role.value}", status=403)
        return user

    def check_meant(self, request: HTTPConnection) -> None:
        """A request that changes something and comes with a cookie must bring the session's proof as a header.

        Raises:
            Denied: ``csrf``.
        """
        method = str(request.scope.get("method", "GET"))
        if method in SAFE_METHODS or request.headers.get("authorization"):
            return
        proof = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(proof.encode(), self.csrf(request).encode()):
            raise Denied("csrf", f"send the token of this session as {CSRF_HEADER}; GET /api/me tells it", status=403)

    def csrf(self, request: HTTPConnection) -> str:
        """The proof that belongs to a request's session."""
        return self._proof(request.cookies.get(SESSION, ""))

    def sign_in(self, response: Response, user: User) -> str:
        """Begin a session: set its cookies on the response, and return its proof."""
        session = self._issue(user, "session")
        proof = self._proof(session)
        for name, value, hidden in ((SESSION, session, True), (CSRF, proof, False)):
            response.set_cookie(
                name,
                value,
                max_age=int(self.session_seconds),
                httponly=hidden,
                secure=self.secure,
                samesite="lax",
            )
        return proof

    def sign_out(self, request: HTTPConnection, response: Response) -> None:
        """End the request's session, and take its cookies back."""
        session = self._read(request.cookies.get(SESSION, ""), "session")
        if session:
            now = self.clock()
            self._ended = {one: until for one, until in self._ended.items() if until > now}
            self._ended[session.id] = session.issued_ms / 1000 + self.session_seconds
        for name in (SESSION, CSRF):
            response.delete_cookie(name, secure=self.secure, samesite="lax")

    def token(self, user: User) -> str:
        """A token for scripts, good for ``TOKEN_SECONDS``."""
        return self._issue(user, "token")

    async def hash(self, password: str) -> str:
        """What is kept of a new password."""
        async with self._gate:
            return await asyncio.to_thread(hashed, password, self.hasher)

    def _issue(self, user: User, kind: Kind) -> str:
        said = {"u": user.id.hex, "t": int(self.clock() * 1000), "i": secrets.token_urlsafe(9)}
        return str(self._signer(kind).dumps(said))

    def _user(self, text: str, kind: Kind) -> User | None:
        told = self._read(text, kind)
        if told is None or told.id in self._ended:
            return None
        user = self.users.get(told.user)
        if user is None or user.disabled or user.changed_ms > told.issued_ms:
            return None
        return user

    def _read(self, text: str, kind: Kind) -> _Pass | None:
        if not text:
            return None
        try:
            said = cast(Mapping[str, object], self._signer(kind).loads(text))
            told = _Pass(UUID(str(said["u"])), int(str(said["t"])), str(said["i"]))
        except (BadData, KeyError, TypeError, ValueError):
            return None
        seconds = self.session_seconds if kind == "session" else TOKEN_SECONDS
        return told if self.clock() < told.issued_ms / 1000 + seconds else None

    def _signer(self, kind: Kind) -> URLSafeSerializer:
        return URLSafeSerializer(
            self.key,
            salt=f"evergauge.{kind}",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def _proof(self, session: str) -> str:
        return hmac.new(self.key.encode(), b"evergauge.csrf\0" + session.encode(), hashlib.sha256).hexdigest()

    async def _verified(self, known: str, password: str) -> bool:
        async with self._gate:
            try:
                return await asyncio.to_thread(self.hasher.verify, known, as_bytes(password))
            except (VerificationError, InvalidHashError):
                return False

    async def _rehashed(self, user: User, password: str) -> User:
        """Kept by today's parameters, where it was hashed by older ones; that ends no session."""
        if not self.hasher.check_needs_rehash(user.password_hash):
            return user
        user = replace(user, password_hash=await self.hash(password))
        with suppress(Unavailable):  # another time
            await self.users.save(user)
        return user


def _network(address: str) -> str:
    """Whoever has an address of IPv6 has 2⁶⁴ of them."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))
