# make book    every chapter executed, the site under _build/html
# make pdf     the built book as one PDF, _build/hdintuition.pdf (needs Chromium or Chrome)
# make test    the whole test suite
# All make their own .venv on the first call. Settings, all optional:
#   PYTHON=python3.12   the Python that .venv is made from (3.11 or newer)
#   PIP_ARGS="..."      more arguments for pip, such as another index for PyTorch (README, "Installing")
#   HDI_SCALE=smoke     how large the experiments run: smoke, cpu or gpu
#   PORT=8000           where `make serve` listens
#   ARGS="..."          more arguments for pytest: make test ARGS="-k geometry", ARGS="-n0 --pdb"

PYTHON   ?= python3
PIP_ARGS ?=
PORT     ?= 8000
ARGS     ?=
SHELL    := /bin/bash
BIN      := .venv/bin
# Tests in as many processes as there are cores, at most four; what shares costly work stays in one.
PYTEST   := $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadgroup
STAMP    := .venv/installed
RIVALS   := .venv/installed-for-bench
CHAPTERS  = $(shell grep -rl --include='*.md' 'format_name: myst' book 2>/dev/null)
# A cell is handed to ruff as a file outside the checkout, so it must be told where the rules are. What a
# notebook does and a module may not: display a bare name, import late, go without docstrings.
CELL_CHECK  = ruff check --config pyproject.toml --ignore ANN,B018,B905,D,E402,E501

# PIP_USER and PYTHONPATH of the caller would mix another environment into this one.
unexport PIP_USER PYTHONPATH PYTHONHOME
export PYTHONUNBUFFERED := 1
# .venv/bin/python is also the Jupyter kernel: no kernel of the user's own may take its place.
export JUPYTER_PREFER_ENV_PATH := 1

.PHONY: help book pdf test site-test bench lint format serve clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile
	@echo "make serve    look at the book that was built      make lint    style, types, imports"
	@echo "make clean    remove what was built (not .venv)    make format  put the code into shape"
	@echo "make bench    our code beside the libraries it is compared with (about 6 minutes; results are committed)"

book: $(STAMP)
	@started=$$(date +%s); \
	if $(BIN)/jupyter-book build book --config "$(CURDIR)/_config.yml" --toc "$(CURDIR)/_toc.yml" \
	        --path-output "$(CURDIR)" --all -W --keep-going; then \
	    echo; echo "The book is built, in $$(( $$(date +%s) - started )) s."; \
	    echo "Look at it:  make serve   (or open _build/html/index.html)"; \
	else \
	    echo; echo "The book was NOT built: see the lines with WARNING or ERROR above." >&2; \
	    echo "A failed chapter's traceback also lies in _build/html/reports/." >&2; exit 1; \
	fi

# Printed by Chromium from the site; says how long it took and how large it is.
pdf: $(STAMP)
	@$(BIN)/python -m tools.book_pdf

test: $(STAMP)
	@if $(PYTEST) $(ARGS); then \
	    if [ ! -f _build/html/index.html ]; then \
	        echo "The browser tests were skipped: they need the built book (make book, then make test)."; fi; \
	else \
	    echo "Something failed: the lines with FAILED or ERROR above name it. One test again: make test ARGS=\"-k NAME\"" >&2; \
	    exit 1; \
	fi

# The built book in a real browser; unlike `make test`, this fails where there is no browser or no book.
site-test: $(STAMP)
	@HDI_REQUIRE_BROWSER=1 $(PYTEST) tests/site $(ARGS)

# Everything at cpu scale, or at gpu scale where torch finds CUDA; nothing else should run meanwhile.
bench: $(RIVALS)
	@$(BIN)/python -m benchmarks --out benchmarks/results || { \
	    echo "A topic broke or results disagree: see the lines with 'our own code failed', 'disagree' or 'broke'." >&2; exit 1; }
	@echo "The book's page of benchmarks shows them after the next: make book"

lint: $(STAMP)
	@PATH="$(CURDIR)/$(BIN):$$PATH"; ruff format --check . && ruff check . && mypy && lint-imports --no-logo \
	    && python tools/format_cells.py --check $(CHAPTERS) \
	    && jupytext --quiet --check "$(CELL_CHECK) {}" $(CHAPTERS) && echo "Style, types and imports are in order."

format: $(STAMP)
	@PATH="$(CURDIR)/$(BIN):$$PATH"; ruff check --fix . ; ruff format . \
	    && python tools/format_cells.py $(CHAPTERS)

serve:
	@test -f _build/html/index.html || { echo "There is no book yet. Build it first:  make book" >&2; exit 1; }
	@echo "The book is at http://127.0.0.1:$(PORT)/   (Ctrl-C ends it; another port: make serve PORT=8080)"
	@"$(PYTHON)" -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html >/dev/null 2>&1 \
	    || [ $$? -ge 128 ] || { echo "Port $(PORT) is taken. Try:  make serve PORT=$$(( $(PORT) + 1 ))" >&2; exit 1; }

clean:
	rm -rf _build build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache

# Installed again only when one of the two files changed. PyTorch comes first and by its exact version:
# left to choose, pip takes the newest CUDA build of several GB.
$(STAMP): pyproject.toml constraints.txt
	@command -v "$(PYTHON)" >/dev/null || { \
	    echo "$(PYTHON) was not found. Install Python 3.11 or newer, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "$(PYTHON) is $$("$(PYTHON)" --version); this book needs 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	    echo "1 of 3 · making .venv from $$("$(PYTHON)" --version)"; \
	    "$(PYTHON)" -m venv --clear .venv || { \
	        echo "Python could not make a virtual environment (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }; }
	@echo "2 of 3 · installing PyTorch, $$(grep '^torch==' constraints.txt)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_ARGS) "$$(grep '^torch==' constraints.txt)" -c constraints.txt
	@echo "3 of 3 · installing the book and its tests (a minute or two, once)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e ".[book,test]"
	@touch $(STAMP)

$(RIVALS): $(STAMP)
	@echo "installing the libraries to compare with (a few minutes, once)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e ".[bench]"
	@touch $(RIVALS)
