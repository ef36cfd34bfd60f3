"""What must be settled in the environment before Gradio is imported, so that it stays silent."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""The names of this machine that no other can reach it by."""


def quieten() -> None:
    """Turns off everything of Gradio that calls out, and gives it a folder of its own.

    To be called before `import gradio`: some of these are read at its import only.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # exactly this spelling
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    # Else pandas summarises all past events after each event.
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000"
    if "GRADIO_TEMP_DIR" not in os.environ:  # the default is shared by all of the machine's apps
        folder = tempfile.mkdtemp(prefix="pincite-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["GRADIO_TEMP_DIR"] = folder


def bypass_proxy(host: str) -> None:
    """Keeps the requests that Gradio sends itself at its start away from a proxy."""
    excepted = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    names = [*filter(None, excepted.split(",")), "127.0.0.1", "localhost", host]
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(dict.fromkeys(names))
