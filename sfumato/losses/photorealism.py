"""Photorealism loss: colors may change, but only smoothly, and edges stay where they are in the photo."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from sfumato.errors import InputError

__all__ = ["PhotorealismLoss"]


class PhotorealismLoss:
    """How far a picture's colors are, in small windows, from an affine function of the photo's.

    Parameters
    ----------
    laplacian : csr_array (H * W, H * W)
        Matting Laplacian of the photo; see `sfumato.linalg.matting.matting_laplacian`.
    shape : tuple of int
        Height and width of the photo.

    Notes
    -----
    ``Σ_c V_cᵀ M V_c / (H W)``: Luan et al., "Deep photo style transfer", CVPR 2017, eq. 2, per pixel, so that the value
    compares across sizes. Its gradient, ``2 M V / (H W)``, is a by-product of the value. In single precision values
    below 1e-8 are rounding; posterized and noisy photos have about 1e-2.

    Examples
    --------
    >>> import numpy as np
    >>> from sfumato.linalg.matting import matting_laplacian
    >>> photo = np.random.default_rng(0).random((8, 9, 3))
    >>> loss = PhotorealismLoss(matting_laplacian(photo), (8, 9))
    >>> picture = torch.from_numpy(photo).permute(2, 0, 1)[None]
    >>> loss(0.5 * picture + 0.2).item() < 1e-6 < 0.1 < loss(picture**3).item()
    True
    """

    def __init__(self, laplacian: Any, shape: tuple[int, int]) -> None:
        self.shape = tuple(shape)
        starts, columns, entries = map(torch.from_numpy, (laplacian.indptr, laplacian.indices, laplacian.data))
        with warnings.catch_warnings():
            # PyTorch warns that its sparse tensors are in beta; only the product with a dense one is used here.
            warnings.filterwarnings("ignore", "Sparse CSR tensor support", UserWarning)
            self.matrix = torch.sparse_csr_tensor(starts, columns, entries, laplacian.shape, check_invariants=False)

    def __call__(self, picture: Tensor) -> Tensor:
        """Return the penalty of a picture (1, C, H, W), in its precision and on its device, as a scalar.

        Raises
        ------
        InputError
            If the picture is not of the photo's size.
        """
        if tuple(picture.shape[-2:]) != self.shape:
            got, own = ("{1} x {0}".format(*shape) for shape in (picture.shape[-2:], self.shape))
            raise InputError(f"this photorealism loss is for pictures of {own}, got {got}; make one for each size")
        self.matrix = self.matrix.to(picture.device, picture.dtype)
        penalty: Tensor = _Quadratic.apply(picture.flatten(2)[0], self.matrix)  # type: ignore[no-untyped-call]
        return penalty


class _Quadratic(torch.autograd.Function):
    """``Σ_c V_cᵀ M V_c / n`` for V of shape (C, n) and symmetric M, with gradient ``2 M V / n``.

    Written out because autograd would multiply by the transposed matrix again.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, matrix: Tensor) -> Tensor:
        product = (matrix @ values.T).T.contiguous()
        ctx.save_for_backward(product)
        return (values * product).sum() / matrix.shape[0]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (product,) = ctx.saved_tensors
        return gradient * (2 / product.shape[1]) * product, None
