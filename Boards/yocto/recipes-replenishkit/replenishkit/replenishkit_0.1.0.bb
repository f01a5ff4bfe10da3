SUMMARY = "Reorders an appliance's supplies at the press of a button"
# OpenEmbedded has no Swift compiler: what is packaged here was made by "make board BOARD=..." beforehand.
DESCRIPTION = "The daemon dash-button, replenishctl, and the libraries of ReplenishKit for C programs."
SECTION = "console/network"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

DEPENDS = "curl jansson openssl"
SRC_URI = ""

inherit externalsrc systemd useradd

# The board that 'make board' was run for: a folder of Boards.
REPLENISHKIT_BOARD ?= "raspberry-pi-4"
EXTERNALSRC = "${REPLENISHKIT_REPOSITORY}/.build-board/${REPLENISHKIT_BOARD}"

COMPATIBLE_HOST = "(aarch64|arm).*-linux.*"
COMPATIBLE_HOST:libc-musl = "null"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -D -m 0755 ${S}/bin/dash-button ${D}${bindir}/dash-button
    install -D -m 0755 ${S}/bin/replenishctl ${D}${bindir}/replenishctl
    install -D -m 0644 ${REPLENISHKIT_REPOSITORY}/Boards/${REPLENISHKIT_BOARD}/dash-button.conf ${D}${sysconfdir}/dash-button/dash-button.conf

    example=${REPLENISHKIT_REPOSITORY}/Examples/DashButton
    install -D -m 0644 $example/dash-button.service ${D}${systemd_system_unitdir}/dash-button.service
    install -D -m 0644 $example/dash-button.rules ${D}${nonarch_base_libdir}/udev/rules.d/60-dash-button.rules
    install -D -m 0644 $example/dash-button-bluetooth.conf ${D}${datadir}/dbus-1/system.d/dash-button-bluetooth.conf

    # The libraries with their headers and pkg-config files.
    if [ -d ${S}/lib ]; then
        ${REPLENISHKIT_REPOSITORY}/Boards/install --from ${S} --destdir ${D} --prefix ${prefix} --libdir ${libdir}
    fi
}

USERADD_PACKAGES = "${PN}"
GROUPADD_PARAM:${PN} = "--system dash-button-read; --system dash-button-act; --system gpio"
USERADD_PARAM:${PN} = "--system --gid dash-button-read --groups dash-button-act,gpio --home-dir ${localstatedir}/lib/dash-button --no-create-home --shell /sbin/nologin dash-button"

SYSTEMD_SERVICE:${PN} = "dash-button.service"
# Before it is started, dash-button.conf must say what it orders.
SYSTEMD_AUTO_ENABLE = "disable"

CONFFILES:${PN} = "${sysconfdir}/dash-button/dash-button.conf"
FILES:${PN} += "${nonarch_base_libdir}/udev/rules.d ${datadir}/dbus-1/system.d"

RDEPENDS:${PN} += "ca-certificates jansson libcrypto libcurl"

# The programs are stripped, by the compiler that made them. They were linked with Debian's libcurl, whose symbols have
# versions; this one's have none, which the dynamic linker notes and accepts, and which rpm would take for another library.
INSANE_SKIP:${PN} += "already-stripped file-rdeps"
