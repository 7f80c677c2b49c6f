# Targets for the deploy roles, included by the Makefile.
DEPLOY_ROLES ?= deploy-roles
ORG_FORMATION ?= org-formation
ROLES ?= src
AGAINST ?= origin/main

.PHONY: roles-expand roles-schema roles-diff roles-lint roles-check roles-deploy
roles-expand: roles-schema ## write the roles of every template
	$(DEPLOY_ROLES) expand $(ROLES)
roles-schema: ## write what your editor completes and checks macros with
	$(DEPLOY_ROLES) schema $(ROLES) > deploy-roles.schema.json
roles-diff: ## show what that changes, compared with AGAINST=origin/main
	$(DEPLOY_ROLES) diff $(ROLES_BASE) $(ROLES)
roles-lint: ## show warnings and notes about the templates
	$(DEPLOY_ROLES) lint $(ROLES)
roles-check: ## fail if a generated file is not current, and show what the change gives
	$(DEPLOY_ROLES) check $(ROLES_BASE) $(ROLES)
roles-deploy: roles-check ## deploy with OrgFormation
	$(ORG_FORMATION) perform-tasks organization-tasks.yml
# As long as there is no such revision, nothing is compared with it.
ROLES_BASE = $(shell git rev-parse --quiet --verify $(AGAINST) >/dev/null 2>&1 && echo --against $(AGAINST))
