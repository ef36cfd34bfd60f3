"""The page's second line of defence: who may ask, and what the browser may load.

The first line is that every text is escaped where it is rendered.
"""

from __future__ import annotations

import ipaddress
import math
import socket
from collections.abc import Collection, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.ui.auth import Passwords
from qa.ui.settings import LOOPBACK

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio compiles its templates with `new Function`.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_CHALLENGE = 'Basic realm="Pincite", charset="UTF-8"'
HEADERS = [
    (b"content-security-policy", POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


_START = "/gradio_api/startup-events"
_SHUT = ("/gradio_api/upload", "/gradio_api/process_recording")
"""Gradio's own uploads: what comes in there could be fetched by anyone. See `door`."""


class Guard:
    """Refuses foreign Host and Origin headers and adds `HEADERS` to every response.

    With `passwords`, nothing but a refusal goes to a request without one. `names` are those of
    this server beside its addresses, as behind a proxy.

    A site that points its own name at this machine (DNS rebinding) sends that name as Host; a
    page of another port sends that port as Origin. Plain ASGI: a middleware that reads responses
    would hold back the event stream.
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        names: Collection[str] = (),
        passwords: Passwords | None = None,
    ) -> None:
        self._app = app
        self._host = host
        self._names = names
        self._passwords = passwords
        self._started = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request (the ASGI call)."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get(b"host", ""), headers.get(b"origin")
        if not allowed(host, origin, listening=self._host, names=self._names):
            await _refuse(scope, send, 403, "This page answers its own address only.")
            return
        if self._passwords is not None and not self._is_start(scope):
            address = (scope.get("client") or ("unknown", 0))[0]
            verdict = self._passwords.judge(headers.get(b"authorization"), address)
            if verdict.wait_seconds:
                again = str(math.ceil(verdict.wait_seconds))
                said = f"Too many wrong passwords. Try again in {again} seconds."
                await _refuse(scope, send, 429, said, {"retry-after": again})
                return
            if not verdict.let_in:
                said = "This page needs a name and a password."
                await _refuse(scope, send, 401, said, {"www-authenticate": _CHALLENGE})
                return
        if scope["path"].rstrip("/") in _SHUT:
            await _refuse(scope, send, 403, "Files are added in the list of documents.")
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *HEADERS]}
            await send(message)

        await self._app(scope, receive, send_guarded)

    def _is_start(self, scope: Scope) -> bool:
        """Whether this is the one request that Gradio sends itself before anyone can know of it."""
        if self._started or scope.get("path") != _START:
            return False
        self._started = True
        return True


def allowed(host: str, origin: str | None, *, listening: str, names: Collection[str] = ()) -> bool:
    """Whether a request with these headers may reach a server listening on that address.

    One that listens on all addresses cannot know them, but no rebinding site can send a bare
    address as Host, so any address will do.
    """
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return False
    name = host.partition("]")[0][1:] if host.startswith("[") else host.partition(":")[0]
    if name in (*LOOPBACK, listening) or name.lower() in names:
        return True
    return listening in ("0.0.0.0", "::") and (_is_address(name) or name == socket.gethostname())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _refuse(
    scope: Scope, send: Send, status: int, said: str, extra: Mapping[str, str] | None = None
) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    more = [(name.encode(), value.encode()) for name, value in (extra or {}).items()]
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *more, *HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{said}\n".encode()})
