"""Figures of the source papers made again, as sheets in docs/images.

The photos come with scikit-image. Needs the paintings of the research pictures beside the project, and the network
files vgg19, u2netp and deeplab::

    python -m experiments.figures            # all
    python -m experiments.figures seams      # Localized Style Transfer, figure 8
    python -m experiments.figures mixes      # Exploring Style Transfer, figure 5
    python -m experiments.figures colors     # figure 6
    python -m experiments.figures gradients  # section 6
    python -m experiments.figures worlds
    python -m experiments.figures strengths
    python -m experiments.figures shares     # Localized Style Transfer, section 5.3: naive or masked
    python -m experiments.figures paste      # an object harmonized with a painting
    python -m experiments.figures partial    # Partial Style Transfer, figure 4; goes to build/figures, not to docs
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from skimage import data

from sfumato import blend, images, methods, regions
from sfumato.demo import paint
from sfumato.demo.sheet import sheet
from sfumato.jobs.plot import plot_losses
from sfumato.methods import Result, steps
from sfumato.recipe import Recipe

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
DATA = ROOT.parent / "shared" / "data"
CUP, PERSON = (images.from_array(photo) for photo in (data.coffee(), data.astronaut()))


def painting(name: str) -> str:
    """Return the path of a painting."""
    return str(DATA / "paintings" / f"{name}.jpg")


def made(photo: images.Picture, layers: list[dict[str, object]], **options: object) -> Result:
    """Run a recipe of these layers."""
    return drained(
        Recipe.from_mapping({"version": 1, "preset": "draft", "finish": 6, "layers": layers, **options}), photo
    )


def drained(recipe: Recipe, photo: images.Picture) -> Result:
    """Run a recipe."""
    run = steps(recipe, photo)
    for _ in run:
        pass
    return run.result()


def written(
    name: str,
    pictures: dict[str, np.ndarray],
    columns: int,
    *,
    height: int = 300,
    quality: int = 95,
    folder: Path = IMAGES,
) -> None:
    """Write a sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.jpg"
    page = images.from_array(sheet(pictures, height=height, columns=columns))
    images.save(page, path, quality=quality, overwrite=True)
    print(path)


def seams() -> None:
    """Unary only, and in full, on the naive and on the masked result."""
    photo = CUP.rgb()
    mask = regions.evaluate("subject", photo)
    width = 0.03 * float(np.sqrt(mask.sum()))
    pictures = {"photo": photo, "mask": np.repeat(mask[..., None], 3, axis=2)}
    for method in ("naive", "localized"):
        layer = {"region": "subject", "styles": [{"image": painting("starry_night")}], "feather": 2 * width}
        result = made(CUP, [layer], method=method)
        # Where alpha is 1, and in all of the band, the styled picture itself.
        alpha = np.maximum(result.alpha, 1e-3)[..., None]
        styled = np.where(result.alpha[..., None] > 0.02, photo + (result.picture.rgb() - photo) / alpha, photo)
        styled = styled.clip(0, 1).astype(np.float32)
        for name, found in (
            ("hard cut", blend.soft_edge(mask, 0) > 0.5),
            ("MRF, unary only", blend.mrf(photo, styled, mask, width, pairwise=0)),
            ("MRF", blend.mrf(photo, styled, mask, width)),
            ("convex", blend.smooth(photo, styled, mask, width)),
        ):
            pictures[f"{method}: {name}"] = photo + np.float32(found)[..., None] * (styled - photo)
        pictures[f"{method}: Poisson"] = blend.poisson(photo, styled, mask, width / 2)
    written("figure-seams", pictures, 4)


def mixes() -> None:
    """Two styles, each alone and half and half, with the loss of each."""
    pictures = {}
    for first, second in (("starry_night", "the_scream"), ("gris_portrait_of_picasso", "monet_haystacks")):
        both = f"{first} and {second}"
        for name, weights in ((first, (1.0, 0.0)), (both, (0.5, 0.5)), (second, (0.0, 1.0))):
            styles = [
                {"image": painting(style), "weight": weight}
                for style, weight in zip((first, second), weights, strict=True)
                if weight
            ]
            result = made(CUP, [{"region": "all", "styles": styles}])
            pictures[name.replace("_", " ")] = result.picture.rgb()
            if len(styles) > 1:
                plot_losses(result.trace, IMAGES / f"mix-{first}.png")
    written("figure-mixes", pictures, 3)


def colors() -> None:
    """The photo's colors kept, in three ways."""
    pictures = {"photo": CUP.rgb(), "style": images.load(painting("starry_night")).rgb()}
    for color in ("none", "luminance", "linear", "histogram"):
        layer = {"region": "subject", "styles": [{"image": painting("starry_night")}], "color": color}
        pictures[f"color {color}"] = made(CUP, [layer]).picture.rgb()
    written("figure-colors", pictures, 3)


