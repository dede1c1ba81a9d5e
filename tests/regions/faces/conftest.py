"""Photos with a face."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def astronaut():
    """A photo that scikit-image ships, 512 x 512, with a face between (173, 67) and (276, 176)."""
    from skimage.data import astronaut

    return np.float32(astronaut() / 255)
