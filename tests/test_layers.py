"""Who may import whom: downwards only, and never sideways."""

import ast
from pathlib import Path

import pytest

import sfumato

ROOT = Path(sfumato.__file__).parent

# Top to bottom, as in the table of the architecture; names on one row never import each other.
ROWS = (
    ("cli",),
    ("studio",),
    ("demo", "batching", "video"),
    ("jobs", "api"),
    ("methods", "fast"),
    ("optimize", "feedforward", "metrics", "labels"),
    ("losses",),
    ("regions", "features", "blend", "motion"),
    ("images", "color", "models", "recipe"),
    ("linalg", "compute", "files"),
    ("arrays",),
    ("errors",),
)
ROW_OF = {name: row for row, names in enumerate(ROWS) for name in names}

MODULES = {
    ".".join(("sfumato", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}


def is_for_types_only(node):
    """Whether a statement is ``if TYPE_CHECKING:``."""
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def statements(node):
    """All that may run: the nodes of a tree but those for type checkers."""
    for child in ast.iter_child_nodes(node):
        if is_for_types_only(child):
            for other in child.orelse:
                yield other
                yield from statements(other)
        else:
            yield child
            yield from statements(child)


def imports(source, name, is_package=False):
    """Names of the modules of sfumato that a module imports, inside of functions too."""
    package = name if is_package else name.rpartition(".")[0]
    for node in statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "sfumato")
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package.split(".")[: len(package.split(".")) + 1 - node.level], base]).rstrip(".")
            if base == "sfumato":
                # `from sfumato import models` names modules; `from sfumato import __version__` the package itself.
                yield from (f"sfumato.{alias.name}" if alias.name in ROW_OF else "sfumato" for alias in node.names)
            elif base.startswith("sfumato."):
                yield base
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module") and node.args:
            text = ast.unparse(node.args[0]).strip("'\"")
            if text.startswith("sfumato."):
                yield text


def wrong(name, imported):
    """Say what is wrong with an import, if anything."""
    home, target = (module.split(".")[1] if "." in module else "" for module in (name, imported))
    if not target or home == target:
        return None
    if home not in ROW_OF or target not in ROW_OF:
        return f"{name} imports {imported}, and one of them has no row"
    if ROW_OF[target] <= ROW_OF[home]:
        return f"{name} imports {imported}, which is not below it"
    return None


def test_the_architecture_prints_this_table():
    text = (ROOT.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("## Who may import whom")[2].partition("\n\n    ")[2].partition("\n\n")[0]
    printed = [tuple(line.split()) for line in section.splitlines()]
    there = {name.split(".")[1] for name in MODULES if "." in name}
    assert printed == [row for names in ROWS if (row := tuple(name for name in names if name in there))]


def in_package(name):
    """The modules that a module imports when it is imported itself, and which lie in the same package."""
    path, package = MODULES[name], ".".join(name.split(".")[:2])
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package):
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (found if found in MODULES else node.module for found in inside)


@pytest.mark.parametrize("package", sorted({".".join(name.split(".")[:2]) for name in MODULES if name.count(".") > 1}))
def test_no_import_inside_a_package_goes_in_circles(package):
    waiting = {name: set(in_package(name)) - {name} for name in MODULES if name.startswith(f"{package}.")}
    # Those that import none of the others can be taken away, and then those that imported only them.
    while free := [name for name, needs in waiting.items() if not needs & set(waiting)]:
        for name in free:
            del waiting[name]
    assert waiting == {}


HOMES = ("localized", "harmonize", "photoreal", "paste")


@pytest.mark.parametrize("home", HOMES)
def test_no_method_reads_in_the_home_of_another(home):
    """The fast method may begin the others; what more than one needs lies beside them."""
    others = {f"sfumato.methods.{other}" for other in HOMES if other != home} | {"sfumato.methods.run"}
    for name in (name for name in MODULES if f"{name}.".startswith(f"sfumato.methods.{home}.")):
        for imported in in_package(name):
            assert not any(f"{imported}.".startswith(f"{other}.") for other in others), (name, imported)


def test_every_module_has_a_row():
    homes = {name.split(".")[1] for name in MODULES if "." in name}
    assert homes - {"__main__"} <= set(ROW_OF)
    assert {"cli", "methods", "optimize", "losses", "features", "errors"} <= homes


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ("sfumato", "sfumato.__main__")])
def test_imports_go_downwards_only(name):
    path = MODULES[name]
    found = imports(path.read_text(encoding="utf-8"), name, path.name == "__init__.py")
    assert [problem for problem in (wrong(name, imported) for imported in found) if problem] == []


def test_the_package_itself_imports_nothing_of_its_own_at_first():
    """Its names are looked up when they are used; `errors`, which imports nothing, would do no harm."""
    source = MODULES["sfumato"].read_text(encoding="utf-8")
    assert set(imports(source, "sfumato", is_package=True)) <= {"sfumato.errors"}


def test_python_m_sfumato_is_the_command_line_and_no_more():
    source = MODULES["sfumato.__main__"].read_text(encoding="utf-8")
    assert set(imports(source, "sfumato.__main__")) == {"sfumato.cli"}


@pytest.mark.parametrize(
    ("name", "source", "allowed"),
    [
        ("sfumato.losses.gram", "from sfumato.losses.statistics import Moments", True),
        ("sfumato.losses.gram", "from sfumato.features import carry", True),
        ("sfumato.losses.gram", "def f():\n    from sfumato.optimize import Step", False),
        ("sfumato.losses.gram", "from ..optimize.step import Step", False),
        ("sfumato.losses.gram", "from .statistics import Moments", True),
        ("sfumato.losses.gram", "import sfumato.methods.problem", False),
        ("sfumato.losses.gram", "from sfumato import methods", False),
        ("sfumato.losses.gram", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import sfumato.cli", True),
        ("sfumato.losses.gram", "if TYPE_CHECKING:\n    pass\nelse:\n    import sfumato.cli", False),
        ("sfumato.losses.gram", "import_module('sfumato.cli')", False),
        ("sfumato.features.vgg", "from sfumato.regions import grow", False),
        ("sfumato.features.vgg", "from sfumato import models, errors", True),
        ("sfumato.errors", "from sfumato import models", False),
        ("sfumato.demo.show", "from sfumato import methods", True),
        ("sfumato.demo.show", "from sfumato import cli", False),
        ("sfumato.cli.app", "from sfumato import __version__", True),
    ],
)
def test_the_rule_itself(name, source, allowed):
    problems = [problem for problem in (wrong(name, found) for found in imports(source, name)) if problem]
    assert (problems == []) is allowed
