# `make` lists what there is to do. Needed: Python 3.11 or newer, make and a package index. Nothing else.

PYTHON ?= python3
# Naming a Python makes an environment for its version: `make test PYTHON=python3.13` leaves .venv as it is.
ifeq ($(origin PYTHON),file)
VENV ?= .venv
else
VENV ?= .venv-$(shell '$(PYTHON)' -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
endif
BIN := $(VENV)/bin
LOCK := .ci/requirements.txt
PYTEST := $(BIN)/python -m pytest -q
# More arguments for the tool behind a target: make test ARGS="-k urn -x"
ARGS ?=

# uv trusts the certificates that the system trusts, as pip does.
export UV_SYSTEM_CERTS ?= 1
# mkdocs-material advertises its successor at every build.
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help demo test cover soak floor lint types docs docs-serve bench bandit audit dist lock locked clean distclean
.DELETE_ON_ERROR:

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(VENV)/.installed-run ## run the whole pipeline on real images, against a LinkedIn stand-in
	@$(BIN)/linkedin-media demo $(ARGS)

test: $(VENV)/.installed-tests ## run the tests
	@$(PYTEST) -n auto --maxprocesses 8 $(ARGS)

cover: $(VENV)/.installed-tests ## run the tests and show the lines and branches they missed
	@$(PYTEST) -n auto --maxprocesses 8 --cov $(ARGS)

soak: $(VENV)/.installed-tests ## run the tests that take minutes
	@$(PYTEST) -m soak --timeout 3600 $(ARGS)

floor: $(VENV)/.installer ## run the tests with the oldest dependencies that pyproject.toml allows
	@rm -rf $(VENV)-floor && $(BIN)/python -m venv --without-pip $(VENV)-floor
	@$(BIN)/uv pip install -q -p $(VENV)-floor/bin/python --resolution lowest-direct -e '.[all]' --group tests
	@$(VENV)-floor/bin/python -m pytest -q -n auto --maxprocesses 8 $(ARGS)

lint: $(VENV)/.installed-lint ## check style and format
	@$(BIN)/ruff check $(ARGS)
	@$(BIN)/ruff format --check --quiet || { $(BIN)/ruff format --check; exit 1; }

types: $(VENV)/.installed-lint ## check types
	@$(BIN)/mypy $(ARGS)

docs: $(VENV)/.installed-docs ## build the documentation into docs/site, every warning an error
	@$(BIN)/mkdocs build --quiet --strict -f docs/mkdocs.yml $(ARGS)

docs-serve: $(VENV)/.installed-docs ## serve the documentation while you write it
	@$(BIN)/mkdocs serve -f docs/mkdocs.yml $(ARGS)

bench: $(VENV)/.installed-bench ## measure, beside the alternatives
	@$(BIN)/python -m benchmarks $(ARGS)

# bandit warns of every other word on a line that it was told to pass over; that is of use only beside a finding.
bandit: $(VENV)/.installed-lint ## look for insecure code
	@$(BIN)/bandit --quiet --recursive -c pyproject.toml linkedin_media 2> $(VENV)/bandit.log \
	    || { status=$$?; cat $(VENV)/bandit.log >&2; exit $$status; }

audit: bandit ## look for insecure code, and for pinned packages with known vulnerabilities
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r $(LOCK) $(ARGS) 2> $(VENV)/audit.log; \
	status=$$?; \
	if [ $$status -eq 0 ] || grep -q '^Found ' $(VENV)/audit.log; then cat $(VENV)/audit.log >&2; exit $$status; fi; \
	tail -n 1 $(VENV)/audit.log >&2; \
	echo 'The code is clean, but the pinned packages were NOT checked: the vulnerability service gave no answer for all of them.' >&2; \
	echo 'Run this where https://pypi.org answers, or ask another service: make audit ARGS="-s osv"' >&2; \
	exit $$status

dist: $(VENV)/.installed-tests ## build the wheel and the source archive into dist/
	@rm -rf dist && $(BIN)/python -m hatchling build

lock: $(VENV)/.installer ## pin every dependency anew, with hashes
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade --all-extras --group dev \
	    --custom-compile-command "make lock" --output-file $(LOCK) pyproject.toml

locked: $(VENV)/.installer ## install exactly what is pinned, hashes checked (for CI)
	@$(call install,--require-hashes -r $(LOCK))
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $(foreach set,run tests lint docs bench,$(VENV)/.installed-$(set))

clean: ## remove what was built and cached
	@rm -rf build dist docs/site htmlcov .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find linkedin_media tests benchmarks docs -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## remove the environments too
	@rm -rf .venv .venv-* .ci-venv*

# Where a named PYTHON will not do, say so; where none was named, look for one that will.
$(BIN)/python:
	@for python in '$(PYTHON)' $(if $(filter file,$(origin PYTHON)),python3.14 python3.13 python3.12 python3.11); do \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        "$$python" -m venv $(VENV) && exit; rm -rf $(VENV); exit 1; \
	    fi; \
	done; \
	echo 'linkedin-media needs Python 3.11 or newer, and $(PYTHON) is not: install one, or name it: make PYTHON=/path/to/python3' >&2; \
	exit 1

# uv installs in seconds what takes pip a minute. Where it cannot be had, or fails, pip does (25.1 or newer, for --group).
install = { [ -x $(BIN)/uv ] && $(BIN)/uv pip install -q -p $(BIN)/python $(1); } \
	    || { $(BIN)/python -m pip install -qq --upgrade pip && $(BIN)/python -m pip install -qq $(1); }

$(VENV)/.installer: $(LOCK) | $(BIN)/python
	@awk '/^[A-Za-z0-9]/ { keep = /^uv==/ } keep' $(LOCK) > $(VENV)/uv.txt
	@$(BIN)/python -m pip install -qq --require-hashes -r $(VENV)/uv.txt || $(BIN)/python -m pip install -qq --upgrade pip
	@touch $@

# One stamp for each set of packages. Versions come from the lock; the package itself is installed in place.
what = -e '.$(if $(filter run,$*),,[all])' $(if $(filter run,$*),,--group $*) -c $(VENV)/constraints.txt
$(VENV)/.installed-%: pyproject.toml $(LOCK) $(VENV)/.installer
	@echo 'installing into $(VENV) ($*)'
	@sed -e 's/ *\\$$//' -e '/^ *--hash/d' $(LOCK) > $(VENV)/constraints.txt
	@$(call install,$(what))
	@touch $@
