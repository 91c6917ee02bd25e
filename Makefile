PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed

# The tests drive Debian's browser, and need Chinese letters for it.
CHROMIUM := /usr/bin/chromium
LETTERS := /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run setup test check browser

run: setup
	$(BIN)/python server.py

# 1 says that some file could not be taken and which; the others can be asked about.
setup: $(STAMP)
	$(BIN)/python ingest.py || [ $$? -eq 1 ]

# In two processes; the tests of a file stay together, since they share what is slow to make.
test: $(STAMP) check browser
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -c constraints.txt -e '.[dev]'
	touch $@

browser:
	@{ [ -x $(CHROMIUM) ] && [ -e $(LETTERS) ]; } \
	|| { $(ROOT) apt-get update && $(ROOT) apt-get install -y --no-install-recommends chromium fonts-noto-cjk; } \
	|| { echo "缺 chromium 和中文字体，自动装不上。请管理员安装：apt-get install chromium fonts-noto-cjk"; exit 1; }
