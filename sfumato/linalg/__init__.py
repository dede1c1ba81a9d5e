"""Sparse linear systems over the pixels of a picture."""

from sfumato.linalg.matting import affinity_energy, matting_laplacian
from sfumato.linalg.multigrid import laplacian, solve

__all__ = ["affinity_energy", "laplacian", "matting_laplacian", "solve"]
