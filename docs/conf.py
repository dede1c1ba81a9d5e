"""Settings of the site: `make docs` builds it into build/docs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "_ext"), str(Path(__file__).parents[1] / "examples")]

import reference  # writes the pages that are made from the code

import sfumato

ROOT = Path(__file__).resolve().parents[1]

project = "sfumato"
author = "The sfumato developers"
copyright = author
version = release = sfumato.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "matplotlib.sphinxext.mathmpl",  # equations without a script from elsewhere
]
if (ROOT / "examples").is_dir():
    extensions.append("sphinx_gallery.gen_gallery")

source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_ext", "examples/**/README*"]
suppress_warnings = ["config.cache"]
nitpicky = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc has the types
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
mathmpl_fontsize = 15.0
mathmpl_srcset = ["2x"]

html_theme = "pydata_sphinx_theme"
html_title = "sfumato"
html_static_path: list[str] = []
html_show_sourcelink = False
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/[a-z]\w*\.py$",
    "ignore_pattern": r"_shared\.py$",
    "matplotlib_animations": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "min_reported_time": 1000,
    "plot_gallery": os.environ.get("SFUMATO_GALLERY", "1") == "1",
}

reference.write(Path(__file__).parent / "reference" / "generated")
