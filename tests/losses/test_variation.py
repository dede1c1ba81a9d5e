import numpy as np
import pytest
import torch

from sfumato.losses import total_variation


def picture(seed=0, size=(6, 7), channels=3):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, channels, *size, generator=generator, dtype=torch.float64)


def by_hand(image, mask):
    """Pixel by pixel over the right and the lower neighbor; a pair counts with the lesser weight."""
    image, mask = image[0].numpy(), mask[0, 0].numpy()
    total = 0.0
    for c, i, j in np.ndindex(image.shape):
        for k, n in ((i + 1, j), (i, j + 1)):
            if k < image.shape[1] and n < image.shape[2]:
                total += (image[c, i, j] - image[c, k, n]) ** 2 * min(mask[i, j], mask[k, n])
    return total / mask.sum()


@pytest.mark.parametrize("size", [(6, 7), (1, 5), (4, 1)])
def test_the_value_is_the_sum_over_neighbors(size):
    image, mask = picture(size=size), picture(1, size, 1)
    assert total_variation(image, mask).item() == pytest.approx(by_hand(image, mask))
    assert total_variation(image).item() == pytest.approx(by_hand(image, torch.ones(1, 1, *size)))


def test_a_flat_picture_has_none():
    assert total_variation(torch.full((1, 3, 5, 5), 0.3)).item() == 0


def test_what_lies_outside_the_mask_does_not_enter():
    image, mask = picture(), torch.zeros(1, 1, 6, 7)
    mask[..., 1:4, 2:6] = 1
    outside = (mask == 0).expand_as(image)
    other = torch.where(outside, 5 + picture(2), image).requires_grad_()
    value = total_variation(other, mask)
    assert value.item() == total_variation(image, mask).item()
    value.backward()
    assert (other.grad[outside] == 0).all()
    assert (other.grad[~outside] != 0).any()


def test_the_value_does_not_depend_on_the_strength_of_the_mask():
    image, mask = picture(), picture(1, (6, 7), 1)
    half, full = total_variation(image, 0.5 * mask), total_variation(image, mask)
    assert half.item() == pytest.approx(full.item())


def test_gradcheck():
    mask = picture(1, (4, 3), 1)
    image = picture(size=(4, 3)).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: total_variation(x, mask), image)