def gradients() -> None:
    """From photo to style, and from one style to another."""
    styles = [[{"image": painting(name)}] for name in ("starry_night", "the_scream")]
    layers = {
        "photo to style": [{"region": "linear(20%, 0, 80%, 0)", "styles": styles[0]}],
        "radial": [{"region": "radial(50%, 55%, 20%, 70%)", "styles": styles[0]}],
        "style to style": [
            {"region": "linear(20%, 0, 80%, 0)", "styles": styles[0]},
            {"region": "~linear(20%, 0, 80%, 0)", "styles": styles[1]},
        ],
        "person before sky": [{"region": "person", "styles": styles[1]}, {"region": "~person", "styles": styles[0]}],
    }
    pictures = {}
    for name, stack in layers.items():
        pictures[name] = made(PERSON if "person" in name else CUP, stack).picture.rgb()
    written("figure-gradients", pictures, 2)


def worlds() -> None:
    """A person in one style before a background in another."""
    where = ("person", "the_scream"), ("~person", "starry_night")
    layers = [{"region": region, "styles": [{"image": painting(style)}]} for region, style in where]
    result = made(PERSON, layers, preset="normal")
    written("figure-worlds", {"photo": PERSON.rgb(), "two layers, optimized together": result.picture.rgb()}, 2)


def strengths() -> None:
    """From the photo to the full style."""
    pictures = {}
    for strength in (0.0, 0.25, 0.5, 0.75, 1.0):
        layer = {"region": "subject", "styles": [{"image": painting("starry_night")}], "strength": strength}
        pictures[f"strength {strength:g}"] = made(CUP, [layer]).picture.rgb()
    written("figure-strengths", pictures, 3)


def shares() -> None:
    """The naive method, the masked loss as published, and a region that takes its share."""
    ways = {
        "naive": {"method": "naive"},
        "masked, all of the style": {"style_share": "whole"},
        "masked, its share of it": {},
    }
    pictures = {}
    for name, photo, style in (("cup", CUP, "starry_night"), ("person", PERSON, "van_gogh_self_portrait")):
        pictures[name] = photo.rgb()
        for way, options in ways.items():
            layer = {"region": "subject", "styles": [{"image": painting(style)}]}
            recipe = Recipe.from_mapping({"version": 1, "method": "localized", "layers": [layer], **options})
            pictures[f"{name}: {way}"] = drained(recipe, photo).picture.rgb()
    written("figure-shares", pictures, 4)


def paste() -> None:
    """A cup in a landscape painted by code, before and after."""
    painted = images.from_array(paint(640, 512, seed=3))
    pasted = methods.paste(CUP, painted, at="33%,70%", scale=0.5)
    with tempfile.TemporaryDirectory() as folder:
        style, mask = Path(folder) / "painting.png", Path(folder) / "mask.png"
        images.save(painted, style)
        images.save(images.from_array(pasted.mask), mask)
        # By its thick strokes the landscape is as painterly as can be; with less of that, the cup keeps its shape.
        recipe = Recipe.from_options(style=style, region=mask, method="harmonize", painterly=4)
        harmonized = drained(recipe, pasted.picture).picture
    near = np.s_[196:496, :440]
    pictures = {"pasted": pasted.picture.rgb()[near], "harmonized": harmonized.rgb()[near]}
    written("figure-paste", pictures, 2, quality=85)


def partial(folder: Path) -> None:
    """A monitor whose screen shows two styles in perspective; its photo is not the project's to publish."""
    photo = images.load(DATA / "photos" / "0527.jpg")
    corners = (91.5, 65.5, 280.5, 73.5, 269.5, 200, 89.5, 170.5)
    pictures = {"photo": photo.rgb()}
    for name in ("starry_night", "the_scream"):
        layer = {"styles": [{"image": painting(name)}]}
        pictures[name.replace("_", " ")] = made(photo, [layer], preset="normal", corners=corners).picture.rgb()
    written("figure-partial", pictures, 3, height=photo.height, folder=folder)


def main() -> None:
    every = ["seams", "mixes", "colors", "gradients", "worlds", "strengths", "shares", "paste"]
    parser = argparse.ArgumentParser(description="Make figures of the papers again.")
    parser.add_argument("figures", nargs="*", default=every, help=f"of {', '.join(every)}, partial; all but the last")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "figures", help="where the figure partial goes")
    given = parser.parse_args()
    for figure in given.figures:
        if figure == "partial":
            partial(given.out)
        else:
            globals()[figure]()


if __name__ == "__main__":
    main()
