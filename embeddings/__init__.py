"""Builds and searches the store: file → Document → sentences → Passage → vectors and terms."""
