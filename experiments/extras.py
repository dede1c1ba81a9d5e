"""What each extra adds: packages and megabytes; writes docs/extras.toml, and the table in docs/extras.md.

Needs an environment in which all extras are installed::

    python -m experiments.extras
"""

from __future__ import annotations

import platform
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import tomli_w
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "docs" / "extras.toml"
PAGE = ROOT / "docs" / "extras.md"

#: The table on the page lies between these lines.
BEGIN, END = "<!-- Written by experiments/extras.py. -->", "<!-- End of what is written. -->"

#: What an extra is for; extras of developers are not measured.
PURPOSES = {
    "batch": "several workers, clusters, and addresses such as `s3://`",
    "deeplab": "people, animals, vehicles and furniture by name",
    "docs": "the site: `make docs`",
    "faces": "`face`, `eyes`, `lips`, `hair`, and faces that stay faces",
    "huggingface": "segmentation models of the Hugging Face kind",
    "matting": "`matte`: hair and fur by closed-form matting",
    "studio": "the page in the browser",
    "video": "clips",
}

# Libraries under the GPL that a wheel may contain, by the beginning of their file's name.
_GPL = ("libx264", "libx265")


def requirements(project: dict[str, Any], extra: str = "") -> list[Requirement]:
    """What the project asks for: its dependencies, or those of one extra."""
    lines = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return [Requirement(line) for line in lines]


def closure(wanted: Iterable[Requirement]) -> set[str]:
    """Names of the installed packages that the wanted ones need, themselves included."""
    found: set[str] = set()
    waiting = list(wanted)
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        name, extras = str(canonicalize_name(requirement.name)), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found.add(name)
        for line in metadata.requires(name) or ():
            needed = Requirement(line)
            marker = needed.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
                waiting.append(needed)
    return found


def size(name: str) -> int:
    """Bytes of the files that pip installed for a package."""
    places = {Path(str(entry.locate())) for entry in metadata.files(name) or ()}
    return sum(place.stat().st_size for place in places if place.is_file())


def license_of(name: str) -> str:
    """The license that a package names in its metadata."""
    told = metadata.metadata(name)
    short = told.get("License-Expression") or (told.get("License") or "").split("\n")[0]
    classifiers = [
        line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if line.startswith("License")
    ]
    return short or ", ".join(classifiers) or "none named"


def gpl_in(names: Iterable[str]) -> list[str]:
    """Libraries under the GPL in the files of packages."""
    files = (entry.name for name in names for entry in metadata.files(name) or ())
    return sorted({prefix for file in files for prefix in _GPL if file.startswith(prefix)})


def measured() -> dict[str, Any]:
    """Measure the project and its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = closure(requirements(project))
    torch = size("torch")
    extras: dict[str, Any] = {}
    for extra in sorted(set(project["optional-dependencies"]) - {"dev"}):
        asked = requirements(project, extra)
        added = sorted(closure(asked) - base)
        extras[extra] = {
            "purpose": PURPOSES[extra],
            "requires": {each.name: license_of(each.name) for each in asked},
            "packages": {name: size(name) for name in added},
            "gpl": gpl_in(added),
        }
    return {
        "measured_on": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "torch": {"version": metadata.version("torch"), "bytes": torch},
        "base": {"packages": len(base), "bytes": sum(map(size, base))},
        "extras": extras,
    }


def table(data: dict[str, Any]) -> str:
    """The measurements as Markdown."""
    base, torch = data["base"], data["torch"]
    megabytes = f"{base['bytes'] / 1e6:.0f}, of which PyTorch {torch['bytes'] / 1e6:.0f}"
    lines = [
        "| extra | for | packages that it adds | MB | license |",
        "|---|---|---|---|---|",
        f"| none | all else | {base['packages']} | {megabytes} | |",
    ]
    for name, extra in data["extras"].items():
        packages = extra["packages"]
        largest = sorted(packages, key=packages.__getitem__, reverse=True)[:3]
        listed = f"{len(packages)}: {', '.join(largest)}{' …' if len(packages) > len(largest) else ''}"
        licenses = ", ".join(dict.fromkeys(extra["requires"].values()))
        contains = f"; contains {' and '.join(extra['gpl'])}, under the GPL" if extra["gpl"] else ""
        megabytes = f"{sum(packages.values()) / 1e6:.1f}"
        lines.append(f"| `{name}` | {extra['purpose']} | {listed} | {megabytes} | {licenses}{contains} |")
    where = f"Measured on {data['measured_on']}, with PyTorch {torch['version']}."
    return "\n".join([*lines, "", where])


def write(data: dict[str, Any]) -> None:
    """Write the data, and the table into the page."""
    DATA.write_text(tomli_w.dumps(data), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(data)}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    try:
        write(measured())
    except metadata.PackageNotFoundError as error:
        sys.exit(f"the package {error.name} is not installed; install all extras first")
