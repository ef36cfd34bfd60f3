"""The Gradio page: layout and serving only; what is drawn comes from `render` and `source`.

Gradio is imported inside the functions, after `settings.quieten`.
"""

from __future__ import annotations

import re
import signal
import socket
import sys
import threading
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings.errors import PinciteError
from qa.bot import Bot
from qa.feedback import Feedback
from qa.ui import render
from qa.ui.admission import Limits
from qa.ui.api import AT_ONCE, endpoints, explained
from qa.ui.auth import Passwords
from qa.ui.conversation import Conversation
from qa.ui.documents import Documents
from qa.ui.handlers import Handlers
from qa.ui.sessions import Sessions
from qa.ui.settings import bypass_proxy, quieten

if TYPE_CHECKING:
    import gradio as gr

FIRST_PORT = 7860
PORTS_TRIED = 100
MAX_UPLOAD = "1kb"
"""Gradio's own upload is shut (`security`), and takes next to nothing if ever it is not."""


class ServeError(PinciteError):
    """The page cannot be served at the address asked for."""


def serve(page: AbstractContextManager[str]) -> None:
    """Serves the page of `running` until interrupted; its address is printed on stderr."""
    if threading.current_thread() is threading.main_thread():
        # Ended politely, the server deletes what its sessions have added.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    with page as address, suppress(KeyboardInterrupt):
        print(f"Pincite answers at {address} (Ctrl-C ends it)", file=sys.stderr)
        threading.Event().wait()


@contextmanager
def running(
    bot: Bot,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    feedback: Feedback | None = None,
    shared: Path | None = None,
    accounts: Mapping[str, str] | None = None,
    names: Collection[str] = (),
    mcp: bool = False,
    limits: Limits | None = None,
) -> Iterator[str]:
    """The address of the page, which is served until the block ends.

    `port` None means `FIRST_PORT` or the next that is free. With `feedback`, answers can be judged
    and that is kept there. `shared` is the folder that the bot is over, where what people add is to
    stay there for all; without it, each session has its own. `limits` are those of what people add.
    `accounts` are the passwords by name that let in, `names` the host names beside the addresses,
    and `mcp` offers the endpoints as tools too. Raises `ServeError` where the address or the port
    cannot be had.
    """
    quieten()
    bypass_proxy(host)
    from starlette.middleware import Middleware

    from qa.ui.door import Door
    from qa.ui.security import Guard

    if mcp and find_spec("mcp") is None:
        raise ServeError("Tools for MCP need one more package: pip install 'pincite[mcp]'")
    port = _free_port(host, port)
    sessions = Sessions(bot, shared=shared, limits=limits)
    cookie = f"pincite-{port}"  # cookies know no ports
    page = build(bot, sessions, cookie, feedback)
    guard = Middleware(
        Guard,
        host=host,
        names=[name.lower() for name in names],
        passwords=Passwords(accounts) if accounts else None,
    )
    door = Middleware(Door, sessions=sessions, cookie=cookie)
    app: dict[str, Any] = {"middleware": [guard, door]}
    if mcp:
        from qa.ui.tools import tools

        app["routes"], app["lifespan"] = tools(endpoints(bot))
    try:
        page.launch(
            server_name=f"[{host}]" if ":" in host else host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            run_history=False,
            footer_links=[],
            ssr_mode=False,
            pwa=False,
            enable_monitoring=False,
            max_file_size=MAX_UPLOAD,
            mcp_server=False,
            app_kwargs=app,
            theme=_theme(),
            css=_web("page.css") + _web("documents.css") + _web("history.css"),
            head=f"<style>{_fonts()}</style><script>{_web('page.js')}</script>",
        )
    except OSError as error:
        raise ServeError(_refusal(host, port)) from error
    with sessions.kept():
        try:
            yield str(page.local_url)
        finally:
            page.close(verbose=False)


