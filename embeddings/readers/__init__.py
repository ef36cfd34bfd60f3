"""One reader per format: the bytes of a file → its `Content`. `documents` calls them."""
