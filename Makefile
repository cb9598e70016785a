# Everything a newcomer needs: `make run` and `make test`. Python 3.11 or newer and make are all that has to be there.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help run test lint soak bench check clean

help:
	@echo "make run    the demo: handbook, acknowledgement links, outbox and desk on http://127.0.0.1:$(PORT)/"
	@echo "make test   installs what the tests need, a browser included, then lints and runs them all"
	@echo "make lint   the layout, the plain faults and the types of the source"
	@echo "make soak   the long tests: many kills, many simulated years, thousands of edits"
	@echo "make bench  the benchmarks, each printing its ratios"
	@echo "make check  checks policies, change entries and school.toml"

run: $(VENV)/.run
	$(BIN)/ack demo --port $(PORT)

test: lint $(VENV)/.test
	$(BIN)/python -m pytest -m "not soak"

lint: $(VENV)/.test
	@echo "== ruff format: the layout"; $(BIN)/ruff format --check .
	@echo "== ruff check: plain faults"; $(BIN)/ruff check .
	@echo "== mypy: the types of rules and acts"; $(BIN)/mypy

soak: $(VENV)/.test
	$(BIN)/python -m pytest -m soak

bench: $(VENV)/.test
	for bench in bench/*.py; do echo "== $$bench"; $(BIN)/python -m bench.$$(basename $$bench .py) || exit 1; done

check: $(VENV)/.run
	$(BIN)/handbook check

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --editable '.[service]'
	@touch $@

$(VENV)/.test: pyproject.toml tools/install-browser.sh | $(BIN)/python
	$(PIP) install --quiet --editable '.[test]'
	sh tools/install-browser.sh $(BIN)/python
	@touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) .cache .pytest_cache .hypothesis build *.egg-info var/demo
