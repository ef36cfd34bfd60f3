"""The ASGI layer that knows the session of each request and takes uploads in.

Gradio's own upload keeps every file in one folder and gives it to anyone who asks for its address;
so it is shut (`security`), and files come in here, as the body of `PUT uploads/NAME`: straight into
the folder of their session, counted while they come, and never to be had by an address.
"""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.ui.admission import UploadRefusedError
from qa.ui.sessions import Sessions, new_token

UPLOADS = "/uploads/"


class Door:
    """Gives a browser its session's cookie, keeps the session alive, and takes its uploads."""

    def __init__(self, app: ASGIApp, sessions: Sessions, cookie: str) -> None:
        self._app = app
        self._sessions = sessions
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request (the ASGI call)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        token = token_in(headers.get(b"cookie", b"").decode("latin-1"), self._cookie)
        if scope["path"].startswith(UPLOADS):
            await self._take(Request(scope, receive), send, token)
        elif token:
            with self._sessions.present(token):
                await self._app(scope, receive, send)
        elif scope["path"] == "/" and scope["method"] == "GET":
            await self._app(scope, receive, self._introducing(scope, send))
        else:
            await self._app(scope, receive, send)

    def _introducing(self, scope: Scope, send: Send) -> Send:
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        value = f"{self._cookie}={new_token()}; Path=/; HttpOnly; SameSite=Lax{secure}"

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = (b"set-cookie", value.encode("ascii"))
                message = {**message, "headers": [*message["headers"], cookie]}
            await send(message)

        return send_with_cookie

    async def _take(self, request: Request, send: Send, token: str) -> None:
        if request.method != "PUT":
            await _reply(send, 405, "Files are sent with PUT; they cannot be fetched.")
            return
        declared = request.headers.get("content-length", "")
        if not re.fullmatch("[0-9]{1,15}", declared):
            await _reply(send, 411, "The file's length must be said in Content-Length.")
            return
        raw = request.scope.get("raw_path") or request.scope["path"].encode()
        name = unquote(raw.decode("latin-1").partition(UPLOADS)[2], errors="replace")
        try:
            with self._sessions.present(token):
                uploads = await run_in_threadpool(self._sessions.opened, token)
                with uploads.receiving(name, int(declared)) as file:
                    async for chunk in request.stream():
                        await run_in_threadpool(file.write, chunk)
        except UploadRefusedError as refusal:
            if int(declared) <= self._sessions.limits.file_bytes:
                async for _ in request.stream():  # a browser hears no answer before it has sent all
                    pass
            await _reply(send, 422, str(refusal))
        except ClientDisconnect:
            return
        else:
            await _reply(send, 201, "")


def token_in(cookies: str, name: str) -> str:
    """The value of the cookie with that name in a Cookie header; "" where there is none."""
    # The standard library's parser gives up at the first odd cookie of any other local page.
    pairs = (cookie.strip().partition("=") for cookie in cookies.split(";"))
    return next((value for key, _, value in pairs if key == name), "")


async def _reply(send: Send, status: int, message: str) -> None:
    body = json.dumps({"message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
