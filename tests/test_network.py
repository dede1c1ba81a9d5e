"""Nothing uses the network but to fetch network files, and nothing is left in a user's home."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sfumato import models
from sfumato.errors import ModelError

#: Runs commands one after the other, and writes down whatever asks for an address, a connection or another program.
DRIVER = """
import json, sys
from pathlib import Path
asked = []

def watch(event, arguments):
    # Matplotlib asks this program which fonts there are.
    if event in WATCHED and arguments[0] != "fc-list":
        asked.append(f"{event} {arguments!r}"[:300])
        raise PermissionError(f"{event} is not allowed here")

WATCHED = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind",
           "subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "os.fork", "urllib.Request"}
sys.addaudithook(watch)
from sfumato.cli import main
done = {}
for line in json.loads(Path("commands.json").read_text()):
    sys.argv = ["sfumato", *line]
    try:
        main()
    except SystemExit as ending:
        done[" ".join(line)] = ending.code or 0
Path("done.json").write_text(json.dumps({"codes": done, "asked": asked}))
"""

PHOTO = ["--size", "64", "--iterations", "3", "--device", "cpu", "--semantic", "none", "-q"]
SHALLOW = ["--size", "64", "--iterations", "3", "--device", "cpu", "--finish", "0"]
SHALLOW += ["--style-layers", "relu1_1,relu2_1", "--content-layer", "relu2_2", "-q"]
SMALL = ["--steps", "2", "--batch", "1", "--size", "32", "--style-size", "32", "--width", "2", "-q"]
COMMANDS = [
    ["apply", "photo.png", "-s", "style.png", "-r", "subject | rect(0, 0, 50%, 50%)", "-o", "a.png", *SHALLOW],
    ["apply", "photo.png", "-s", "style.png", "--plot", "loss.png", "--save-recipe", "r.toml", "-o", "b.png", *SHALLOW],
    ["apply", "photo.png", "-s", "style.png", "--method", "fast", "-o", "c.png", "-q"],
    ["partial", "photo.png", "-s", "style.png", "--corners", "8,8,90,8,90,60,8,60", "-o", "d.png", *SHALLOW],
    ["photo", "photo.png", "--reference", "style.png", "-o", "e.png", *PHOTO],
    ["paste", "style.png", "photo.png", "-r", "rect(4, 4, 30, 30)", "-o", "pasted.png", "-q"],
    ["harmonize", "pasted.png", "--painting", "photo.png", "-o", "f.png", *SHALLOW[:-3], "-q"],
    ["train", "-s", "style.png", "--photos", "photos", "-o", "a.sfm", *SMALL],
    ["apply", "photo.png", "--network", "a.sfm", "-o", "g.png", "-q"],
    ["export", "a.sfm", "a.onnx"],
    ["regions", "photo.png", "-r", "refine(subject)", "-o", "h.png"],
    ["regions", "photo.png", "-r", "subjct"],
    ["run", "r.toml", "photo.png", "-o", "i.png", "-q"],
    ["replay", "b.png", "photo.png", "-o", "j.png", "-q"],
    ["models", "list"],
    ["models", "fetch", "vgg19"],
    ["models", "path"],
    ["options"],
]
REFUSED = {"regions photo.png -r subjct": 2}


@pytest.fixture
def store(tmp_path, vgg, u2netp, face_networks):
    """A store that holds all files that wheels carry."""
    place = tmp_path / "store"
    (place / "models").mkdir(parents=True)
    for name in ("vgg19", "u2netp", "arbitrary-predict", "arbitrary-transform", "face-detection", "face-mesh"):
        try:
            shutil.copy(models.path(name), place / "models")
        except ModelError as error:
            pytest.skip(f"needs the network file {name}: {error}")
    return place


def test_no_command_asks_for_anything_and_a_home_stays_empty(tmp_path, store):
    work, home = tmp_path / "work", tmp_path / "home"
    (work / "photos").mkdir(parents=True)
    home.mkdir()
    rng = np.random.default_rng(0)
    for name, size in (("photo.png", (80, 100, 3)), ("style.png", (48, 64, 3)), ("photos/a.png", (40, 48, 3))):
        Image.fromarray(rng.integers(0, 256, size, np.uint8)).save(work / name)
    (work / "commands.json").write_text(json.dumps(COMMANDS))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "HF_", "ORT_", "MPL"))}
    # Where the compiler's and the plots' caches go is the user's choice, and theirs alone.
    environment = {**kept, "HOME": str(home), "SFUMATO_HOME": str(store), "MPLCONFIGDIR": str(tmp_path / "plots")}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", DRIVER], cwd=work, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((work / "done.json").read_text())
    assert report["asked"] == []
    assert report["codes"] == {" ".join(line): REFUSED.get(" ".join(line), 0) for line in COMMANDS}
    assert [path.relative_to(home) for path in home.rglob("*")] == []
    assert {path.name for path in store.iterdir()} == {"models", "masks"}


def test_telemetry_of_hugging_face_is_off(tmp_path):
    pytest.importorskip("huggingface_hub", reason="needs the libraries of Hugging Face")
    code = (
        "from sfumato.regions.segmenters import known_names; print(known_names('hf:no/such-model'));"
        "from huggingface_hub import constants; print(constants.HF_HUB_DISABLE_TELEMETRY)"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**kept, "HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["None", "True"]
    assert Path(tmp_path).exists()
