"""What computes, and with how many threads: network sessions, and libraries that would change the process."""

from sfumato.compute.matting import pymatting
from sfumato.compute.sessions import session
from sfumato.compute.threads import apart

__all__ = ["apart", "pymatting", "session"]
