# `make lab` opens the course, `make test` proves it. The work is done by the `course` command
# (course_lib/runner/cli.py); this file only makes the environment it runs in. Written for make 3.81 and a
# plain /bin/sh, which is what macOS has.

# The first of these that is new enough is used. TensorFlow publishes builds for Python 3.11 to 3.13.
PYTHON ?= python3 python3.13 python3.12 python3.11
COURSE := .venv/bin/course
READY := .venv/.complete

.DEFAULT_GOAL := help
.PHONY: help setup lab test run full bench data doctor gpu lint lock

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1 ## /p' Makefile | awk -F ' ## ' '{printf "  make %-8s %s\n", $$1, $$2}'

# .jupyter/ answers JupyterLab's question about news, which `--LabApp.news_url=None` does not.
lab: data ## fetch the data and open the course in JupyterLab
	JUPYTER_CONFIG_PATH="$(CURDIR)/.jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}" \
		.venv/bin/jupyter lab --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb

test: data ## lint, unit tests and every lesson, with one table at the end
	$(COURSE) test

run: $(READY) ## run one lesson and write it back: make run LESSON=03
	@test -n "$(LESSON)" || { echo "Which lesson? For example: make run LESSON=03"; $(COURSE) list; exit 2; }
	$(COURSE) run $(LESSON)

full: data ## run every lesson at its published size; numbers go to results/
	$(COURSE) run --all --profile full

bench: $(READY) ## time the course's layers beside Keras's; ratios go to results/
	.venv/bin/python benchmarks/recurrent.py

data: $(READY) ## fetch the data; a second run is instant
	@$(COURSE) data fetch

doctor: $(READY) ## what is wrong with this installation, and how to mend it
	@$(COURSE) doctor

# One goes before the other comes: both install the same folder.
gpu: $(READY) ## exchange TensorFlow for the one that uses an NVIDIA GPU (6 GB, Linux)
	.venv/bin/python -m pip uninstall --yes tensorflow-cpu tensorflow
	.venv/bin/python -m pip install 'tensorflow[and-cuda]>=2.20,<3'

lint: $(READY) ## check style and format, notebooks included
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

# `--no-emit-index-url` and `--no-annotate`: the lock names versions and hashes, never a host or a person.
lock: $(READY) ## pin the newest versions that pyproject.toml allows (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: run  pipx install uv  or  brew install uv"; exit 1; }
	uv pip compile pyproject.toml --upgrade --universal --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --quiet -o requirements.lock

setup: $(READY) ## the environment alone, in .venv

# The stamp is written last and removed first: an interrupted set-up starts over instead of looking
# finished. Bytecode is compiled now, because TensorFlow's import takes three times as long without it.
$(READY): pyproject.toml requirements.lock
	@unset PYTHONDONTWRITEBYTECODE; set -e; \
	for python in $(PYTHON) none; do \
		"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
			2>/dev/null && break; \
	done; \
	if [ "$$python" = none ]; then \
		echo "The course needs Python 3.11, 3.12 or 3.13. None of these is one: $(PYTHON)."; \
		echo "  Debian, Ubuntu:  sudo apt install python3 python3-venv"; \
		echo "  macOS:           brew install python@3.13, or the installer from python.org"; \
		echo "  elsewhere:       make $(MAKECMDGOALS) PYTHON=/path/to/python3"; \
		exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python cannot make virtual environments. On Debian and Ubuntu: sudo apt install python3-venv"; \
		exit 1; \
	fi; \
	if [ "$$(uname -s) $$(uname -m)" = "Darwin x86_64" ]; then \
		echo "TensorFlow has no builds for Macs with an Intel processor since 2024. Use the course on"; \
		echo "another machine, or in a Linux container."; \
		exit 1; \
	fi; \
	echo "Setting up .venv with $$($$python --version); the first time takes some minutes."; \
	if [ -f $(READY) ]; then rm $(READY); else "$$python" -m venv --clear .venv; fi; \
	if command -v uv >/dev/null; then \
		uv pip install --python .venv/bin/python --compile-bytecode -r requirements.lock; \
	else \
		.venv/bin/python -m pip install --disable-pip-version-check -r requirements.lock; \
	fi; \
	.venv/bin/python -m pip install --disable-pip-version-check --quiet --no-deps -e .; \
	touch $(READY)
