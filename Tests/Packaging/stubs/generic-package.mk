# What package/pkg-generic.mk of Buildroot gives to a package, as far as it takes to run its installation.
qstrip = $(strip $(subst ",,$(1)))
INSTALL = install
define generic-package
.PHONY: staging target systemd sysv
staging: ; $$(REPLENISHKIT_INSTALL_STAGING_CMDS)
target: ; $$(REPLENISHKIT_INSTALL_TARGET_CMDS)
systemd: ; $$(REPLENISHKIT_INSTALL_INIT_SYSTEMD)
sysv: ; $$(REPLENISHKIT_INSTALL_INIT_SYSV)
staging target: private @D = $$(REPLENISHKIT_SITE)
endef
include $(BR2_EXTERNAL_REPLENISHKIT_PATH)/external.mk
