# Every target that needs the environment makes it first; a second run installs nothing.

PYTHON ?= python3
# What pip installs as torch, and how. See requirements/torch.txt for the CPU build.
TORCH_SPEC ?= -r requirements/torch.txt
TORCH_PIP_FLAGS ?=
# Parallel test processes.
TEST_PROCESSES ?= 2
PYTEST_FLAGS ?=
# Such as --threads 1, or --record.
BENCH_FLAGS ?=
UV ?= uv

# Figures that are quoted: every n of the controls, too, has its own.
QUOTED := --control-latents 262144
SHIPPED := sandbox-training/checkpoints/v5_5
BIN := .venv/bin
STAMP := .venv/.installed
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

export NO_COLOR := 1
export PIP_NO_COLOR := 1
export MPLBACKEND := Agg
# Caches stay in the tree, so that a read-only home directory does no harm.
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help install demo lint types test doctest assurance intervals bench benchmark wheel lock clean distclean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'Variables: PYTHON=$(PYTHON)  TEST_PROCESSES=$(TEST_PROCESSES)  PYTEST_FLAGS=  TORCH_SPEC=  TORCH_PIP_FLAGS='
	@echo 'On Linux, for the small CPU build of torch:'
	@echo '  make install TORCH_PIP_FLAGS="--no-deps --index-url https://download.pytorch.org/whl/cpu"'

install: $(STAMP) ## make .venv from the lock files (installs only what changed)
	@:

# The stamp is removed first and written last: a failed install leaves none.
# The lock is complete, so pip resolves nothing (--no-deps); `pip check` says if that is untrue.
# Left to resolve, it looks at newer releases too, and fails on a day when one comes out.
$(STAMP): requirements/lock.txt requirements/torch.txt pyproject.toml
	@rm -f $@
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, PYTHON=$(PYTHON) is " + sys.version.split()[0])'
	@echo 'Installing the locked packages into .venv (a few minutes the first time)'
	@$(PYTHON) -m venv .venv
	@$(PIP) install --no-deps --require-hashes --only-binary :all: -r requirements/lock.txt
	@$(PIP) install $(TORCH_PIP_FLAGS) $(TORCH_SPEC)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(PIP) check
	@$(BIN)/python -c 'import torch, fluxttice_core'
	@touch $@

demo: install ## measure v5.5 into results/demo, verify the shipped certificates
	@$(BIN)/fluxttice coverage v5_5 --out results/demo
	@echo
	@$(BIN)/fluxttice verify certificates/v5_5 --key certificates/fluxttice.pub
	@echo
	@$(BIN)/fluxttice verify certificates/codebook --key certificates/fluxttice.pub

lint: install ## style (ruff) and undeclared imports (deptry)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/deptry --no-ansi src

types: install ## types of src (mypy, strict)
	@$(BIN)/mypy

# A test process computes on one core, and none spins: they share the machine with each other.
test doctest assurance intervals: export OPENBLAS_NUM_THREADS := 1
test doctest assurance intervals: export OMP_NUM_THREADS := 1
test doctest assurance intervals: export OMP_WAIT_POLICY := PASSIVE
test: install lint types ## all that a change must pass: lint, types, tests, doctests
	@$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile -m 'not assurance and not gpu' $(PYTEST_FLAGS)
	@$(MAKE) --no-print-directory doctest

doctest: install ## the examples in the docstrings of src
	@$(BIN)/python -m pytest --doctest-modules src/fluxttice_core

assurance: export FLUXTTICE_ASSURANCE_DIR := $(CURDIR)/assurance
assurance: install ## the heavy checks; their records go to assurance/
	@mkdir -p assurance
	@$(BIN)/python -m pytest -m assurance --timeout 3600 --junitxml assurance/results.xml $(PYTEST_FLAGS)
	@$(BIN)/python -m pytest -m hypothesis --hypothesis-profile explore --timeout 3600 $(PYTEST_FLAGS)

# The records of every simulated interval are made anew: what is no longer simulated leaves no record.
INTERVALS := tests/measure tests/evidence/test_intervals.py
intervals: export FLUXTTICE_ASSURANCE_DIR := $(CURDIR)/assurance
intervals: install ## simulate every interval in every regime (two hours), and write the table
	@rm -rf assurance/intervals
	@mkdir -p assurance/intervals
	@$(BIN)/python -m pytest -m assurance -n $(TEST_PROCESSES) --timeout 3600 $(PYTEST_FLAGS) $(INTERVALS)
	@$(BIN)/python scripts/release/write_figures.py

bench: install ## speed beside a textbook's way and the machine's ceiling; fails where it fell
	@$(BIN)/python -m benchmarks.speed.suite $(BENCH_FLAGS)

benchmark: install ## measure again the figures of the documentation (hours), and write them
	@mkdir -p results
	@$(BIN)/python scripts/benchmark/run_benchmark.py --config configs/ternary_v5_5.yaml \
	  --checkpoint $(SHIPPED)/latest.pt
	@$(BIN)/python benchmarks/training_speed.py
	@rm -f benchmarks/ablation.json benchmarks/ablation_codebook.json
	@$(BIN)/python benchmarks/ablation.py v5_5
	@$(BIN)/python benchmarks/ablation.py codebook
	@$(BIN)/fluxttice coverage $(SHIPPED)/latest.pt $(QUOTED) --out results/benchmark > results/benchmark.txt
	@cp results/benchmark/coverage.svg docs/coverage.svg
	@$(BIN)/fluxttice report $(SHIPPED)/latest.pt $(QUOTED) --out results/report
	@cp results/report/report.html docs/report.html
	@$(BIN)/fluxttice report sandbox-training/checkpoints/codebook/latest.pt $(QUOTED) --out results/report-codebook
	@cp results/report-codebook/report.html docs/report-codebook.html
	@$(BIN)/python scripts/release/draw_cells.py
	@$(BIN)/python benchmarks/counting.py
	@$(BIN)/fluxttice coverage codebook --latents 4194304 $(QUOTED) --json > benchmarks/codebook.json
	@$(BIN)/python scripts/release/write_figures.py

# build/ is removed because setuptools would pack what an older build left there.
wheel: install ## build the wheel into dist/ (same source, same bytes)
	@rm -rf build
	@SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-1577836800} $(BIN)/python -m build --wheel --no-isolation

# Packages of the dev group ask for torch; --excludes keeps it, and the CUDA packages it brings, out.
lock: ## resolve requirements/lock.txt anew (needs uv; torch is pinned by hand)
	@echo torch | $(UV) pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
	  --fork-strategy fewest --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --extra report --group dev --group torch-deps --excludes - \
	  --custom-compile-command 'make lock' --output-file requirements/lock.txt

clean: ## remove build products and caches, keep .venv and results
	@rm -rf build dist src/*.egg-info .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean ## clean, and remove .venv
	@rm -rf .venv
