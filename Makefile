PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: run setup test check

run: setup
	$(BIN)/python server.py

# 1 says that some file could not be taken and which; the others can be asked about.
setup: $(STAMP)
	$(BIN)/python ingest.py || [ $$? -eq 1 ]

test: $(STAMP) check
	$(BIN)/python -m pytest

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -c constraints.txt -e '.[dev]'
	touch $@
