"""A PostgreSQL of our own, from the binaries in a wheel: started when needed, never as root."""

from .binaries import SUPPORTED_VERSIONS, wheel_bin_dir
from .errors import (
    DataFolderError,
    DiskFullError,
    EmbeddedServerError,
    ForeignDataFolderError,
    OtherMajorVersionError,
    ServerHeldError,
    ServerStartError,
    ServerStopError,
    SystemUserError,
    UnsupportedPlatformError,
)
from .server import EmbeddedServer, ServerUrls, embedded_from_environment, socket_urls

__all__ = [
    "SUPPORTED_VERSIONS",
    "DataFolderError",
    "DiskFullError",
    "EmbeddedServer",
    "EmbeddedServerError",
    "ForeignDataFolderError",
    "OtherMajorVersionError",
    "ServerHeldError",
    "ServerStartError",
    "ServerStopError",
    "ServerUrls",
    "SystemUserError",
    "UnsupportedPlatformError",
    "embedded_from_environment",
    "socket_urls",
    "wheel_bin_dir",
]
