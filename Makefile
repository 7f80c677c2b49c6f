# The first three targets are for OrgFormation repositories: copy them into yours, and set
# DEPLOY_ROLES to the installed `deploy-roles`. Here, they build and run the tool of this clone.
DEPLOY_ROLES ?= cargo run --locked --
ORG ?= org
AGAINST ?= origin/main

.PHONY: expand diff check
expand: ## write the roles of every template in org/
	$(DEPLOY_ROLES) expand $(ORG)
diff: ## show what that changes, compared with AGAINST=origin/main
	$(DEPLOY_ROLES) diff --against $(AGAINST) $(ORG)
check: ## fail if a generated file is not current, and show what lint and diff find; here, also run everything that CI runs
	$(DEPLOY_ROLES) check $(BASE) $(ORG)
# A clone that has no such revision compares with none, and the summary names the stages that did not run.
BASE = $(shell git rev-parse --quiet --verify $(AGAINST) >/dev/null 2>&1 && echo --against $(AGAINST))

# The rest is for developers of the tool.
# What `make differential` and `make questions` compare: so many principals, or questions about them, of random files that
# depend on the seed.
PAIRS ?= 50000
QUESTIONS ?= 20000
SEED ?= long

.PHONY: parts ready installs help build test readers verdicts differential questions mutants browser editor nvim e2e packaging instructions keys fuzz lint fmt snapshots bench tools
.DEFAULT_GOAL := help

check: tools ready parts
# Clippy leaves a core idle: the rest is installed at the same time.
ready:
	$(MAKE) --no-print-directory -j2 -Otarget lint installs
installs:
	tests/e2e/setup
	tests/browser/setup
	tests/editor/setup
# Builds once, and then runs two parts at a time, the long ones first. What is measured comes before: a test of the README installs
# another build there.
BUILT = $(abspath $(or $(CARGO_TARGET_DIR),target))/debug/deploy-roles
parts:
	cargo test --quiet --locked --no-run
	BINARY=$(BUILT) benches/instructions
	BINARY=$(BUILT) benches/keys
	BINARY=$(BUILT) SECONDS_EACH=12 $(MAKE) --no-print-directory -j2 -Otarget test e2e fuzz readers packaging verdicts browser editor nvim

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## /{printf "%-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
build: ## build the optimized binary, target/release/deploy-roles
	cargo build --release --locked
test: tools ## run all tests, including OrgFormation and cfn-lint on every generated file
	cargo test --locked
	tests/oracle/run
readers: tools ## compare how OrgFormation, PyYAML, and the tool read 10,000 random expansions
	$(if $(BINARY),,cargo build --locked --example corpus)
	tests/oracle/.venv/bin/python -B tests/oracle/readers.py --figures target/proof/readers.json $${CARGO_TARGET_DIR:-target}/debug/examples/corpus
verdicts: tools ## compare what `diff` says of a few random pairs with another evaluator, always the same
	tests/differential/run
differential: tools ## compare what `diff` says of PAIRS=50000 random pairs with another evaluator, from SEED=long
	cargo build --release --locked
	BINARY=$${CARGO_TARGET_DIR:-target}/release/deploy-roles tests/differential/run --pairs $(PAIRS) --seed $(SEED) --figures target/proof/differential.json --keep target/differential
questions: tools ## compare what `can` answers to QUESTIONS=20000 random questions with another evaluator, from SEED=long
	cargo build --release --locked
	BINARY=$${CARGO_TARGET_DIR:-target}/release/deploy-roles tests/differential/run --questions $(QUESTIONS) --seed $(SEED) --figures target/proof/questions.json --keep target/questions
mutants: ## change the code that decides about access, fault by fault, and see that a case of tests/access notices
	tests/mutation/run
browser: tools ## test the page of `diff --format html` and the pictures of `graph` in a headless browser
	tests/browser/run
nvim: ## edit the example in Neovim with the language server
	tests/editor/nvim/run
editor: tools ## complete and check macros in the YAML language server of editors
	tests/editor/run
e2e: tools ## deploy with the real OrgFormation and the real CLIs to a local stand-in for AWS, and check who can do what
	tests/e2e/run
packaging: tools ## build the npm packages, the wheel, and the archive of linux-x64, and install and try them
	tests/oracle/.venv/bin/python -B .ci/packaging/test
instructions: ## count the instructions of `expand` on the example, and compare with the recorded number
	benches/instructions
keys: ## type into the language server, with 3,000 accounts as well, and measure its answers and memory
	benches/keys
fuzz: ## feed random texts to the tool, for SECONDS_EACH=60 per target
	fuzz/run
lint: ## check the format and run clippy, with warnings as errors
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
fmt: ## format the code
	cargo fmt
snapshots: ## rewrite the expected output of the tests; review it with `git diff`
	SNAPSHOTS=overwrite TRYCMD=overwrite cargo test --locked
bench: ## measure time and memory
	benches/run

# Reports what is missing before anything slow starts.
tools:
	@command -v cargo >/dev/null || { echo 'cargo is missing: install Rust 1.89 or newer' >&2; exit 2; }
	@tests/oracle/setup
