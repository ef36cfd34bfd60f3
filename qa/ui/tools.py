"""The endpoints as tools for assistants, by the Model Context Protocol (MCP), at `/mcp`.

By the protocol's own package: what Gradio offers by its extra needs an older pydantic, calls itself
through a client that knows no password, and writes results as Python instead of JSON.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from qa.ui.api import AT_ONCE

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

PATH = "/mcp"
_INSTRUCTIONS = (
    "Answers from a folder of documents, in their own words: every quotation stands in a document "
    "at the characters that are given. Where `text` is null the documents do not answer; do not "
    "answer in their place."
)


def tools(
    endpoints: list[Callable[..., Any]],
) -> tuple[list[BaseRoute], Callable[[object], AbstractAsyncContextManager[None]]]:
    """The routes to add to an application, and what has to run as long as it does."""
    import anyio
    from mcp.server.fastmcp import FastMCP
    from mcp.server.transport_security import TransportSecuritySettings
    from mcp.types import ToolAnnotations

    server = FastMCP(
        "Pincite",
        instructions=_INSTRUCTIONS,
        streamable_http_path=PATH,
        stateless_http=True,
        json_response=True,
        log_level="ERROR",
        # `security.Guard` is in front of it and knows more names than the package does.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    room = anyio.CapacityLimiter(AT_ONCE)

    def aside(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        """The endpoint, off the event loop, which the package would keep waiting."""

        @functools.wraps(endpoint)
        async def call(**arguments: Any) -> Any:
            work = functools.partial(endpoint, **arguments)
            return await anyio.to_thread.run_sync(work, limiter=room)

        return call

    for endpoint in endpoints:
        harmless = ToolAnnotations(readOnlyHint=True, openWorldHint=False)
        server.add_tool(aside(endpoint), annotations=harmless, structured_output=False)
    routes = list(server.streamable_http_app().routes)

    @asynccontextmanager
    async def running(_: object) -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    return routes, running
