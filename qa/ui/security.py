"""The page's second line of defence: who may ask, and what the browser may load.

The first line is that every text is escaped where it is rendered.
"""

from __future__ import annotations

import ipaddress
import socket

from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
HEADERS = [
    (b"content-security-policy", POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class Guard:
    """Refuses foreign Host and Origin headers and adds `HEADERS` to every response.

    A site that points its own name at this machine (DNS rebinding) sends that name as Host; a
    page of another port sends that port as Origin. Plain ASGI: a middleware that reads responses
    would hold back the event stream.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request (the ASGI call)."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not allowed(headers.get(b"host", ""), headers.get(b"origin"), listening=self._host):
            await _refuse(scope, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *HEADERS]}
            await send(message)

        await self._app(scope, receive, send_guarded)


def allowed(host: str, origin: str | None, *, listening: str) -> bool:
    """Whether a request with these headers may reach a server listening on that address.

    One that listens on all addresses cannot know them, but no rebinding site can send a bare
    address as Host, so any address will do.
    """
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return False
    name = host.partition("]")[0][1:] if host.startswith("[") else host.partition(":")[0]
    if name in (*LOOPBACK, listening):
        return True
    return listening in ("0.0.0.0", "::") and (_is_address(name) or name == socket.gethostname())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    start = {"type": "http.response.start", "status": 403}
    await send({**start, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
    await send({"type": "http.response.body", "body": b"This page answers its own address only.\n"})
