"""The public names, and how little it takes to import them."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sfumato

ROOT = Path(sfumato.__file__).parent
NAMES = sorted(
    ".".join(("sfumato", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
)
HEAVY = {"torch", "onnxruntime", "skimage", "matplotlib", "pydantic", "cv2", "scipy", "tifffile", "pooch", "rich"}


def order(name):
    """The order that ruff keeps: constants, classes, the rest; numbers by value."""
    rank = 0 if name.isupper() else 1 if name[:1].isupper() else 2
    return rank, [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


@pytest.mark.parametrize("name", NAMES)
def test_every_module_lists_its_public_names(name):
    module = importlib.import_module(name)
    names = module.__all__
    assert isinstance(names, list)
    assert list(names) == sorted(set(names), key=order)
    for public in names:
        assert hasattr(module, public), public


def test_public_names_of_the_package():
    assert sorted(dir(sfumato)) == sorted(sfumato.__all__)
    assert {"stylize", "steps", "Recipe", "SfumatoError"} <= set(sfumato.__all__)
    for name in sfumato.__all__:
        value = getattr(sfumato, name)
        if isinstance(value, type):
            assert value.__name__ == name
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", sfumato.__version__)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="module 'sfumato' has no attribute 'stylise'"):
        sfumato.stylise  # noqa: B018


def fresh(code):
    """What a new interpreter says, as JSON."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    return json.loads(run.stdout)


def test_importing_the_package_loads_nothing_heavy():
    loaded = set(fresh("import sfumato, sys, json; print(json.dumps(sorted(sys.modules)))"))
    assert "sfumato" in loaded
    assert loaded & HEAVY == set()
    assert "numpy" not in loaded


def test_the_fast_networks_need_no_pytorch():
    code = "import sfumato, sys, json; sfumato.fast.Styler; print(json.dumps(sorted(sys.modules)))"
    loaded = set(fresh(code))
    assert "sfumato.feedforward" in loaded
    assert loaded & (HEAVY - {"cv2"}) == set()


def test_the_light_parts_load_nothing_heavy_either():
    code = "import sfumato, sys, json; sfumato.SfumatoError; sfumato.models; print(json.dumps(sorted(sys.modules)))"
    assert set(fresh(code)) & HEAVY == set()
