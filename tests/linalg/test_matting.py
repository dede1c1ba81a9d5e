import numpy as np
import pytest

from sfumato.linalg.matting import affinity_energy, matting_laplacian


def photo(height=7, width=9, channels=3, seed=0):
    return np.random.default_rng(seed).random((height, width, channels))


def by_definition(image, epsilon=1e-7, radius=1):
    """Levin et al., eq. 12, window by window."""
    height, width, channels = image.shape
    side = 2 * radius + 1
    number = side**2
    index = np.arange(height * width).reshape(height, width)
    matrix = np.zeros((height * width, height * width))
    for y, x in np.ndindex(max(0, height - side + 1), max(0, width - side + 1)):
        window = index[y : y + side, x : x + side].ravel()
        colors = image[y : y + side, x : x + side].reshape(number, channels).astype(float)
        mean, covariance = colors.mean(0), np.cov(colors.T, bias=True).reshape(channels, channels)
        inverse = np.linalg.inv(covariance + epsilon / number * np.eye(channels))
        affinity = (1 + (colors - mean) @ inverse @ (colors - mean).T) / number
        matrix[np.ix_(window, window)] += np.eye(number) - affinity
    return matrix


@pytest.mark.parametrize("size", [(7, 9), (9, 7), (3, 3), (3, 8), (8, 3), (4, 5), (6, 4)])
def test_every_entry_is_that_of_the_definition(size):
    image = photo(*size)
    np.testing.assert_allclose(matting_laplacian(image).toarray(), by_definition(image), atol=1e-9)


@pytest.mark.parametrize("options", [{"epsilon": 0.1}, {"epsilon": 1e-3, "radius": 2}, {"radius": 3}])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_options(options, channels):
    image = photo(7, 8, channels)
    expected = by_definition(image, **options)
    np.testing.assert_allclose(matting_laplacian(image, **options).toarray(), expected, atol=1e-9)
    assert abs(expected - by_definition(image)).max() > 0.01


def test_strips_leave_no_trace(monkeypatch):
    image = photo(20, 11)
    monkeypatch.setattr("sfumato.linalg.matting._WINDOWS", 30)  # three rows of windows, and nine columns
    strips = matting_laplacian(image)
    np.testing.assert_allclose(strips.toarray(), by_definition(image), atol=1e-9)


@pytest.mark.parametrize("size", [(2, 9), (9, 2), (1, 1)])
def test_in_a_picture_smaller_than_a_window_nothing_is_linked(size):
    matrix = matting_laplacian(photo(*size))
    assert matrix.shape == (size[0] * size[1],) * 2
    assert matrix.nnz == 0
    assert affinity_energy(photo(*size), matrix) == 0


def test_peers_agree():
    pymatting = pytest.importorskip("pymatting", reason="needs PyMatting")
    image = photo(12, 10)
    np.testing.assert_allclose(
        matting_laplacian(image, epsilon=1e-5).toarray(), pymatting.cf_laplacian(image, 1e-5, 1).toarray(), atol=1e-8
    )


def flat_in_part():
    """A photo with an edge, one color to the left of it, and a few colors on a line to the right."""
    image = np.full((12, 14, 3), 0.3, np.float32)
    image[:, 7:] = np.float32([0.2, 0.5, 0.1]) * np.linspace(0.5, 1, 7, dtype=np.float32)[:, None]
    return image


@pytest.mark.parametrize("image", [photo(), flat_in_part(), 255 * photo()])
def test_a_laplacian(image):
    matrix = matting_laplacian(image)
    assert matrix.format == "csr"
    assert matrix.dtype == np.float64
    dense = matrix.toarray()
    np.testing.assert_array_equal(dense, dense.T)
    np.testing.assert_allclose(dense.sum(1), 0, atol=1e-10)
    values = np.linalg.eigvalsh(dense)
    assert values.min() > -1e-9
    assert values.max() > 1


def test_each_row_has_its_25_neighbors_and_no_more():
    matrix = matting_laplacian(photo(20, 30))
    assert np.diff(matrix.indptr).max() == 25
    assert matrix.indices.dtype == np.int32
    row = matrix[[10 * 30 + 15]]
    offsets = {(int(column) // 30 - 10, int(column) % 30 - 15) for column in row.indices}
    assert offsets == {(y, x) for y in range(-2, 3) for x in range(-2, 3)}


def test_affine_changes_of_color_cost_nothing():
    image = photo(20, 24)
    matrix = matting_laplacian(image)
    mixed = image @ photo(3, 3, 1)[..., 0] + [0.1, -0.2, 0.3]
    assert affinity_energy(mixed, matrix) < 1e-6 < 0.05 < affinity_energy(image**2, matrix)
    # A rule that changes slowly from place to place costs little.
    y, x = np.mgrid[:20, :24]
    slow = image * (1 + 0.01 * x[..., None]) + 0.01 * y[..., None]
    assert affinity_energy(slow, matrix) < affinity_energy(image[::-1], matrix) / 100


def test_the_photo_itself_costs_more_with_a_larger_epsilon():
    image = photo(20, 24)
    small, large = (affinity_energy(image, matting_laplacian(image, epsilon=epsilon)) for epsilon in (1e-7, 1e-2))
    assert 0 < small < 1e-6 < 1e-3 < large


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_energy_by_the_dense_product(dtype):
    image, other = photo(), photo(seed=1).astype(dtype)
    dense = by_definition(image)
    expected = sum(plane.ravel() @ dense @ plane.ravel() for plane in np.moveaxis(other.astype(float), -1, 0)) / 63
    assert affinity_energy(other, matting_laplacian(image)) == pytest.approx(expected, rel=1e-9)


def test_the_image_is_left_as_it_is():
    image = photo().astype(np.float32)
    before = image.copy()
    first = matting_laplacian(image)
    np.testing.assert_array_equal(image, before)
    np.testing.assert_allclose(first.toarray(), matting_laplacian(image.astype(float)).toarray(), atol=1e-12)
