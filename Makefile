# make install: .venv with the tool.  make check: the bundled scenarios.  make test: static checks and all tests.
# Each makes first what it needs.

CANDIDATES = python3.13 python3.12 python3.11 python3
USABLE = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in $(CANDIDATES); do \
	$$each -c '$(USABLE)' >/dev/null 2>&1 && { echo $$each; break; }; done)
PIP = .venv/bin/python -m pip --disable-pip-version-check

.PHONY: install check test clean

install: .venv/installed

check: .venv/installed
	.venv/bin/shootdown check

test: .venv/installed-for-tests
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/pytest -q -n 2

.venv/made:
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or later with venv and ensurepip found \
	(looked for $(CANDIDATES)): install one, or run make PYTHON=/path/to/python3" >&2; exit 1; }
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(PIP) install --quiet --upgrade 'pip>=25.1'
	touch $@

.venv/installed: .venv/made pyproject.toml
	@# setuptools warns that a folder of the package's name would hide it; there is none.
	PYTHONWARNINGS='ignore:Editable installation' $(PIP) install --quiet --editable .
	touch $@

.venv/installed-for-tests: .venv/installed
	$(PIP) install --quiet --group dev
	touch $@

clean:
	rm -rf .venv build .mypy_cache .pytest_cache .ruff_cache .hypothesis
