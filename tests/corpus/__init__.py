"""The documents in `tests/documents` and the facts in them, made by `python -m tests.corpus`."""
