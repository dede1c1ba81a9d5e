"""An object on a painting: pasted where it was dragged, then harmonized."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sfumato import images, methods
from sfumato.errors import RecipeError
from sfumato.images.resizing import at_most
from sfumato.methods.cutout import EDGE, cut_out
from sfumato.studio import gallery
from sfumato.studio.command import joined
from sfumato.studio.document import PastedObject
from sfumato.studio.plan import Plan, Stage, hand_over
from sfumato.studio.recipes import recipe_of
from sfumato.studio.screen import LONGEST, gray_png
from sfumato.studio.session import Session
from sfumato.studio.uploads import unique_name

__all__ = ["cutout_png", "object_of", "paste_files"]


def object_of(session: Session) -> PastedObject:
    """Return the object of the panel.

    Raises
    ------
    RecipeError
        If there is none yet.
    """
    found = session.document.panel.object
    if found is None:
        raise RecipeError("there is no object yet; choose the picture that contains it")
    return found


def cutout_png(session: Session) -> bytes:
    """Return the object cut out, as a PNG with alpha, cropped to what is visible of it."""
    found = object_of(session)
    picture = images.load(gallery.file_of(session, found.style))
    cutout = cut_out(picture, found.region, EDGE, session.files, session.finders)
    top, left, bottom, right = cutout.box
    layers = at_most(cutout.layers[top:bottom, left:right], LONGEST)
    alpha = layers[..., 3:].clip(0, 1)
    colors = np.divide(layers[..., :3], alpha, out=np.zeros_like(layers[..., :3]), where=alpha > 0).clip(0, 1)
    shown = np.concatenate([colors[..., ::-1], alpha], axis=2)
    return gray_png(np.asarray(np.rint(shown * 255), np.uint8))


def paste_files(session: Session, folder: Path) -> Plan:
    """Paste the object into the painting in a folder, and plan how to harmonize it, if that is wanted.

    Raises
    ------
    SfumatoError
        If something is missing, or cannot be used.
    """
    document, found = session.document, object_of(session)
    assert document.photo is not None
    hand_over(session, folder, [], found.style)
    name, painting = gallery.file_of(session, found.style).name, document.photo.name
    at = f"{found.x:.1f},{found.y:.1f}"
    stem = Path(unique_name(f"{Path(name).stem}-{Path(painting).stem}.png", [name, painting])).stem
    pasted, mask = f"{stem}.png", f"{stem}.mask.png"
    made = methods.paste(
        folder / name,
        folder / painting,
        region=found.region,
        at=at,
        scale=found.scale,
        rotate=found.angle,
        feather=found.feather,
        folder=folder,
        **session.finders,
    )
    images.save(made.picture, folder / pasted, overwrite=True)
    images.save(images.from_array(made.mask), folder / mask, overwrite=True)
    words = ["sfumato", "paste", name, painting, "--region", found.region, "--at", at, "--scale", repr(found.scale)]
    words += ["--rotate", repr(found.angle)] if found.angle else []
    words += ["--feather", repr(found.feather)] if found.feather is not None else []
    for option, network in session.finders.items():
        words += [f"--{option.replace('_', '-')}", str(network)] if network != "auto" else []
    words += ["-o", pasted, "--mask", mask]
    more = {} if found.painterly is None else {"painterly": found.painterly}
    recipe = recipe_of(session, "harmonize", [{"region": f'"{mask}"', "styles": [{"image": painting}]}], **more)
    stages = [Stage(recipe, pasted, f"{stem}-harmonized.png")] if found.harmonize else []
    return Plan(stages, [joined(words)], pasted)
