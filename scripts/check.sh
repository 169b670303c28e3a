#!/usr/bin/env bash
# Every check that a change must pass, cheapest first and pytest last.
# Run through `make test`, which prepares the environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Two cores: more threads than that only get in each other's way.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}"

step() {
    local name=$1 start=$SECONDS
    shift
    echo "== $name"
    "$@"
    echo "   $((SECONDS - start)) s"
}

step "lint" ruff check
step "format" ruff format --check
step "types" mypy
step "import contracts" lint-imports
step "documentation" env NO_MKDOCS_2_WARNING=1 mkdocs build --strict --site-dir .cache/site
step "wheel in a fresh environment" python scripts/smoke_wheel.py
step "tests" pytest --durations=10 "$@"
