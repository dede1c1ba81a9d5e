"""Many pictures by one recipe or several, in this process, in several, or on a cluster."""

from sfumato.batching.names import DEFAULT, Template
from sfumato.batching.plan import Plan, load_recipes
from sfumato.batching.run import batch, carried_out
from sfumato.batching.sources import Photos, listed, photos_of
from sfumato.batching.tasks import Exists, Record, Settings
from sfumato.batching.totals import Totals
from sfumato.batching.work import is_done

__all__ = [
    "DEFAULT",
    "Exists",
    "Photos",
    "Plan",
    "Record",
    "Settings",
    "Template",
    "Totals",
    "batch",
    "carried_out",
    "is_done",
    "listed",
    "load_recipes",
    "photos_of",
]
