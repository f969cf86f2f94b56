# Two commands are enough: `make run` and `make test`. Everything else is for people who work on it.
SHELL := /bin/bash
PORT ?= 8000
AREA ?=
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# What is compiled once is kept, also where a container's image says otherwise: it is half of what every start costs.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test check bench figures screenshots stress vendor help

help:
	@grep -E '^## ' Makefile | sed 's/^## //'

## make setup        only installs: a virtual environment with the locked dependencies
setup: $(READY)

$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "This needs Python 3.11 or newer: set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { \
	  echo "Python's venv module is missing. On Debian or Ubuntu: apt install python3-venv"; rm -rf .venv; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv || { \
	  echo "The package index could not be reached: the network is needed once, for setting up."; exit 1; }
	@$(BIN)/uv sync --quiet --frozen --compile-bytecode || { \
	  echo "The dependencies could not be fetched: the network is needed once, for setting up."; exit 1; }
	@touch $(READY)

## make run          everything on this machine, no root needed; PORT=8000
run: setup
	@$(BIN)/caspen-import serve --port $(PORT)

## make test         the tests, with some of the variants that cost most; ALL=1 runs every variant
test: setup
	@tests/harness/provide.sh
	@ALL=$(ALL) $(BIN)/python -m tests.harness.run

## make check        format, lint, types, imports and the rules of the house
check: setup
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q -p no:cacheprovider tests/test_conventions.py

## make figures      the figures asked for and reached; AREA=main
figures: setup
	@tests/harness/provide.sh
	@$(BIN)/python -m tests.figures $(if $(AREA),--area $(AREA))

## make bench        rows a second, beside a bare bulk load of the same records
bench: setup
	@$(BIN)/python -m tests.figures.bench

## make screenshots  every page and state at 1280 and 390 pixels, into var/screenshots
screenshots: setup
	@tests/harness/provide.sh
	@$(BIN)/python -m e2e.screenshots

## make stress       the long forms of the tests
stress: setup
	@tests/harness/provide.sh
	@$(BIN)/python -m tests.figures --long $(if $(AREA),--area $(AREA))

## make vendor       fetches the front end's packages again (needs npm); running needs none of it
vendor:
	@$(PYTHON) static/vendor.py
