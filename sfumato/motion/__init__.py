"""How what is seen moves from one frame to another."""

from sfumato.motion.flow import composed, dense, gray, motion_edges, occluded, warped

__all__ = ["composed", "dense", "gray", "motion_edges", "occluded", "warped"]
