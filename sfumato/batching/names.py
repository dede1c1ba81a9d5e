"""Names of outputs, made from a template."""

from __future__ import annotations

import os
import posixpath
import string
from pathlib import Path

from sfumato import files
from sfumato.batching import addresses
from sfumato.errors import OutputError
from sfumato.jobs.outputs import PICTURE

__all__ = ["DEFAULT", "Template"]

#: The template of outputs for which none is given.
DEFAULT = "batch-output/{dir}/{stem}-{recipe}{ext}"

_FIELDS = ("dir", "stem", "ext", "recipe")


class Template:
    """A template such as "out/{dir}/{stem}-{recipe}{ext}".

    Parameters
    ----------
    text : str
        Path or address with the fields {dir}, the folder of the photo below the folder that was searched; {stem} and
        {ext}, its name and ending; {recipe}, the name of the recipe. A folder, without fields and without the ending
        of a picture, stands for "folder/{dir}/{stem}-{recipe}{ext}".

    Raises
    ------
    OutputError
        If it has an unknown field, or an ending that pictures cannot have.

    Examples
    --------
    >>> Template("out/{dir}/{stem}-{recipe}.png").fill("photos/day/a.jpg", "day", "dusk")
    'out/day/a-dusk.png'
    >>> Template("out").fill("photos/a.jpg", "", "dusk")
    'out/a-dusk.jpg'
    """

    def __init__(self, text: str) -> None:
        self.text = str(text).removeprefix("file://") or os.curdir
        fields = self._fields()
        if not fields and posixpath.splitext(self.text)[1].lower() not in PICTURE:
            self.text = f"{self.text.rstrip('/')}/{DEFAULT.partition('/')[2]}"
            fields = self._fields()
        for field in fields:
            if field not in _FIELDS:
                known = ", ".join(f"{{{name}}}" for name in _FIELDS)
                raise OutputError(f"{self.text}: unknown field {{{field}}}; use {known}")
        if not self.text.endswith("{ext}"):
            files.check_ending(Path(self.text), PICTURE)

    @property
    def root(self) -> str:
        """The folder before the first field."""
        return addresses.folder_of(self.text.partition("{")[0] + "name")

    def fill(self, photo: str, folder: str, recipe: str) -> str:
        """Return the name of an output.

        Parameters
        ----------
        photo : str
            Path or address of the photo.
        folder : str
            Its folder, for {dir}.
        recipe : str
            Name of the recipe.
        """
        stem, ext = posixpath.splitext(posixpath.basename(photo.replace(os.sep, "/")))
        values = {"dir": folder, "stem": stem, "ext": ext, "recipe": recipe}
        head, parts = "", self.text.split("/")
        if addresses.is_remote(self.text):
            head, parts = "/".join(parts[:3]) + "/", parts[3:]
        elif self.text.startswith("/"):
            head, parts = "/", parts[1:]
        # An empty {dir} leaves no empty folder, nor the root.
        return head + "/".join(filled for part in parts if (filled := part.format(**values)))

    def _fields(self) -> list[str]:
        try:
            parsed = list(string.Formatter().parse(self.text))
        except ValueError as error:
            raise OutputError(f"{self.text}: braces do not match ({error}); write {{{{ for a brace") from None
        if any(spec or conversion for _, _, spec, conversion in parsed):
            raise OutputError(f"{self.text}: a field takes no format; use the plain name")
        return [field for _, field, _, _ in parsed if field is not None]
