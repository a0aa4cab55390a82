# Every target makes its own .venv and installs what it needs; a second run starts in seconds.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DATA   ?= examples/data/sample.jsonl
ARGS   ?=
DEMO_DB ?= results/demo.db
# What a newcomer runs while editing: the folders whose tests are functions of values, without the
# files that crash stores, write from many processes or draw thousands of texts, without single
# tests marked `long`, and without plugins of pytest that none of these needs.
UNIT   := tests/control tests/engine tests/kernel tests/learning tests/memory tests/report tests/test_prompt.py tests/test_providers.py
SLOW   := control/test_calm_bench control/test_stability engine/test_background engine/test_by_hand \
          engine/test_damage engine/test_files engine/test_kill_verbs engine/test_labels engine/test_limits \
          engine/test_many_writers engine/test_outbox engine/test_policy_acts engine/test_receipts \
          engine/test_sleep kernel/test_refuses learning/test_bench_value learning/test_exploring \
          learning/test_replay memory/test_directives memory/test_gate_bench memory/test_index \
          memory/test_languages memory/test_ollama memory/test_pairs memory/test_personal_set memory/test_redact \
          memory/test_scan_cost
# Set to 1 to install torch as well, for the tests of training; nothing else needs it.
TORCH  ?=

# Seconds for each target of `make fuzz`.
SECONDS_EACH ?= 120

.PHONY: fuzz demo console docs browser test unit lint types nightly kernel sanitize test-matrix dist clean

$(VENV)/.demo: pyproject.toml benchmarks/pyproject.toml training/pyproject.toml setup.py cdeps/build_kernel.py $(wildcard cdeps/*.[ch])
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[demo]' --editable ./benchmarks
	touch $@

$(VENV)/.dev: $(VENV)/.demo
	$(BIN)/python -m pip install --quiet --editable '.[all,dev]' --editable ./training
	$(if $(TORCH),$(BIN)/python -m pip install --quiet --constraint .ci/constraints.txt torch)
	touch $@

demo: $(VENV)/.demo  ## replay a long conversation through a LangChain agent that remembers
	$(BIN)/resmem demo --data $(DATA) $(ARGS)

console: $(VENV)/.console  ## the console in the browser, on the demo's memory
	test -f $(DEMO_DB) || $(BIN)/resmem demo --data $(DATA)
	$(BIN)/resmem serve --db $(DEMO_DB) $(ARGS)

$(VENV)/.console: $(VENV)/.demo
	$(BIN)/python -m pip install --quiet --editable '.[serve]'
	touch $@

docs: $(VENV)/.docs  ## the docs site, strict, in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

$(VENV)/.docs: $(VENV)/.demo
	$(BIN)/python -m pip install --quiet --editable '.[all,docs]'
	touch $@

browser:  ## Chromium from Debian, for the tests of the console
	sh .ci/chromium.sh

test: $(VENV)/.dev lint types  ## everything that CI runs
	sh .ci/chromium.sh || echo "no Chromium: the tests of the console in a browser are skipped"
	$(BIN)/python -m pytest -q -n 2 $(ARGS)

unit: $(VENV)/.dev  ## the tests of the core's logic, under a minute on two cores
	$(BIN)/python -m pytest -q -n 2 -m "not nightly and not long" -p no:langsmith_plugin -p no:schemathesis \
	  $(UNIT) $(SLOW:%=--ignore=tests/%.py) $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/vulture

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/basedpyright --pythonpath $(BIN)/python

fuzz: $(VENV)/.dev  ## importers, codecs, documents, texts and C under atheris (CPython 3.11 to 3.13)
	$(BIN)/python -m pip install --quiet atheris
	for target in texts imported documents carried stored kernel; do \
	  $(BIN)/python -m benchmarks.fuzz $$target -max_total_time=$(SECONDS_EACH) -max_len=2048 || exit 1; done

nightly: $(VENV)/.dev  ## the long forms: 10^6 kernel steps, 1,000 kills, 10^6 messages; mutants and their score
	$(BIN)/python .ci/mutants.py
	$(BIN)/python -m pytest -q -m nightly $(ARGS)

kernel: $(VENV)/.dev  ## rebuild the C kernel in place
	$(BIN)/python -m pip install --quiet --editable . --no-deps

sanitize: $(VENV)/.dev  ## the kernel's tests under ASan and UBSan
	$(BIN)/python cdeps/sanitize.py

test-matrix: $(VENV)/.dev  ## lowest and newest supported framework versions
	$(PYTHON) .ci/matrix.py

dist: $(VENV)/.dev  ## sdist and one abi3 wheel
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) build dist *.egg-info .matrix .mypy_cache .ruff_cache .pytest_cache
