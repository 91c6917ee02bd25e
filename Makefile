PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: run setup test check

run: setup
	$(BIN)/python server.py

setup: $(STAMP)
	$(BIN)/python ingest.py

test: $(STAMP) check
	$(BIN)/python -m pytest

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --progress-bar on -c constraints.txt -e '.[dev]'
	touch $@
