# What each target does: make help
SHELL := /bin/bash
PY := .venv/bin/python
SANDGLASS := .venv/bin/sandglass
EXAMPLE := client/examples/seattle-weather.csv
QUESTION ?= What is the average temp_max by weather?

.PHONY: help run stop stack stack-stop stack-test test fuzz bench bench-answers bench-scale bench-wall lint image sbom architectures setup doctor
.DEFAULT_GOAL := help

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is missing: system packages (named first), .venv with the locked libraries
	@client/stack/bootstrap.sh

image: setup ## Build the images of the sandboxes and of the product, unless they are there
	@$(SANDGLASS) image

sbom: image ## Write what is in both images, as CycloneDX, to build/sbom
	@$(PY) -m images.sbom

architectures: setup ## Check that every library of both images has a locked wheel for x86-64 and for ARM64
	@$(PY) -m images.architectures

run: setup ## Set up all, start the local stack in the background, ask a question of a real table
	@$(SANDGLASS) up
	@printf '\n%s\n\n' '$$ sandglass ask $(EXAMPLE) "$(QUESTION)"'
	@$(SANDGLASS) ask $(EXAMPLE) "$(QUESTION)"
	@printf '\naddress:   %s\nkey:       %s\nask more:  %s\nend it:    %s\n' "http://127.0.0.1:$${SANDGLASS_PORT:-8000}" \
		"$${SANDGLASS_HOME:-$(CURDIR)/.sandglass}/key" '$(SANDGLASS) ask FILE "QUESTION"' 'make stop'

stop: ## End what `make run` started, sandboxes included
	@[ ! -x $(SANDGLASS) ] || $(SANDGLASS) down

stack: ## Start the whole stack as containers, on Docker or Podman (compose/README.md)
	@compose/stack.sh up

stack-stop: ## End the containers of `make stack`; their data stay
	@compose/stack.sh down

stack-test: ## Bring that stack up for real on Docker and on Podman, ask it, kill a worker, scale, start it anew
	@client/stack/bootstrap.sh --tests
	@PATH="$$PATH:/usr/local/go/bin" tests/ferretdb/build.sh || [ -z "$$CI" ]
	@$(SANDGLASS) image
	@$(PY) -m pytest tests/compose $(PYTEST)

doctor: setup ## Check each part of the running stack, and say how to mend it
	@$(SANDGLASS) doctor

lint: setup ## ruff and mypy
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --exclude '*.md' .
	@.venv/bin/mypy

test: ## Lint and all tests, on every container engine of this machine; pytest's closing line comes last
	@client/stack/bootstrap.sh --tests
	@PATH="$$PATH:/usr/local/go/bin" tests/ferretdb/build.sh || [ -z "$$CI" ]
	@PATH="$$PATH:/usr/local/go/bin" tests/minio/build.sh || [ -z "$$CI" ]
	@$(SANDGLASS) image
	@$(MAKE) --no-print-directory lint
	@$(PY) -m pytest $(PYTEST)

fuzz: ## Fuzz all that reads what a sandbox says, for FUZZ_SECONDS (300); the corpus stays in .sandglass/fuzz
	@client/stack/bootstrap.sh --tests
	@$(PY) -m tests.fuzz.campaign --seconds $(or $(FUZZ_SECONDS),300)

bench: setup ## Measure latencies, and a 100 MB table: two tables
	@$(SANDGLASS) up
	@$(PY) -m bench.latency
	@$(PY) -m bench.profile

bench-answers: setup ## Measure how files are read, and how many plain questions are answered rightly
	@$(SANDGLASS) up
	@code=0; for name in ingest questions; do \
		echo "== bench.$$name"; $(PY) -m bench.$$name || code=$$?; \
	done; exit $$code

bench-scale: setup ## Measure what one worker host and the shared parts carry (some five minutes)
	@$(SANDGLASS) up
	@$(PY) -m bench.scale

bench-wall: setup ## Measure what the wall costs, and what a job suffers from its neighbours (some ten minutes)
	@$(SANDGLASS) up
	@code=0; for name in hardening neighbours egress runtimes seccomp; do \
		echo "== bench.$$name"; $(PY) -m bench.$$name || code=$$?; \
	done; exit $$code
