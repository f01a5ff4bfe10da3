################################################################################
#
# replenishkit
#
################################################################################

REPLENISHKIT_VERSION = 0.1.0
REPLENISHKIT_REPOSITORY = $(abspath $(BR2_EXTERNAL_REPLENISHKIT_PATH)/../..)
REPLENISHKIT_BOARD = $(call qstrip,$(BR2_PACKAGE_REPLENISHKIT_BOARD))
REPLENISHKIT_SITE = $(REPLENISHKIT_REPOSITORY)/.build-board/$(REPLENISHKIT_BOARD)
REPLENISHKIT_SITE_METHOD = local
REPLENISHKIT_LICENSE = Apache-2.0
REPLENISHKIT_LICENSE_FILES = LICENSE
REPLENISHKIT_DEPENDENCIES = jansson libcurl openssl
REPLENISHKIT_INSTALL_STAGING = YES
REPLENISHKIT_EXAMPLE = $(REPLENISHKIT_REPOSITORY)/Examples/DashButton

ifeq ($(BR2_PACKAGE_REPLENISHKIT)$(BR_BUILDING),yy)
ifeq ($(wildcard $(REPLENISHKIT_SITE)/bin/dash-button),)
$(error $(REPLENISHKIT_BOARD) is not built: run "make board BOARD=$(REPLENISHKIT_BOARD)" in $(REPLENISHKIT_REPOSITORY))
endif
endif

# Not each board's build has them: those of a board's own sysroot are programs alone.
define REPLENISHKIT_INSTALL_STAGING_CMDS
	if test -d $(@D)/lib; then \
		$(REPLENISHKIT_REPOSITORY)/Boards/install --from $(@D) \
			--destdir $(STAGING_DIR) --prefix /usr; \
	fi
endef

ifeq ($(BR2_PACKAGE_REPLENISHKIT_DAEMON),y)
define REPLENISHKIT_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0755 $(@D)/bin/dash-button $(TARGET_DIR)/usr/bin/dash-button
	$(INSTALL) -D -m 0755 $(@D)/bin/replenishctl $(TARGET_DIR)/usr/bin/replenishctl
	$(INSTALL) -D -m 0644 $(REPLENISHKIT_REPOSITORY)/Boards/$(REPLENISHKIT_BOARD)/dash-button.conf \
		$(TARGET_DIR)/etc/dash-button/dash-button.conf
	$(INSTALL) -D -m 0644 $(REPLENISHKIT_EXAMPLE)/dash-button.rules \
		$(TARGET_DIR)/usr/lib/udev/rules.d/60-dash-button.rules
	$(INSTALL) -D -m 0644 $(REPLENISHKIT_EXAMPLE)/dash-button-bluetooth.conf \
		$(TARGET_DIR)/usr/share/dbus-1/system.d/dash-button-bluetooth.conf
endef

define REPLENISHKIT_INSTALL_INIT_SYSTEMD
	$(INSTALL) -D -m 0644 $(REPLENISHKIT_EXAMPLE)/dash-button.service \
		$(TARGET_DIR)/usr/lib/systemd/system/dash-button.service
endef

define REPLENISHKIT_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 0755 $(REPLENISHKIT_PKGDIR)/S60dash-button \
		$(TARGET_DIR)/etc/init.d/S60dash-button
endef

define REPLENISHKIT_USERS
	dash-button -1 dash-button-read -1 * /var/lib/dash-button - dash-button-act,gpio,input Dash button daemon
endef

define REPLENISHKIT_PERMISSIONS
	/var/lib/dash-button d 0700 dash-button dash-button-read - - - - -
endef
endif

$(eval $(generic-package))
