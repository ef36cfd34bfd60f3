"""The errors a person can mend; everything else that goes wrong is a defect."""


class PinciteError(Exception):
    """Base of all; the message says what was expected, what was found and what to do next."""


class DocumentError(PinciteError):
    """A file, or the folder of files, cannot be read."""


class StoreError(PinciteError):
    """The index cannot be opened, read or written."""


class ModelError(PinciteError):
    """An embedding or reading model cannot be loaded."""
