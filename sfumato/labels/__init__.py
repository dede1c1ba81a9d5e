"""Soft labels of two pictures: clean them up, group them by meaning, match them, or find them by clustering."""

from sfumato.labels.clusters import paired_clusters
from sfumato.labels.groups import merge
from sfumato.labels.masks import cutoff, hard, limit, normalize
from sfumato.labels.matching import match

__all__ = ["cutoff", "hard", "limit", "match", "merge", "normalize", "paired_clusters"]
