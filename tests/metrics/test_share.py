import numpy as np
import pytest
import torch
from scipy import linalg

from sfumato.errors import InputError, RecipeError
from sfumato.metrics import share_distance

LAYERS = ("relu1_1", "relu2_1")


def picture(seed, height=40, width=48):
    return np.random.default_rng(seed).random((height, width, 3), np.float32)


def mean_and_covariance(rows):
    return rows.mean(1), np.cov(rows, bias=True)


def root(matrix):
    values, vectors = linalg.eigh(matrix)  # the matrix may be singular
    return vectors * np.sqrt(values.clip(0)) @ vectors.T


def by_hand(network, made, photo, style, left):
    """The measure for the left part of a picture, by SciPy's matrix roots."""
    found = []
    for layer in LAYERS:
        step = 2 ** (int(layer[4]) - 1)

        def seen(pixels, layer=layer):
            tensor = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None]
            return network(tensor, [layer])[layer][0].double().numpy()

        def part(rows, step=step):
            return rows[:, :, : left // step].reshape(len(rows), -1)

        whole, own = seen(photo), part(seen(photo))
        first, second = (values.reshape(len(values), -1) for values in (seen(style), whole))
        nu, s = mean_and_covariance(first)
        gram = [rows @ rows.T / rows.shape[1] for rows in (own, second)]
        mu = 0.3 * own.mean(1) + 0.7 * second.mean(1)
        sigma = 0.3 * gram[0] + 0.7 * gram[1] - np.outer(mu, mu)
        count = len(mu)
        noise = (0.03 * np.trace(sigma) + 1e-4 * np.trace(s)) / count * np.eye(count)
        stretch = np.real(root(s) @ linalg.pinvh(root(root(s) @ (sigma + noise) @ root(s)), rtol=3e-5) @ root(s))
        mean, spread = mean_and_covariance(own)
        contrast = np.trace(stretch @ spread @ stretch) / np.trace(s)
        common = max(0.3, 1 - min(1, contrast**2))
        wanted = stretch @ (mean - mu) + nu
        covariance = (1 - common) * stretch @ (spread + noise) @ stretch + common * s
        mean, spread = mean_and_covariance(part(seen(made)))
        cross = root(root(covariance) @ spread @ root(covariance))
        distance = ((mean - wanted) ** 2).sum() + np.trace(spread + covariance - 2 * cross)
        found.append(distance / (np.trace(covariance) + (wanted**2).sum()))
    return np.exp(np.mean(np.log(found)))


def test_the_formula(network):
    made, photo, style = picture(1), picture(2) / 2, picture(3, 33, 45)
    photo[:, :24] *= np.linspace(0.2, 1, 24, dtype=np.float32)[:, None]
    mask = np.zeros((40, 48), np.float32)
    mask[:, :24] = 1
    found = share_distance(made, photo, style, mask, layers=LAYERS)
    assert found == pytest.approx(by_hand(network, made, photo, style, 24), rel=0.01)


def test_the_photo_itself_is_farther_than_the_style(network):
    style, photo = picture(1), picture(2) / 3
    near, far = (share_distance(made, photo, style, layers=LAYERS) for made in (style, photo))
    assert near < 0.2 * far


def test_bad_input(network):
    with pytest.raises(InputError, match=r"the photo has the shape \(30, 48, 3\); give one of the picture.s size"):
        share_distance(picture(1), picture(1)[:30], picture(1))
    with pytest.raises(InputError, match="mask of the picture selects nothing"):
        share_distance(picture(1), picture(1), picture(1), np.zeros((40, 48), np.float32))
    with pytest.raises(RecipeError, match="relu9_1"):
        share_distance(picture(1), picture(1), picture(1), layers=("relu9_1",))
