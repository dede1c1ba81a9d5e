import numpy as np
import pytest
import torch

from sfumato.losses import squared_change


def by_hand(picture, earlier, trust):
    total = 0.0
    for c, i, j in np.ndindex(picture.shape[1:]):
        total += trust[0, 0, i, j] * (picture[0, c, i, j] - earlier[0, c, i, j]) ** 2
    return total / max(1.0, trust.sum())


@pytest.mark.parametrize("share", [1.0, 0.3, 0.0])
def test_it_is_the_mean_square_where_the_earlier_frame_counts(share):
    rng = np.random.default_rng(0)
    picture, earlier = rng.random((2, 1, 3, 5, 6))
    trust = rng.random((1, 1, 5, 6)) * (rng.random((1, 1, 5, 6)) < share)
    found = squared_change(*(torch.from_numpy(each) for each in (picture, earlier, trust)))
    assert found.item() == pytest.approx(by_hand(picture, earlier, trust))


def test_the_gradient_leads_to_the_earlier_frame_where_it_counts():
    picture = torch.rand(1, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    trust = torch.zeros(1, 1, 4, 4, dtype=torch.float64)
    trust[..., :2] = 1
    squared_change(picture, torch.zeros_like(picture), trust).backward()
    assert (picture.grad[..., :2] > 0).all()
    assert (picture.grad[..., 2:] == 0).all()