def build(bot: Bot, sessions: Sessions, cookie: str, feedback: Feedback | None = None) -> gr.Blocks:
    """The page over this bot, not yet served; the endpoints of `api` are its public part.

    `cookie` is the name of the one by which `sessions` are known.
    """
    quieten()
    import gradio as gr

    documents = Documents(bot, sessions, cookie)
    handlers = Handlers(documents, feedback)
    page = gr.Blocks(title="Pincite", fill_width=True, fill_height=True, analytics_enabled=False)
    with page:
        conversation = gr.State(Conversation())
        alone = gr.Checkbox(False, visible=False)
        exported = gr.Textbox("", visible=False)
        kept = gr.Textbox("", visible=False)
        with gr.Sidebar(label="Documents", open=True, width=300, elem_id="documents"):
            chosen = gr.HTML(
                {},
                html_template=_web("documents.html"),
                js_on_load=_web("documents.js"),
                server_functions=documents.server_functions(),
                elem_id="library",
                apply_default_css=False,
            )
            gr.HTML(
                {},
                html_template=_web("history.html"),
                js_on_load=_web("history.js"),
                elem_id="history",
                apply_default_css=False,
            )
            reopen = gr.Button("Reopen", visible="hidden", elem_id="reopen")
        with gr.Row(elem_id="top"):
            gr.HTML("<h1>Pincite</h1>", apply_default_css=False)
            export = gr.Button("Export", size="sm", min_width=70, scale=0, elem_id="export")
            clear = gr.Button("Clear", size="sm", min_width=70, scale=0, elem_id="clear")
            dark = gr.Button("Dark", size="sm", min_width=70, scale=0, elem_id="dark")
        with gr.Row(elem_id="main", equal_height=True):
            with gr.Column(scale=6, min_width=320, elem_id="left"):
                chat = gr.Chatbot(
                    elem_id="chat",
                    show_label=False,
                    height="100%",
                    buttons=[],
                    autoscroll=False,  # the page's script scrolls to the question, not the end
                    allow_tags=False,
                    latex_delimiters=[],
                    line_breaks=False,
                    group_consecutive_messages=False,
                    placeholder=render.welcome_html([]),
                )
                notice = gr.HTML("", elem_id="notice", apply_default_css=False)
                box = gr.Textbox(
                    elem_id="box",
                    label="Question",
                    show_label=False,
                    placeholder="Ask a question  ( / )",
                    submit_btn=True,
                    lines=1,
                    max_lines=4,
                    autofocus=True,
                )
            with gr.Column(scale=5, min_width=320, elem_id="right"):
                source = gr.HTML(
                    {},
                    html_template=_web("source.html"),
                    js_on_load=_web("source.js"),
                    server_functions=handlers.server_functions(),
                    elem_id="source",
                    apply_default_css=False,
                )
        outputs = [chat, notice, box, source, conversation]
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        asked = [box, alone, conversation, chosen]
        sent = "(...values) => window.pincite.sent(...values)"
        asking = box.submit(
            handlers.on_question, asked, outputs, js=sent, trigger_mode="always_last", **quiet
        )
        retrying = chat.retry(handlers.on_retry, [conversation, chosen], outputs, **quiet)
        for search in (asking, retrying):
            search.then(None, js="() => window.pincite.ended()", **quiet)
        chat.undo(handlers.on_undo, conversation, outputs, **quiet)
        clear.click(handlers.on_clear, None, outputs, cancels=[asking, retrying], **quiet)
        conversation.change(handlers.keep, conversation, kept, **quiet).then(
            None, kept, js="(kept) => window.pincite.history?.keep(kept)", **quiet
        )
        chosen_again = "() => window.pincite.history.chosen()"
        reopen.click(
            handlers.on_reopen,
            kept,
            outputs,
            js=chosen_again,
            cancels=[asking, retrying],
            **quiet,
        )
        if feedback is not None:
            # "multiple": one clicked again at once would else be dropped, and shown all the same.
            chat.like(handlers.on_thumb(), conversation, outputs, trigger_mode="multiple", **quiet)
        export.click(handlers.export, conversation, exported, **quiet).then(
            None, exported, js="(text) => window.pincite.save(text)", **quiet
        )
        dark.click(None, js="() => window.pincite.flipTheme()", **quiet)
        page.load(None, js="() => window.pincite.ready()", **quiet)
        page.load(handlers.welcome, None, chat, **quiet)
        for endpoint in endpoints(bot):
            gr.events.api(explained(endpoint), api_name=endpoint.__name__)
    page.queue(default_concurrency_limit=AT_ONCE)
    return page


def _theme() -> gr.themes.Base:
    """Fonts that come with Gradio whole; a font by name would be fetched from elsewhere."""
    import gradio as gr

    sans = gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700))
    mono = gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700))
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="slate",
        radius_size="md",
        font=[sans, "system-ui", "sans-serif"],
        font_mono=[mono, "monospace"],
    )


def _web(name: str) -> str:
    return files("qa.ui").joinpath("web", name).read_text("utf-8")


def _fonts() -> str:
    """The style that brings the serif, whole: Gradio has no address for a package's files."""

    def inlined(match: re.Match[str]) -> str:
        font = files("qa.ui").joinpath("web", "fonts", match[1]).read_bytes()
        return f"url(data:font/woff2;base64,{b64encode(font).decode('ascii')})"

    return re.sub(r"url\(([\w-]+\.woff2)\)", inlined, _web("fonts/literata.css"))


def _free_port(host: str, port: int | None) -> int:
    """The port, or without one the first free from `FIRST_PORT`.

    Raises `ServeError` where it is taken; asking Gradio first would cost its start and sockets.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    ports = range(FIRST_PORT, FIRST_PORT + PORTS_TRIED) if port is None else [port]
    reason: Exception | None = None
    for candidate in ports:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except (OSError, OverflowError) as error:
                reason = error
            else:
                return candidate
    raise ServeError(_refusal(host, ports[0])) from reason


def _refusal(host: str, port: int) -> str:
    return (
        f"The page cannot be served on {host}, port {port}: the port is taken, or the address is "
        "not this machine's. Choose another with --port or --host."
    )
