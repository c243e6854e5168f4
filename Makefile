# make up       bring the demo up, and print its address and accounts (root, or somebody who may use sudo)
# make down     stop it; all data is kept
# make destroy  remove everything of this instance: containers, networks, images, files
# make clear    the same, but keep the images
# make test     run every test; installs what is missing
# make bench    measure: the gate, starts, memory, budget, gVisor, abuse (an instance of its own; needs node and npm)
# make coverage which branches the tests pass
# make attack   run every attack under runc and runsc, and write docs/attack-report.md
# make mutants  change each line that stops an attack, one at a time, and see the attack succeed
# make evaluate judge the automatic checks by a labelled corpus of outputs
# make check    linters, types and import rules
# make fix      put the formatting right
# make locks    renew the pinned versions in locks/
# make images   build the images only (FRESH=1: again, with today's packages)
#
# ENCLAVE_INSTANCE, ENCLAVE_ROOT, ENCLAVE_PORT, ENCLAVE_WORKSPACES_PORT, ENCLAVE_IDP_PORT make a second instance.

SHELL := /bin/sh
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo --preserve-env)
DEPLOY := $(SUDO) python3 -B -m deploy
VENV := .venv
PYTEST_ARGS ?=

.PHONY: help up down destroy clear images test coverage check fix locks packages bench attack mutants evaluate
help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed -n '1,16p'

up down destroy clear images:
	@$(DEPLOY) $@

# The virtual environment is made anew only when its lock has changed. --no-deps: a lock is complete, and a pip that
# looks for dependencies may find a release that is newer than the lock; `pip check` says what a lock would lack.
PIP_INSTALL := pip install --quiet --disable-pip-version-check --no-deps --require-hashes
$(VENV)/made: locks/dev.txt locks/build.txt pyproject.toml $(wildcard extensions/dist/*.whl)
	@echo "Making the virtual environment $(VENV)"
	@[ -x $(VENV)/bin/python ] || python3 -m venv $(VENV)
	@$(VENV)/bin/$(PIP_INSTALL) -r locks/build.txt
	@$(VENV)/bin/$(PIP_INSTALL) -r locks/dev.txt
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-index --force-reinstall extensions/dist/*.whl
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(VENV)/bin/pip check --disable-pip-version-check
	@touch $@

packages:
	@$(SUDO) python3 -B -m deploy.packages

check: $(VENV)/made
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --strict deploy
	$(VENV)/bin/lint-imports

fix: $(VENV)/made
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

# All tests at once: those that share nothing run beside each other, a PostgreSQL for each worker, at the back of the
# queue for the processors; all others take turns, for they have one engine, one enclave and one browser. What the
# first half prints is shown after what the second prints. (No `$(MAKE)` in it: `make -n` would run what stands there.)
BESIDE := --numprocesses auto --maxprocesses 8 --dist worksteal
SAID := build/tests-beside-others.log
BUILT := build/test-images.log
TEST_INSTANCE := $(or $(ENCLAVE_TEST_INSTANCE),enclave-test)
TEST_ROOT := $(or $(ENCLAVE_TEST_ROOT),/var/tmp/$(TEST_INSTANCE))
TEST_IMAGES := $(SUDO) env ENCLAVE_INSTANCE=$(TEST_INSTANCE) ENCLAVE_ROOT=$(TEST_ROOT) python3 -B -m deploy images
test: packages
	@mkdir -p build; failed=0; \
	$(TEST_IMAGES) >$(BUILT) 2>&1 & images=$$!; \
	trap '$(SUDO) kill $$images $$beside' INT TERM; \
	make --no-print-directory check || { $(SUDO) kill $$images; exit 1; }; \
	tail --lines=+1 --follow --pid=$$images $(BUILT); \
	wait $$images || exit 1; images=; \
	echo "Tests that share nothing run meanwhile; follow them with: tail -f $(SAID)"; \
	$(SUDO) nice $(VENV)/bin/pytest -m "not in_turn" $(BESIDE) $(PYTEST_ARGS) >$(SAID) 2>&1 & beside=$$!; \
	$(SUDO) $(VENV)/bin/pytest -m in_turn $(PYTEST_ARGS) || failed=1; \
	wait $$beside || failed=1; \
	cat $(SAID); \
	exit $$failed

# Branches that the tests of the first half pass; counting them makes everything half as slow again.
coverage: packages $(VENV)/made
	@$(TEST_IMAGES)
	$(SUDO) $(VENV)/bin/pytest -m "not in_turn" $(BESIDE) --cov --cov-report=term $(PYTEST_ARGS)

attack: packages $(VENV)/made
	$(SUDO) $(VENV)/bin/python -m pytest -p tests.attacks.report --runtime=both \
		--attack-report=docs/attack-report.md $(PYTEST_ARGS) tests/attacks

MUTANTS_ARGS ?= -j 2
mutants: packages $(VENV)/made
	$(SUDO) $(VENV)/bin/python -m tests.attacks.mutants $(MUTANTS_ARGS)

# An instance beside any other, for as long as the benchmarks run, one after the other; its images are kept.
BENCH_PLACE ?= /var/tmp/enclave-bench
BENCH := ENCLAVE_INSTANCE=enclave-bench ENCLAVE_ROOT=$(BENCH_PLACE) ENCLAVE_PORT=18200 \
	ENCLAVE_WORKSPACES_PORT=18201 ENCLAVE_IDP_PORT=18202
build/bench/made: locks/bench.txt
	@echo "Making the virtual environment build/bench/venv: a plain JupyterHub with DockerSpawner"
	@[ -x build/bench/venv/bin/python ] || python3 -m venv build/bench/venv
	@build/bench/venv/bin/$(PIP_INSTALL) -r locks/bench.txt
	@build/bench/venv/bin/pip check --disable-pip-version-check
	@touch $@

bench: packages $(VENV)/made build/bench/made
	$(SUDO) env $(BENCH) python3 -B -m deploy up
	@failed=0; for one in gate channel spawn memory runtimes abuse budget soak; do \
		printf '\nbenchmarks/%s.py\n' $$one; \
		$(SUDO) env $(BENCH) $(VENV)/bin/python -m benchmarks.$$one || failed=1; \
	done; $(SUDO) env $(BENCH) python3 -B -m deploy clear; exit $$failed

EVALUATE_ARGS ?=
evaluate: $(VENV)/made
	$(VENV)/bin/python -W ignore -m benchmarks.evaluation.evaluate $(EVALUATE_ARGS)

# Custom command: no path of this machine gets into a lock.
UV := $(VENV)/bin/uv pip compile --quiet --upgrade --generate-hashes --custom-compile-command "make locks"
IMAGE_LOCK := $(UV) --python-version 3.13 --python-platform x86_64-manylinux_2_28
locks: $(VENV)/made
	$(VENV)/bin/pip install --quiet uv
	$(UV) --universal --python-version 3.11 pyproject.toml locks/dev.in -o locks/dev.txt
	$(UV) --universal --python-version 3.11 locks/build.in -o locks/build.txt
	$(UV) --universal --python-version 3.11 locks/bench.in -o locks/bench.txt
	$(IMAGE_LOCK) pyproject.toml -o locks/platform.txt
	$(IMAGE_LOCK) --constraint locks/platform.txt locks/workspace.in -o locks/workspace.txt
	$(IMAGE_LOCK) --no-deps --constraint locks/workspace.txt locks/lab.in -o locks/lab.txt
	$(IMAGE_LOCK) locks/idp.in -o locks/idp.txt
