import warnings

import numpy as np
import pytest
import torch

from sfumato.errors import InputError
from sfumato.linalg.matting import affinity_energy, matting_laplacian
from sfumato.losses.photorealism import PhotorealismLoss

SHAPE = 7, 9


def photo(seed=0):
    return np.random.default_rng(seed).random((*SHAPE, 3))


def tensor(image, dtype=torch.float64):
    return torch.from_numpy(image).permute(2, 0, 1)[None].to(dtype).contiguous()


@pytest.fixture
def laplacian():
    return matting_laplacian(photo())


def test_the_value_is_the_quadratic_form(laplacian):
    picture = photo(1)
    dense = laplacian.toarray()
    expected = sum(picture[..., c].ravel() @ dense @ picture[..., c].ravel() for c in range(3)) / 63
    loss = PhotorealismLoss(laplacian, SHAPE)
    assert loss(tensor(picture)).item() == pytest.approx(expected, rel=1e-12)
    assert affinity_energy(picture, laplacian) == pytest.approx(expected, rel=1e-12)


def test_the_gradient_is_that_of_the_dense_form(laplacian):
    picture = tensor(photo(1)).requires_grad_()
    (3 * PhotorealismLoss(laplacian, SHAPE)(picture)).backward()
    expected = 3 * 2 / 63 * laplacian.toarray() @ photo(1).reshape(63, 3)
    np.testing.assert_allclose(picture.grad[0].permute(1, 2, 0).reshape(63, 3).numpy(), expected, rtol=1e-9, atol=1e-12)


def test_gradcheck():
    loss = PhotorealismLoss(matting_laplacian(photo()[:4, :5]), (4, 5))
    assert torch.autograd.gradcheck(loss, tensor(photo(1)[:4, :5]).requires_grad_())


def test_a_second_derivative_is_refused_rather_than_wrong(laplacian):
    picture = tensor(photo(1)).requires_grad_()
    value = PhotorealismLoss(laplacian, SHAPE)(picture).square()
    (gradient,) = torch.autograd.grad(value, picture, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_the_photo_itself_in_other_colors_costs_nothing(laplacian):
    loss = PhotorealismLoss(laplacian, SHAPE)
    other = 0.5 * tensor(photo()).flip(1) + 0.1
    assert loss(other).item() < 1e-6 < 0.1 < loss(tensor(photo(1))).item()


def test_single_precision_is_enough(laplacian):
    loss = PhotorealismLoss(laplacian, SHAPE)
    gradients = []
    for dtype in (torch.float32, torch.float64):
        picture = tensor(photo(1), dtype).requires_grad_()
        value = loss(picture)
        assert value.dtype == dtype
        assert value.item() == pytest.approx(affinity_energy(photo(1), laplacian), rel=1e-5)
        gradients.append(torch.autograd.grad(value, picture)[0].double())
        assert gradients[-1].is_contiguous()
    assert 0 < (gradients[0] - gradients[1]).norm() < 1e-5 * gradients[1].norm()
    assert abs(loss(torch.full((1, 3, *SHAPE), 0.5)).item()) < 1e-6


def test_descent_leads_back_to_the_photo(laplacian):
    """Where the gradient leads, edges of the photo come back."""
    loss = PhotorealismLoss(laplacian, SHAPE)
    picture = tensor(photo(1), torch.float32).requires_grad_()
    optimizer = torch.optim.LBFGS([picture], max_iter=50, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        value = loss(picture)
        value.backward()
        return value

    first = closure().item()
    optimizer.step(closure)
    assert loss(picture).item() < 0.01 * first


def test_nothing_is_said_of_sparse_tensors(laplacian):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        PhotorealismLoss(laplacian, SHAPE)(tensor(photo(1)))
    assert said == []


@pytest.mark.parametrize("size", [(9, 7), (7, 8)])
def test_a_picture_of_another_size(laplacian, size):
    with pytest.raises(
        InputError, match=f"is for pictures of 9 x 7, got {size[1]} x {size[0]}; make one for each size"
    ):
        PhotorealismLoss(laplacian, SHAPE)(torch.zeros(1, 3, *size))
