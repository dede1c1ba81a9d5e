"""Video: a region restyled, frame after frame, without flicker."""

from sfumato.video.options import VideoOptions
from sfumato.video.record import FrameRecord, Pace
from sfumato.video.run import restyle

__all__ = ["FrameRecord", "Pace", "VideoOptions", "restyle"]
