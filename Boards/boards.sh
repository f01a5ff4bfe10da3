# shellcheck shell=bash disable=SC2034 # every variable here is read by the scripts that source this file
#
# What the scripts of this folder know about a board: what its folder says. Sourced, never run.
#
# `load_board NAME` reads Boards/NAME/board.conf, or FOLDER/board.conf where NAME has a slash in it (a board kept with the
# firmware it belongs to), and sets
#
#   board           the folder's name, which names the folders of what is built for it
#   board_folder    the folder itself
#   title           what people call it
#   architecture    Debian's name for it: arm64, armhf, armel
#   release         the Debian release it runs
#   cpu             the CPU, as QEMU names it: what emulation must not exceed, and readelf's attributes are held against
#   gpio_chip, button_line, led, led_line
#                   where the button and a light of one's own are wired, and the name of a light that is on the board
#   bluetooth       the adapter and what it hangs on (hci0/uart, hci0/usb), or none
#   serial          the configuration's way to the serial number: device-tree, or none where the board has no number
#   kernel_package, device_tree
#                   Debian's kernel for it, and the name of the device tree in it; empty where the board's firmware or
#                   another system's kernel brings them
#   image           how its image is laid out: virt, raspberry-pi, beaglebone, or none where we make none
#   init            what starts the daemon in the image: tiny or systemd
#   qemu            the arguments that make QEMU this machine; empty where QEMU has no such machine
#
# `known_boards` prints the names of the boards in this folder.
#
# `choose_image RELEASE ADDITION...` sets, after load_board, what the scripts of images go by: a board's own image without
# arguments, else one with other parts, for tests. RELEASE replaces the board's unless it is empty.
#
#   additions         what is in the image besides: bluez, which is bluetoothd with the bus that it needs; systemd, which is
#                     that as init, whatever the board's own is
#   image_folder      where the image is made
#   packages_folder   where its packages are unpacked

boards_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

known_boards() {
  local file
  for file in "$boards_folder"/*/board.conf; do
    [[ ! -f $file ]] || basename "$(dirname "$file")"
  done
}

load_board() {
  local variable
  if [[ $1 == */* ]]; then board_folder=${1%/}; else board_folder=$boards_folder/$1; fi
  if [[ -z $1 || $1 == . || $1 == .. || ! -f $board_folder/board.conf ]]; then
    printf "unknown board '%s'; choose one of: %s (or name a folder that has a board.conf, with a slash in its name)\n" \
      "$1" "$(known_boards | paste -s -d ' ')" >&2
    return 1
  fi
  board_folder=$(cd "$board_folder" && pwd)
  board=$(basename "$board_folder")
  if [[ ! $board =~ ^[a-z0-9][a-z0-9-]*$ ]]; then
    printf "'%s' cannot name a board: a-z, 0-9 and - only, as in raspberry-pi-4; rename %s\n" "$board" "$board_folder" >&2
    return 1
  fi
  title='' architecture='' release=trixie cpu='' gpio_chip='' button_line='' led='' led_line='' bluetooth=none
  serial=device-tree kernel_package='' device_tree='' image=none init=tiny qemu=()
  # shellcheck source=/dev/null
  source "$board_folder/board.conf"
  for variable in title architecture release cpu; do
    if [[ -z ${!variable} ]]; then
      printf '%s/board.conf does not set %s; Boards/boards.sh says what it must be\n' "$board_folder" "$variable" >&2
      return 1
    fi
  done
}

known_additions=(bluez systemd)

choose_image() {
  local own_release=$release name=$board addition
  release=${1:-$release}
  if [[ ! $release =~ ^[a-z]+$ ]]; then
    printf "'%s' is no name of a Debian release; releases are named like trixie\n" "$release" >&2
    return 1
  fi
  additions=("${@:2}")
  [[ $release == "$own_release" ]] || name+=-$release
  packages_folder=$boards_folder/../.build-image/packages/$architecture-$release-$image
  for addition in "${additions[@]}"; do
    if [[ " ${known_additions[*]} " != *" $addition "* ]]; then
      printf "unknown addition '%s'; choose one of: %s\n" "$addition" "${known_additions[*]}" >&2
      return 1
    fi
    [[ $addition != systemd ]] || init=systemd
    name+=-$addition packages_folder+=-$addition
  done
  [[ $init != systemd || $packages_folder == *-systemd* ]] || packages_folder+=-systemd
  packages_folder=$(realpath -m "$packages_folder")
  image_folder=$(realpath -m "$boards_folder/../.build-image/$name")
}
