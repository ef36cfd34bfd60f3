"""Answers questions from documents, in their own words: `from qa import Bot`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.bot import Answer, Bot
    from qa.chat import Chat, Turn
    from qa.cite import Citation

_HOMES = {"Answer": "bot", "Bot": "bot", "Chat": "chat", "Citation": "cite", "Turn": "chat"}

__all__ = ["Answer", "Bot", "Chat", "Citation", "Turn"]


def __getattr__(name: str) -> Any:
    """Imports the public names where they are first used, so that `pincite --help` is instant."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'qa' has no attribute {name!r}")
    return getattr(import_module(f"qa.{_HOMES[name]}"), name)
