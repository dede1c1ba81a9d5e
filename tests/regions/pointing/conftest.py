from tiny_segmenters import *  # noqa: F403
