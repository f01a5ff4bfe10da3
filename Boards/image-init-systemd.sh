# shellcheck shell=bash disable=SC2034,SC2154 # set for, or by, the script that sources this file
#
# systemd as init, with the unit, the accounts' groups and the udev rules that ship beside the daemon. Sourced by
# Boards/image-root, never run; Boards/image-init-tiny.sh says what the functions are for.
#
# Of systemd there is what starts units, mounts, keeps the log and finds devices. Busybox does the rest with the scripts
# that the other init runs too.

systemd_programs=(systemd systemd-executor systemd-journald systemd-shutdown systemd-sysctl system-generators/systemd-fstab-generator)
systemd_units=(
  sysinit.target basic.target multi-user.target local-fs.target local-fs-pre.target swap.target sockets.target timers.target
  paths.target slices.target network.target network-pre.target network-online.target nss-lookup.target nss-user-lookup.target
  remote-fs.target remote-fs-pre.target time-set.target time-sync.target
  shutdown.target umount.target final.target poweroff.target reboot.target systemd-poweroff.service systemd-reboot.service
  systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket
  systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service
)

choose_init() {
  local name
  for name in "${systemd_programs[@]}"; do
    install -D -m 0755 "$packages/usr/lib/systemd/$name" "$tree/usr/lib/systemd/$name"
    also_loaded+=("$packages/usr/lib/systemd/$name")
  done
  # Loaded when it is asked for, by udev for the modules of devices.
  install -D -m 0755 "$packages/usr/lib/$gnu_triple/libkmod.so.2" "$tree/usr/lib/$gnu_triple/libkmod.so.2"
  also_loaded+=("$packages/usr/lib/$gnu_triple/libkmod.so.2")
  programs+=("$packages"/usr/bin/{systemctl,journalctl,udevadm,mount,umount})
  applets=(sh findfs insmod mkdir cp mv rm ls cat echo chmod chown chgrp sleep sync ifconfig route udhcpc date dmesg ps)
  for name in poweroff reboot; do ln -s systemctl "$tree/usr/bin/$name"; done
  ln -s ../lib/systemd/systemd "$tree/usr/bin/init"
  ln -s ../../bin/udevadm "$tree/usr/lib/systemd/systemd-udevd"
}

# Starts a unit at boot.
enable() { ln -s "../$1" "$tree/etc/systemd/system/multi-user.target.wants/$2"; }

install_init() {
  local unit name folder=$tree/usr/lib/systemd/system own=$tree/etc/systemd/system
  mkdir -p "$folder"/{sysinit,sockets}.target.wants "$own/multi-user.target.wants" "$own/dash-button.service.d"
  for unit in "${systemd_units[@]}"; do
    install -m 0644 "$packages/usr/lib/systemd/system/$unit" "$folder/$unit"
    for name in sysinit sockets; do
      [[ ! -e $packages/usr/lib/systemd/system/$name.target.wants/$unit ]] || ln -s "../$unit" "$folder/$name.target.wants/$unit"
    done
  done
  ln -s multi-user.target "$folder/default.target"
  install -D -m 0644 -t "$tree/usr/lib/udev/rules.d" "$packages"/usr/lib/udev/rules.d/{50-udev-default,60-persistent-storage,99-systemd}.rules
  install -m 0644 "$here/../Examples/DashButton/dash-button.rules" "$tree/usr/lib/udev/rules.d/60-dash-button.rules"
  for name in "$(dirname "$configuration")"/*.rules; do
    [[ ! -f $name ]] || install -m 0644 "$name" "$tree/usr/lib/udev/rules.d/60-$(basename "$name")"
  done
  cat "$files/systemd/group" >>"$tree/etc/group"
  install -m 0644 "$files/systemd/fstab" "$tree/etc/fstab"
  install -D -m 0644 "$files/systemd/journald.conf" "$tree/etc/systemd/journald.conf"
  printf 'replenish\n' >"$tree/etc/hostname"
  mkdir -p "$tree/var/tmp" "$tree/var/log" "$tree/var/lib/systemd"
  # Empty: systemd makes one at each boot.
  : >"$tree/etc/machine-id"

  # The units: the image's own, and the daemon's as it ships.
  for unit in replenish-device replenish-modules network@ service@; do install -m 0644 "$files/systemd/$unit.service" "$own/"; done
  install -m 0644 "$here/../Examples/DashButton/dash-button.service" "$own/"
  install -m 0644 "$files/systemd/dash-button.conf" "$own/dash-button.service.d/image.conf"
  for unit in replenish-device replenish-modules dash-button; do enable "$unit.service" "$unit.service"; done
  for name in "${networks[@]}"; do enable network@.service "network@$name.service"; done
  for name in "${services[@]}"; do enable service@.service "service@$name.service"; done
}

# The unit gives the daemon its capability.
finish_root() { :; }
