"""Check the words of a region expression before anything is looked for, and give errors their place in it."""

from sfumato.errors import ModelError, RegionError
from sfumato.regions import expression, segmenters, words
from sfumato.regions.binding import known
from sfumato.regions.expression import Node, short
from sfumato.regions.functions import FUNCTIONS

__all__ = ["check_labels", "located"]


def check_labels(node: Node, text: str, segmenter: str) -> None:
    """Refuse a name that is neither a function nor a label; load a segmenter only if necessary."""
    for call in expression.calls(node):
        if call.name in FUNCTIONS:
            continue
        try:
            chosen = words.segmenter_for(call.name, segmenter)
        except RegionError as error:
            raise located(text, call.column, error) from error
        labels, lacking = segmenters.known_names(chosen), ""
        if labels is None:
            try:
                labels = segmenters.choose(chosen).names
            except ModelError as error:
                labels, lacking = {}, f"as a label, it needs a segmenter: {error}"
        if words.labels_of(call.name, labels):
            continue
        quoting = expression.quoting(text)
        described = 'text("…") finds what it describes' if "text" in FUNCTIONS and not quoting else ""
        hints = [known(call.name, FUNCTIONS, labels, words.known()), lacking, quoting, described]
        what = f"nothing is called {short(call.name)}"
        raise expression.problem(text, call.column, what, "; ".join(filter(None, hints)))


def located(text: str, column: int, error: RegionError) -> RegionError:
    """Return an error of a word in an expression, with its place and the option that would help."""
    found = expression.problem(text, column, str(error))
    found.option = error.option
    return found
