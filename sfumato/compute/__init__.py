"""Devices, threads and sessions of the libraries that compute."""

from sfumato.compute.matting import pymatting
from sfumato.compute.sessions import session, size_free
from sfumato.compute.threads import apart

__all__ = ["apart", "pymatting", "session", "size_free"]
