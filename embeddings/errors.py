"""The errors a person can mend; everything else that goes wrong is a defect."""


class PinciteError(Exception):
    """Base of all; the message says what was expected, what was found and what to do next."""


class DocumentError(PinciteError):
    """A file, or the folder of files, cannot be read."""


class StoreError(PinciteError):
    """The index cannot be opened, read or written."""


class StoreBusyError(StoreError):
    """Another process is writing the index."""


class ModelError(PinciteError):
    """An embedding or reading model cannot be loaded."""


def first_line(error: Exception) -> str:
    """What a library's error says, without the pages that some add."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
