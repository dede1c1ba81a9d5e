"""`sfumato regions`: see a mask before spending a minute on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from sfumato.errors import OutputError

__all__ = ["EXAMPLES", "preview", "regions"]

EXAMPLES = """\b
Examples:
  sfumato regions photo.jpg -r subject -o preview.png
  sfumato regions photo.jpg -r "subject - rect(0, 0, 50%, 9)" --save mask.png"""


def regions(
    photo: Annotated[Path, typer.Argument(help="The photo.", show_default=False)],
    region: Annotated[str, typer.Option("--region", "-r", help="Where: an expression, or a mask file.")] = "subject",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write the preview: the region in color, the rest gray."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Write the mask itself, to edit or to use as a region.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace files that exist.")] = False,
) -> None:
    """Show which part of a photo a region is."""
    from sfumato import images
    from sfumato import regions as where
    from sfumato.cli.models import fetch_all

    target = output or (None if save else Path(f"{photo.stem}-region.png"))
    for path in (target, save):
        if path is not None:
            images.check_output(path, inputs=[] if force else [photo], overwrite=force)
    if save is not None and target is not None and save.resolve() == target.resolve():
        raise OutputError(f"{save}: the preview and the mask need two names")
    picture = images.load(photo)
    if where.needs_photo(region):
        fetch_all(["u2netp"])
    image = picture.rgb()
    mask = where.evaluate(region, image)
    if target is not None:
        images.save(images.from_array(preview(image, mask)), target, overwrite=force)
    if save is not None:
        images.save(images.from_array(mask), save, overwrite=force)
    rows, columns = np.flatnonzero((mask > 0).any(1)), np.flatnonzero((mask > 0).any(0))
    box = [int(n) for n in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)] if rows.size else []
    if as_json:
        report = {
            "region": region,
            "coverage": float(mask.mean()),
            "box": box,
            "preview": str(target) if target else None,
            "mask": str(save) if save else None,
        }
        typer.echo(json.dumps(report))
        return
    place = f", from ({box[0]}, {box[1]}) to ({box[2]}, {box[3]})" if box else ""
    typer.echo(f"{region}: {mask.mean():.1%} of the picture{place}")
    for path in (target, save):
        if path is not None:
            typer.echo(path)


def preview(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Draw a region: in its own colors with a bright outline, before the rest in pale gray.

    Parameters
    ----------
    image : ndarray (H, W, 3)
        RGB in [0, 1].
    mask : ndarray (H, W)
        In [0, 1].

    Returns
    -------
    ndarray (H, W, 3)
        RGB in [0, 1].

    Examples
    --------
    >>> preview(np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.float32)).shape
    (8, 8, 3)
    """
    import cv2

    from sfumato.color import luminance

    weight = mask[..., None]
    pale = 0.55 + 0.4 * luminance(image)[..., None]
    shown: np.ndarray = image * weight + pale * (1 - weight)
    thickness = max(1, round(min(mask.shape) / 300))
    hard = (mask > 0.5).astype(np.uint8)
    outline = cv2.morphologyEx(hard, cv2.MORPH_GRADIENT, np.ones((2 * thickness + 1,) * 2, np.uint8)) > 0
    shown[outline] = (1.0, 0.25, 0.1)
    return shown.astype(np.float32, copy=False)
