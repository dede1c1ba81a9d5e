"""Videos restyled: how steady, how sharp and how fast, and sheets of crops over time.

Needs the research clips and paintings beside the project, and the network files arbitrary-predict and
arbitrary-transform; the optimizer needs vgg19, the regions deeplab::

    python -m experiments.video              # the table of the networks, for two clips
    python -m experiments.video table --held # the same for the clip that nothing was tuned on
    python -m experiments.video optimizer    # the table of the optimizer: some minutes
    python -m experiments.video masks        # how steady the masks are
    python -m experiments.video speed        # processor seconds for a frame of 512×288
    python -m experiments.video sheets       # crops over time, in the folder --out
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from sfumato import images
from sfumato.metrics import SourceMotion, flow_difference, source_motion, warping_error
from sfumato.motion import gray
from sfumato.recipe import Recipe
from sfumato.video.cuts import is_cut, thumbnail
from sfumato.video.options import VideoOptions
from sfumato.video.painters import Painted, paint

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
STYLE = DATA / "paintings" / "starry_night.jpg"
# File, first frame, and size, if it is not the clip's own.
CLIPS = {
    "carphone": ("carphone_pristine.mp4", 0, None),
    "bigbuckbunny": ("bigbuckbunny.mp4", 20, (512, 288)),
}
HELD = {"bikes": ("bikes.mp4", 0, None)}
FRAMES = 40
WAYS = {
    "each frame alone": {"steadiness": 0.0},
    "along the flow": {"detail": False},
    "along the flow, detail given back": {},
    "key frames, 12 apart": {"keyframes": 12},
}
OPTIMIZED = {
    "each frame alone": None,
    "every frame from the one before": {"every_frame": True},
    "key frames, 8 apart": {"keyframes": 8},
}


def clip(name: str, count: int = FRAMES) -> list[np.ndarray]:
    """Read some frames of a clip."""
    file, first, size = (CLIPS | HELD)[name]
    film, found = cv2.VideoCapture(str(DATA / "video" / file)), []
    film.set(cv2.CAP_PROP_POS_FRAMES, first)
    while len(found) < count and (frame := film.read()[1]) is not None:
        frame = frame if size is None else cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        found.append(np.ascontiguousarray(frame[..., ::-1]))
    return found


def painted(frames: Iterable[np.ndarray], recipe: Recipe, options: VideoOptions) -> list[Painted]:
    """Restyle frames."""
    return list(paint(iter(frames), recipe, options))


def shown(frames: Sequence[np.ndarray], made: Sequence[Painted]) -> list[np.ndarray]:
    """Lay what was painted over the frames."""
    pairs = zip(frames, made, strict=True)
    return [
        (frame / np.float32(255) * (1 - one.alpha[..., None]) + one.picture * one.alpha[..., None])
        for frame, one in pairs
    ]


def sharpness(pictures: Iterable[np.ndarray]) -> float:
    """Return the mean variance of the Laplacian of the luma."""
    grays = (cv2.cvtColor(255 * picture, cv2.COLOR_RGB2GRAY) for picture in pictures)
    return float(np.mean([cv2.Laplacian(gray, cv2.CV_32F).var() for gray in grays]))


def motions(frames: Sequence[np.ndarray], flow: str = "deepflow") -> list[SourceMotion | None]:
    """Estimate the motion to score by, None where a shot begins."""
    small = [thumbnail(gray(frame / np.float32(255))) for frame in frames]
    cuts = [is_cut(*pair) for pair in pairwise(small)]
    pairs = zip(cuts, pairwise(frames), strict=True)
    return [None if cut else source_motion(*pair, flow=flow) for cut, pair in pairs]


def scored(
    measure: Callable[..., float], pictures: Sequence[np.ndarray], along: Sequence[SourceMotion | None]
) -> float:
    """Return the mean of a measure over all frames but those that begin a shot."""
    pairs = zip(pairwise(pictures), along, strict=True)
    return float(np.mean([measure(*pair, motion) for pair, motion in pairs if motion is not None]))


def table(clips: Iterable[str]) -> None:
    """Print how steady and how sharp the networks are, relative to frames painted by themselves."""
    recipe = Recipe.from_options(style=STYLE, method="fast")
    print(
        "| clip | way | warping error | by Farnebäck's flow | sharpness | difference of flows |",
        "|---|---|---|---|---|---|",
        sep="\n",
    )
    for name in clips:
        frames, first = clip(name), None
        by_deep, by_farneback = motions(frames), motions(frames, "farneback")
        for way, options in WAYS.items():
            pictures = shown(frames, painted(frames, recipe, VideoOptions(**options)))
            found = [
                scored(warping_error, pictures, by_deep),
                scored(warping_error, pictures, by_farneback),
                sharpness(pictures),
            ]
            first = first or found
            shares = " | ".join(f"{now / then:.2f}" for now, then in zip(found, first, strict=True))
            print(f"| {name} | {way} | {shares} | {scored(flow_difference, pictures, by_farneback):.2f} |", flush=True)


def optimizer(out: Path, name: str = "carphone", count: int = 9) -> None:
    """Print the same for the optimizer, on a few small frames, and show them."""
    recipe = Recipe.from_options(style=STYLE, method="localized", preset="draft", finish=0, iterations="16")
    frames = clip(name, count)
    along, rows, first = motions(frames), [[frame / np.float32(255) for frame in frames]], None
    print(
        "| way | warping error | sharpness | difference of flows | seconds a frame |", "|---|---|---|---|---|", sep="\n"
    )
    for way, options in OPTIMIZED.items():
        began = time.process_time()
        if options is None:
            made = [painted([frame], recipe, VideoOptions())[0] for frame in frames]
        else:
            made = painted(frames, recipe, VideoOptions(**options))
        took = (time.process_time() - began) / len(frames)
        pictures = shown(frames, made)
        error, flow = (scored(measure, pictures, along) for measure in (warping_error, flow_difference))
        first = first or (error, sharpness(pictures))
        shares = f"{error / first[0]:.2f} | {sharpness(pictures) / first[1]:.2f}"
        print(f"| {way} | {shares} | {flow:.2f} | {took:.1f} |", flush=True)
        rows.append(pictures)
    written("optimizer", rows, range(0, count, 2), out)


def masks() -> None:
    """Print how much the mask of a person changes along the flow, and how far it is that found in every frame."""
    frames, first = clip("carphone"), None
    along = motions(frames)
    recipe = Recipe.from_options(style=STYLE, method="fast", region="person", feather=0)
    print("| masks | change along the flow | in common with those of each frame |", "|---|---|---|", sep="\n")
    for way, options in {
        "each frame alone": {"steadiness": 0.0, "masks_every": 1},
        "steadied": {"masks_every": 1},
        "every 4th frame, steadied": {"masks_every": 4},
        "every 8th frame, steadied": {"masks_every": 8},
    }.items():
        found = [one.alpha for one in painted(frames, recipe, VideoOptions(**options))]
        first = first or found
        change = scored(warping_error, [np.repeat(mask[..., None], 3, -1) for mask in found], along)
        common = np.minimum(found, first).sum() / np.maximum(found, first).sum()
        print(f"| {way} | {change:.5f} | {common:.3f} |", flush=True)


def speed(count: int = 20) -> None:
    """Print how much time of one processor a frame takes."""
    frames = [cv2.resize(frame, (512, 288), interpolation=cv2.INTER_AREA) for frame in clip("bigbuckbunny", count)]
    for region in ("all", "person", "subject"):
        recipe = Recipe.from_options(style=STYLE, method="fast", region=region)
        painted(frames[:2], recipe, VideoOptions())
        began = time.process_time(), time.perf_counter()
        painted(frames, recipe, VideoOptions())
        took = [
            1000 * (now - then) / count
            for now, then in zip((time.process_time(), time.perf_counter()), began, strict=True)
        ]
        print(f"{region}: {took[0]:.0f} ms of processor time a frame, {took[1]:.0f} ms on the clock", flush=True)


def sheets(out: Path, names: Iterable[str] = CLIPS) -> None:
    """Show crops over time: the clip, each frame alone, and along the flow."""
    for name in names:
        frames = clip(name)
        recipe = Recipe.from_options(style=STYLE, method="fast")
        rows = [[frame / np.float32(255) for frame in frames]]
        rows += [shown(frames, painted(frames, recipe, VideoOptions(**WAYS[way]))) for way in list(WAYS)[:3:2]]
        written(name, rows, range(8, 32, 4), out)


def written(name: str, rows: Sequence[Sequence[np.ndarray]], times: Iterable[int], out: Path) -> None:
    """Write a sheet of crops, time to the right."""
    crop = crop_of(rows[0][0].shape)
    page = images.from_array(
        np.concatenate([np.concatenate([row[n][crop] for n in times], 1) for row in rows]).clip(0, 1)
    )
    out.mkdir(parents=True, exist_ok=True)
    images.save(page, out / f"{name}.png", overwrite=True)


def crop_of(shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return the middle of a frame, at most 160 pixels on each side."""
    top, left = (max(0, (side - 160) // 2) for side in shape[:2])
    return slice(top, top + 160), slice(left, left + 160)


def main() -> None:
    parser = argparse.ArgumentParser(description="Look at restyled videos.")
    what = ["table", "optimizer", "masks", "speed", "sheets"]
    parser.add_argument("what", nargs="?", choices=what, default="table")
    parser.add_argument("--held", action="store_true", help="use the clip that nothing was tuned on")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "video", help="folder for sheets")
    given = parser.parse_args()
    clips = HELD if given.held else CLIPS
    match given.what:
        case "table":
            table(clips)
        case "optimizer":
            optimizer(given.out)
        case "masks":
            masks()
        case "speed":
            speed()
        case "sheets":
            sheets(given.out, clips)


if __name__ == "__main__":
    main()
