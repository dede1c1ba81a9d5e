"""A trivial painter, so that clips are tested apart from any network."""

import pytest
from helpers import texture
from PIL import Image
from video_clips import inverted

from sfumato.recipe import Recipe
from sfumato.video.options import VideoOptions


@pytest.fixture
def recipe(tmp_path):
    """A recipe whose style is there."""
    Image.fromarray(texture(32, 32)).save(tmp_path / "style.png")
    return Recipe.from_options(style=str(tmp_path / "style.png"), method="fast")


@pytest.fixture
def restyled(recipe):
    """Restyle a clip without loss; the painter turns the colors of the upper left quarter into their opposites."""
    from sfumato.video.run import plan
    from sfumato.video.work import carried_out

    def run(path, out, *, painter=inverted, options=None, resume=False, recipe=recipe, **given):
        options = VideoOptions(lossless=True) if options is None else options
        job = plan(path, recipe, out, options=options, resume=resume, **given)
        return carried_out(job, resume=resume, painter=painter)

    return run
