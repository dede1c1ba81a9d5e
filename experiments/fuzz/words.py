"""Masks, networks, stores, names, values and sizes that are odd or wrong."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

from experiments.fuzz.case import CPU, FAST, TRAINING, Case, any_of, chance, network, some, texture

__all__ = ["checkpoint", "mask", "name", "net", "size", "store", "value"]

_PHOTO = ("photo", "photo.png", "--reference", "style.png", "-o", "out.png", *FAST)
_PASTED = ("out.png", "out.mask.png")


def mask(rng: np.random.Generator) -> Case:
    """Return a case with a whole mask or label map that makes little sense."""
    height, width = (64, 80) if chance(rng, 0.5) else (some(rng, 16, 140), some(rng, 16, 140))
    how = any_of(rng, "black", "white", "ones", "red", "clear", "photo", "indices", "label", "gray", "noise", "dot")
    values = np.zeros((height, width), np.uint8)
    if how in ("white", "ones", "gray"):
        values[:] = {"white": 255, "ones": 1, "gray": 128}[how]
    elif how == "indices":
        values = rng.integers(0, some(rng, 1, 30), (height, width)).astype(np.uint8)
    elif how == "noise":
        values = rng.integers(0, 256, (height, width)).astype(np.uint8)
    elif how == "dot":
        values[some(rng, 0, height), some(rng, 0, width)] = 255
    image = Image.fromarray(values)
    if how in ("red", "label"):
        image = Image.new("RGB", (width, height), (255, 0, 0))
    elif how == "clear":
        image = Image.new("RGBA", (width, height), (255, 255, 255, 0))
    elif how == "photo":
        image = Image.fromarray(texture(height, width, 5))
    elif how == "indices" and chance(rng, 0.5):
        image = image.convert("P")
    image.save("odd.png")
    about = f"{how}, {width} x {height}"
    quoted = any_of(
        rng, "odd.png", "~odd.png", "grow(odd.png, 3)", "refine(odd.png)", "shrink(odd.png, 9)", "crf(odd.png)"
    )
    match any_of(rng, "apply", "regions", "harmonize", "paste", "photo", "painted", "partial"):
        case "apply":
            blend = ("--blend", any_of(rng, "feather", "mrf", "smooth", "poisson"))
            return Case(about, ("apply", "photo.png", "-s", "style.png", "-r", quoted, "-o", "out.png", *blend, *FAST))
        case "regions":
            return Case(about, ("regions", "photo.png", "-r", quoted, "-o", "out.png"))
        case "harmonize":
            return Case(
                about, ("harmonize", "photo.png", "--painting", "photo.png", "--mask", quoted, "-o", "out.png", *FAST)
            )
        case "paste":
            return Case(about, ("paste", "photo.png", "style.png", "-r", quoted, "-o", "out.png"), _PASTED)
        case "painted":
            label = any_of(rng, "blue", "0", "1", "black", "white", "9999999999", "", "é", "-1", "0.5")
            return Case(about, ("regions", "photo.png", "-r", f'painted("odd.png", "{label}")', "-o", "out.png"))
        case "partial":
            return Case(about, ("partial", "photo.png", "-r", quoted, "-s", "style.png", "-o", "out.png", *FAST))
    realism = ("--realism", any_of(rng, "grid", "filter", "laplacian", "screened-poisson", "none"))
    maps = ("--labels", "odd.png", "--reference-labels", any_of(rng, "odd.png", "mask.png", "style.png"))
    return Case(about, (*_PHOTO, *maps, *realism, "--semantic", any_of(rng, "soft", "hard", "none")))


def net(rng: np.random.Generator) -> Case:
    """Return a case with a trained network, or what pretends to be one."""
    styles = ("a", "b")[: some(rng, 1, 3)]
    network("net.sfm", *styles, masks=chance(rng, 0.3))
    data = bytearray(Path("net.sfm").read_bytes())
    how = any_of(rng, "sound", "cut", "flipped", "other", "empty", "head", "folder", "onnx", "length")
    ending = "sfm"
    if how == "cut":
        del data[some(rng, 0, len(data)) :]
    elif how in ("flipped", "head"):
        for _ in range(some(rng, 1, 20)):
            data[some(rng, 0, len(data) if how == "flipped" else 3000)] ^= 1 << some(rng, 0, 8)
    elif how == "other":
        data = bytearray(Path("photo.png").read_bytes())
    elif how == "empty":
        data.clear()
    elif how == "length":
        data[:8] = (any_length := some(rng, 0, 2**62)).to_bytes(8, "little")
        how = f"length {any_length}"
    elif how == "onnx":
        ending = "onnx"
    Path(f"odd.{ending}").write_bytes(data)
    if how == "folder":
        Path("odd.sfm").unlink()
        Path("odd.sfm").mkdir()
    usable = False if how in ("cut", "other", "empty", "folder") else None
    if chance(rng, 0.35):
        return Case(how, ("export", f"odd.{ending}", "out.onnx"), ("out.onnx",), (4,), usable)
    chosen = any_of(rng, "", "@a", "@b", "@", "@nope", "@a:2", ":0", ":nan", "@a@b")
    line = ("apply", "photo.png", "--network", f"odd.{ending}{chosen}", "-o", "out.png", *CPU)
    return Case(f"{how} {chosen}", line, ("out.png",), (2, 4), usable)


def store(rng: np.random.Generator) -> Case:
    """Return a case with a damaged store, and no network to mend it."""
    from sfumato import models

    kind = any_of(rng, "vgg19", "u2netp", "arbitrary-predict", "arbitrary-transform")
    how = any_of(rng, "cut", "flipped", "text", "empty", "absent", "folder", "link to nowhere", "a file for a store")
    home, file = Path("../other"), models.MODELS[kind].file_name
    line = {
        "vgg19": ("apply", "photo.png", "-s", "style.png", "-o", "out.png", *FAST),
        "u2netp": ("regions", "photo.png", "-r", "subject", "-o", "out.png"),
    }.get(kind, ("apply", "photo.png", "-s", "style.png", "-o", "out.png", "--method", "fast", *CPU))
    if how == "a file for a store":
        home.write_text("mine")
        return Case(f"{kind}: {how}", line, codes=(4,), usable=False, store="other")
    (home / "models").mkdir(parents=True)
    for other in Path("../home/models").iterdir():
        if other.name != file:
            (home / "models" / other.name).symlink_to(other.resolve())
    place, whole = home / "models" / file, Path("../home/models") / file
    if how in ("cut", "flipped"):
        data = bytearray(whole.read_bytes())
        if how == "cut":
            del data[some(rng, 1, len(data)) :]
        else:
            data[some(rng, 0, len(data))] ^= 1 << some(rng, 0, 8)
        place.write_bytes(data)
    elif how in ("text", "empty"):
        place.write_text("a network" if how == "text" else "")
    elif how == "folder":
        place.mkdir()
    elif how == "link to nowhere":
        place.symlink_to("nowhere")
    if chance(rng, 0.2):
        command = any_of(rng, "list", "path")
        return Case(
            f"{kind}: {how}", ("models", command, *((kind,) if command == "path" else ())), (), (4,), store="other"
        )
    return Case(f"{kind}: {how}", line, codes=(4,), usable=False, store="other")


_NAMES = ("two words.png", "it's.png", 'a "b".png', "new\nline.png", "p\udcff.png", "☃é.png", "-o.png", "a:0.5.png")
_NAMES += ("a@b.png", "[x].png", "%s{}.png", "\x1b[31mred.png", "\u202egnp.png", "x" * 240 + ".png", "~.png", "a,b.png")
_NAMES += (
    "x" * 251 + ".png",
    "é" * 125 + ".png",
    "a#1.png",
    "tab\t.png",
    ".hidden.png",
    "$HOME.png",
    "rect(0,0,1,1).png",
)

_NOWHERE = ("missing/out.png", "folder", "folder.png", "photo.png", "./photo.png", "link.png", "out.gif", "out", "out.")
_NOWHERE += (".png", "x" * 300 + ".png", "photo.png/out.png", "/proc/out.png", "/dev/full", "/dev/full/out.png", "")
_NOWHERE += (
    "/dev/null",
    " ",
    "folder/../photo.png",
    "there.png",
    "out.png\n",
    "~nobody/out.png",
    "dead.png",
    "loop.png",
)
_NOWHERE += ("/proc/self/out.png", "x" * 2000 + "/out.png", "nowhere/../out.png", "style.png", "STYLE.sfm", "out.sfm/")
_NOWHERE += ("\udcff/out.png", "new\nline/out.png", "/sys/out.png")


def name(rng: np.random.Generator) -> Case:
    """Return a case with an odd name of an input or an output."""
    Path("folder").mkdir()
    Path("folder.png").mkdir()
    Path("link.png").symlink_to("photo.png")
    Path("dead.png").symlink_to("nowhere/there.png")
    Path("loop.png").symlink_to("loop.png")
    Path("there.png").write_bytes(b"mine")
    apply = ("apply", "photo.png", "-s", "style.png", *FAST)
    if chance(rng, 0.55):
        odd = any_of(rng, *_NAMES)
        role = any_of(rng, "photo", "style", "output", "mask", "recipe", "reference", "paste", "regions", "train")
        if role not in ("output", "recipe"):
            Path("style.png" if role in ("style", "reference", "train") else "photo.png").rename(odd)
        lines: dict[str, Case] = {
            "photo": Case("", ("apply", "-s", "style.png", "-o", "out.png", *FAST, "--", odd)),
            "style": Case("", ("apply", "photo.png", f"--style={odd}", "-o", "out.png", *FAST)),
            "output": Case("", (*apply, f"--output={odd}"), (odd,), (3,)),
            "mask": Case("", ("regions", f"--region={odd}", "--save", "out.png", "--", "style.png")),
            "recipe": Case(
                "", (*apply, "-o", "out.png", f"--save-recipe={odd}.toml"), ("out.png", f"{odd}.toml"), (2, 3)
            ),
            "reference": Case(
                "", ("photo", "photo.png", f"--reference={odd}", "-o", "out.png", "--semantic=none", *FAST)
            ),
            "paste": Case("", ("paste", "-r", "all", "-o", "out.png", "--", odd, "style.png"), _PASTED),
            "regions": Case("", ("regions", "-r", "all", "-o", "out.png", "--", odd)),
            "train": Case("", ("train", f"--style={odd}", "--photos", ".", "-o", "out.sfm", *TRAINING), ("out.sfm",)),
        }
        case = lines[role]
        return Case(f"{role} {odd[:40]!r}", case.arguments, case.outputs, (2, 3))
    odd = any_of(rng, *_NOWHERE)
    # A recipe may have any name; what it is taken for here goes by the name.
    told = f"{odd}.toml" if odd.lower().endswith((".png", ".sfm")) else odd
    Path("photos").mkdir()
    network("net.sfm")
    os.link("photo.png", "photos/a.png")
    lines = {
        "apply": Case("", (*apply, f"--output={odd}"), (odd,)),
        "plot": Case("", (*apply, "-o", "out.png", f"--plot={odd}"), ("out.png", odd)),
        "recipe": Case("", (*apply, "-o", "out.png", f"--save-recipe={told}"), ("out.png", told)),
        "regions": Case("", ("regions", "photo.png", "-r", "all", f"--output={odd}"), (odd,)),
        "save": Case("", ("regions", "photo.png", "-r", "all", f"--save={odd}"), (odd,)),
        "paste": Case(
            "", ("paste", "photo.png", "style.png", "-r", "all", f"--output={odd}"), (odd, f"{Path(odd).stem}.mask.png")
        ),
        "mask": Case(
            "", ("paste", "photo.png", "style.png", "-r", "all", "-o", "out.png", f"--mask={odd}"), ("out.png", odd)
        ),
        "train": Case("", ("train", "-s", "style.png", "--photos", "photos", *TRAINING, f"--output={odd}"), (odd,)),
        "export": Case("", ("export", "net.sfm", "--", odd), (odd,)),
        "partial": Case(
            "",
            ("partial", "photo.png", "-s", "style.png", "--corners", "2,2,50,2,50,50,2,50", *FAST, f"--output={odd}"),
            (odd,),
        ),
        "photo": Case(
            "", ("photo", "photo.png", "--reference", "style.png", "--semantic=none", *FAST, f"--output={odd}"), (odd,)
        ),
        "harmonize": Case(
            "",
            ("harmonize", "photo.png", "--painting", "photo.png", "--mask", "mask.png", *FAST, f"--output={odd}"),
            (odd,),
        ),
    }
    command = any_of(rng, *lines)
    case = lines[command]
    about = f"output of {command} {odd[:40]!r}"
    forced = (*case.arguments[:1], "--force", *case.arguments[1:]) if chance(rng, 0.3) else case.arguments
    if forced != case.arguments:
        about += ", forced"
    outputs = tuple(os.path.normpath(each) for each in case.outputs)
    return Case(about, forced, outputs, (2, 3))


_VALUES = (
    "-1",
    "abc",
    "1e99",
    "nan",
    "inf",
    "-inf",
    "",
    ",",
    ",,",
    "0",
    "-0",
    "1,2,3",
    "1e-320",
    "9" * 400,
    "9" * 5000,
)
_VALUES += (
    "0x10",
    "１２",
    "²",
    "\n",
    "\udcff",
    "true",
    "None",
    "1_0",
    " 5",
    "5 ",
    "+5",
    "2",
    "1.5",
    "5,",
    "0,0",
    "a=b",
    "%",
)
_VALUES += (
    "relu1_1:0",
    "relu1_1,relu1_1",
    "relu1_1:1e7",
    "cuda",
    "cuda:99",
    "cpu ",
    "hf:no/such",
    "hf:",
    "/dev/null",
    ".",
)
_CORNERS = (
    "1,2,3",
    "0,0,0,0,0,0,0,0",
    "1,1,9,1,9,9,1,nan",
    "0,0,1e9,0,1e9,1e9,0,1e9",
    "5,5,60,5,5,50,60,50",
    "a,b,c,d,e,f,g,h",
)
_CORNERS += (
    "-50,-50,200,-50,200,200,-50,200",
    "1,1,2,1,2,2,1,2",
    "0,0,40,0,80,0,40,0",
    "0,0,79,0,79,63,0,63",
    "500,500,600,500,600,600,500,600",
)


def value(rng: np.random.Generator) -> Case:
    """Return a case with an option whose value may make no sense."""
    from sfumato.cli.options import option_fields

    odd = any_of(rng, *_VALUES)
    command = any_of(rng, "apply", "apply", "apply", "paste", "train", "photo", "corners", "run options", "harmonize")
    if command == "corners":
        odd = any_of(rng, *_CORNERS)
        line: tuple[str, ...] = ("partial", "photo.png", "-s", "style.png", f"--corners={odd}", "-o", "out.png", *FAST)
        return Case(f"corners {odd}", line)
    if command == "paste":
        option = any_of(rng, "at", "scale", "rotate", "feather", "segmenter", "preset")
        if option == "at" and chance(rng, 0.5):
            odd = any_of(
                rng, "1,2,3", "50%", "nan,nan", "inf,1", "-500,-500", "1e9%,1", "a,b", "50%,50%,", "1;2", "0,0"
            )
        line = ("paste", "photo.png", "style.png", "-r", "mask.png", f"--{option}={odd}", "-o", "out.png")
        return Case(f"paste --{option} {odd[:20]!r}", line, _PASTED)
    if command == "train":
        # Of the number of steps and of pieces, what is huge is allowed, and takes forever.
        option = any_of(
            rng, "steps", "batch", "size", "style-size", "width", "seed", "content-weight", "style-weight", "device"
        )
        while option in ("steps", "batch") and odd.startswith("9"):
            odd = any_of(rng, *_VALUES)
        Path("photos").mkdir()
        os.link("photo.png", "photos/a.png")
        line = ("train", "-s", "style.png", "--photos", "photos", "-o", "out.sfm", *TRAINING, f"--{option}={odd}")
        return Case(f"train --{option} {odd[:20]!r}", line, ("out.sfm",), (1, 2, 4, 5))
    if command == "run options":
        option = any_of(rng, "preview-every", "max-megapixels", "plot", "region", "style", "network", "save-recipe")
        line = ("apply", "photo.png", "-s", "style.png", "-o", "out.png", *FAST, f"--{option}={odd}")
        previewed = option == "preview-every" and odd.strip() in ("2", "5", "+5")
        outputs = ("out.png", *(("out.preview.png",) if previewed else (odd,) if option == "save-recipe" else ()))
        return Case(f"--{option} {odd[:20]!r}", line, outputs, (2, 3, 4))
    option = any_of(rng, *(each for each, _, _ in option_fields()))
    head = {
        "apply": ("apply", "photo.png", "-s", "style.png", "-o", "out.png", *FAST),
        "photo": (*_PHOTO, "--semantic", any_of(rng, "none", "soft")),
        "harmonize": (
            "harmonize",
            "photo.png",
            "--painting",
            "photo.png",
            "--mask",
            "mask.png",
            "-o",
            "out.png",
            *FAST,
        ),
    }[command]
    line = (*head, f"--{option.replace('_', '-')}={odd}")
    return Case(f"{command} --{option} {odd[:20]!r}", line, codes=(2, 4, 5))


_SIDES = ((1, 1), (15, 15), (16, 16), (17, 16), (15, 200), (16, 2000), (20000, 16), (16, 20000), (33, 700), (1, 500))


def size(rng: np.random.Generator) -> Case:
    """Return a case with a photo of an odd size, and a region of a pixel or of all."""
    width, height = _SIDES[some(rng, 0, len(_SIDES))]
    Image.fromarray(texture(height, width, 4)).save("odd.png")
    usable = False if min(width, height) < 16 else None
    place = any_of(
        rng, "all", "rect(3, 3, 4, 4)", "rect(0, 0, 1, 1)", "rect(0, 50%, 100%, 51%)", "~rect(0, 0, 1, 1)", "subject"
    )
    command = any_of(
        rng, "localized", "naive", "fast", "harmonize", "photo", "paste", "into", "style", "regions", "reference"
    )
    about = f"{command}, {width} x {height}, {place}"
    out = ("-o", "out.png")
    if command in ("localized", "naive", "fast"):
        how = ("--method", "fast", "--size", "64", *CPU) if command == "fast" else (*FAST, "--method", command)
        return Case(about, ("apply", "odd.png", "-s", "style.png", "-r", place, *out, *how), usable=usable)
    lines: dict[str, Case] = {
        "harmonize": Case("", ("harmonize", "odd.png", "--painting", "odd.png", "--mask", place, *out, *FAST)),
        "photo": Case(
            "", ("photo", "odd.png", "--reference", "style.png", "--semantic=none", "-r", place, *out, *FAST)
        ),
        "paste": Case("", ("paste", "odd.png", "photo.png", "-r", place, *out), _PASTED),
        "into": Case("", ("paste", "style.png", "odd.png", "-r", "all", "--scale", "0.7", *out), _PASTED),
        "style": Case("", ("apply", "photo.png", "-s", "odd.png", *out, *FAST)),
        "regions": Case("", ("regions", "odd.png", *(("-r", place) if chance(rng, 0.7) else ()), *out)),
        "reference": Case("", ("photo", "photo.png", "--reference", "odd.png", "--semantic=none", *out, *FAST)),
    }
    case = lines[command]
    return Case(about, case.arguments, case.outputs, (2,), usable)


def checkpoint(rng: np.random.Generator) -> Case:
    """Return a case that goes on from a checkpoint that is none, or of another run."""
    import hashlib
    from io import BytesIO

    import torch

    train = chance(rng, 0.4)
    target = "out.sfm" if train else "out.png"
    place = Path(f"{target}.checkpoint")
    how = any_of(
        rng, "junk", "empty", "folder", "loop", "absent", "pickle", "no state", "another run", "a number", "odd state"
    )
    saved = BytesIO()
    contents = {"no state": {"fingerprint": "a"}, "another run": {"fingerprint": "a", "state": {}}, "a number": 3}
    contents["odd state"] = {"fingerprint": "a", "state": 7}
    torch.save(contents.get(how, Path("photo.png").read_bytes()), saved)
    payload = saved.getvalue() if how != "pickle" else b"cos\nsystem\n(S'touch hacked'\ntR."
    if how == "folder":
        place.mkdir()
    elif how == "loop":
        place.symlink_to(place.name)
    elif how != "absent":
        content = hashlib.sha256(payload).digest() + payload
        place.write_bytes({"empty": b"", "junk": rng.bytes(some(rng, 1, 5000))}.get(how, content))
    Path("photos").mkdir()
    os.link("photo.png", "photos/a.png")
    line: tuple[str, ...] = ("apply", "photo.png", "-s", "style.png", "-o", target, "--resume", *FAST)
    if train:
        line = ("train", "-s", "style.png", "--photos", "photos", "-o", target, "--resume", *TRAINING)
    return Case(f"{'train' if train else 'apply'}, {how}", line, codes=(3, 6), usable=False)
