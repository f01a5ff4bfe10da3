# shellcheck shell=bash disable=SC2034,SC2154 # set for, or by, the script that sources this file
#
# Busybox as init. Sourced by Boards/image-root, never run.
#
#   choose_init    adds to `programs` what the init needs, and sets `applets`, the commands that busybox is there for
#   install_init   puts into `tree` what starts `networks`, `services` and the daemon
#   finish_root    does what takes the finished file system: FILE

choose_init() {
  applets=(sh init mount umount findfs insmod mkdir cp mv rm ls cat echo chmod chown chgrp sleep sync hostname ifconfig route
    mdev udhcpc setpriv start-stop-daemon poweroff reboot date dmesg ps)
}

install_init() {
  local network service
  install -m 0755 "$files"/{rc.start,rc.stop,run-daemon} "$tree/etc/"
  install -m 0644 "$files"/{inittab,mdev.conf} "$tree/etc/"
  {
    for network in "${networks[@]}"; do printf '::respawn:/etc/run-network %s\n' "$network"; done
    for service in "${services[@]}"; do printf '::respawn:/etc/run-%s\n' "$service"; done
  } >>"$tree/etc/inittab"
}

# The daemon is no root's: to put Bluetooth adapters in order it has CAP_NET_ADMIN (bit 12) and nothing else, as a
# capability of its file (revision 2, effective: struct vfs_cap_data).
finish_root() {
  printf '\x01\0\0\x02\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >"$work/capability"
  debugfs -w -R "ea_set -f $work/capability /usr/bin/dash-button security.capability" "$1" >"$work/log" 2>&1
}
