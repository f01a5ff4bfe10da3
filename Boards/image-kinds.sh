# shellcheck shell=bash disable=SC2034,SC2154 # set for, or by, the script that sources this file
#
# What the kinds of image (`image` in a board.conf) differ in. Sourced, never run, after boards.sh and load_board; whoever
# sources it has a function `fail`.
#
# `describe_image` sets, after choose_image,
#
#   image_packages   packages besides the daemon's own
#   modules          kernel modules of the initramfs: what it takes to find the root
#   root_options     for Boards/image-root: network, time, Wi-Fi, firmware, drivers that are loaded later
#   is_card          whether all is put together into an SD card's image
#
# `fill_boot PACKAGES OUTPUT FOLDER` puts into FOLDER what an SD card's boot partition holds, OUTPUT having kernel and
# initramfs.

# ext4 asks for crc32c by a name that no table of dependencies has.
modules=(crc32c_generic ext4)
# So does Bluetooth LE for cmac: it stands beside each driver of a controller below.

describe_image() {
  image_packages=() root_options=() is_card=yes
  case "$image" in
    virt)
      is_card=no
      modules+=(virtio_mmio virtio_pci virtio_blk virtio_net virtio_rng evdev ?gpio_pl061 ?rtc_pl031 ?hci_uart ?cmac)
      root_options=(--network eth0)
      ;;
    raspberry-pi)
      image_packages=(chrony raspi-firmware wpasupplicant firmware-brcm80211 bluez-firmware wireless-regdb)
      # The card: sdhost on the Pi 3 and Zero, iProc's on the others.
      modules+=(mmc_block ?sdhci_iproc ?bcm2835 ?clk_raspberrypi ?gpio_regulator ?reset_raspberrypi)
      root_options=(--network eth0 --network wlan0 --time --wifi --firmware 'brcm/brcmfmac434*-sdio.*'
        --firmware 'regulatory.db*' --firmware 'brcm/BCM43*.hcd')
      local module
      for module in ?bcm2835_rng ?iproc_rng200 ?bcm2835_wdt ?leds_gpio ?genet ?broadcom ?dwc2 ?smsc95xx ?lan78xx \
        ?xhci_pci evdev brcmfmac ?brcmfmac_wcc hci_uart btbcm ?cmac; do
        root_options+=(--module "$module")
      done
      ;;
    beaglebone)
      image_packages=(chrony u-boot-omap)
      modules+=(mmc_block ?sdhci_omap ?omap_hsmmc ?ti_sysc ?gpio_omap ?tps65217)
      root_options=(--network eth0 --time)
      local module
      for module in ?omap_rng ?omap_wdt ?rtc_omap ?leds_gpio ?smsc ?davinci_mdio ?ti_cpsw ?cpsw ?musb_dsps ?musb_am335x evdev btusb ?cmac; do
        root_options+=(--module "$module")
      done
      ;;
    *) fail "there is no image for $board: its board.conf says image=$image" ;;
  esac
  [[ $init != systemd ]] || image_packages+=(systemd udev mount)
  local addition
  for addition in "${additions[@]}"; do
    case "$addition" in
      bluez)
        image_packages+=(bluez dbus)
        root_options+=(--bluez)
        # For its random addresses it asks the kernel for ciphers by socket, and nothing in the image loads modules on demand.
        modules+=(?af_alg ?algif_hash ?algif_skcipher ?ecb)
        # Neither does the kernel's pairing of older releases, which tests itself when it is loaded: so these come first.
        # Without it the kernel makes no random addresses.
        modules=(?jitterentropy_rng ?sha512_generic ?ctr ?drbg "${modules[@]}")
        ;;
    esac
  done
}

# A device tree lies at another place in the package of each architecture.
copy_device_tree() {
  local packages=$1 folder=$2 found
  found=$(find "$packages"/usr/lib/linux-image-* -name "$device_tree" | head -n 1)
  [[ -n $found ]] || fail "$kernel_package holds no device tree $device_tree, which $board_folder/board.conf names"
  install -m 0644 "$found" "$folder/$device_tree"
}

fill_boot() {
  local packages=$1 output=$2 folder=$3
  copy_device_tree "$packages" "$folder"
  install -m 0644 "$output/kernel" "$folder/kernel.img"
  install -m 0644 "$output/initramfs" "$folder/initramfs"
  case "$image" in
    raspberry-pi)
      install -m 0644 "$packages"/usr/lib/raspi-firmware/{bootcode.bin,fixup*.dat,start*.elf} "$folder/"
      {
        printf '# Written by Boards/image for %s. The names are those of the firmware: raspberrypi.com, "config.txt".\n' "$title"
        [[ $architecture != arm64 ]] || printf 'arm_64bit=1\n'
        printf 'kernel=kernel.img\ninitramfs initramfs followkernel\ndevice_tree=%s\n' "$device_tree"
        printf 'upstream_kernel=1\nenable_uart=1\ndisable_splash=1\n'
      } >"$folder/config.txt"
      printf 'console=ttyS1,115200 quiet\n' >"$folder/cmdline.txt"
      ;;
    beaglebone)
      local loader=$packages/usr/lib/u-boot/am335x_evm
      [[ -f $loader/MLO ]] || fail "u-boot-omap has no am335x_evm/MLO"
      install -m 0644 "$loader"/{MLO,u-boot.img} "$folder/"
      mkdir -p "$folder/extlinux"
      printf 'default board\ntimeout 1\nlabel board\n  kernel /kernel.img\n  initrd /initramfs\n  fdt /%s\n  append %s\n' \
        "$device_tree" 'console=ttyS0,115200 quiet' >"$folder/extlinux/extlinux.conf"
      ;;
  esac
}
