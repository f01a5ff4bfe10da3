# shellcheck shell=bash disable=SC2034 # every variable here is read by the scripts that source this file
#
# What the scripts of this folder know about each architecture, and nothing else. Sourced, never run.
#
# `describe_architecture NAME` sets, for a Debian architecture name:
#
#   gnu_triple         the name of the folders that Debian's libraries and headers live in, and clang's --target
#   swift_triple       a triple for which the Swift toolchain carries an Embedded standard library
#   c_flags            what clang must be told so that its code and Debian's libraries agree on how to call each other
#   optimizer_options  what the linker's optimizer is told, so that code is small; each after a -mllvm
#   elf_machine        what `llvm-readelf -h` calls the machine
#   float_abi          hard or soft on 32-bit ARM: how floating-point numbers are passed; empty elsewhere
#   oldest_cpu         the least processor that Debian's libraries run on, among those on boards, as QEMU names it
#   emulator           the program that runs such a file on this computer; it must be told a CPU
#   dynamic_loader     the interpreter written into a program

# `describe_foreign_sysroot FOLDER CPU` does the same for a sysroot that is not Debian's, from what is in it; it fails where
# there is nothing that a board with that CPU runs.

# Those with a sysroot of their own. amd64 is here for `Boards/check --host` on a development machine.
known_architectures=(arm64 armhf armel amd64)

describe_architecture() {
  gnu_triple='' swift_triple='' c_flags=() elf_machine='' optimizer_options=() float_abi='' oldest_cpu='' emulator='' dynamic_loader=''
  case "$1" in
    arm64)
      gnu_triple=aarch64-linux-gnu
      swift_triple=aarch64-none-none-elf
      elf_machine=AArch64
      # The oldest 64-bit core in a board worth naming; the default of the emulator has instructions boards lack.
      oldest_cpu=cortex-a53
      emulator=qemu-aarch64
      dynamic_loader=/lib/ld-linux-aarch64.so.1
      ;;
    armhf)
      # Debian's armhf is ARMv7 with 16 double registers: its libraries do not run on the ARM1176 of a Raspberry Pi 1 or
      # Zero, whatever this program is compiled for.
      gnu_triple=arm-linux-gnueabihf
      swift_triple=armv7-none-none-eabi
      c_flags=(-march=armv7-a -mfloat-abi=hard -mfpu=vfpv3-d16 -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64)
      elf_machine=ARM
      float_abi=hard
      oldest_cpu=cortex-a7
      emulator=qemu-arm
      dynamic_loader=/lib/ld-linux-armhf.so.3
      ;;
    armel)
      gnu_triple=arm-linux-gnueabi
      swift_triple=armv6-none-none-eabi
      c_flags=(-march=armv6 -mfloat-abi=soft -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64)
      elf_machine=ARM
      float_abi=soft
      oldest_cpu=arm1176
      emulator=qemu-arm
      dynamic_loader=/lib/ld-linux.so.3
      ;;
    amd64)
      gnu_triple=x86_64-linux-gnu
      swift_triple=x86_64-unknown-none-elf
      elf_machine='Advanced Micro Devices X86-64'
      oldest_cpu=qemu64
      emulator=qemu-x86_64
      dynamic_loader=/lib64/ld-linux-x86-64.so.2
      ;;
    *) return 1 ;;
  esac
  # Only what is shorter than the call to it is inlined.
  optimizer_options=(-inline-threshold=-50)
  # Instructions stay in the order of the source, what a loop or several blocks need is computed where it is needed, and
  # registers are spilled where that takes the fewest instructions. Otherwise the same few instructions would look different
  # at each place, and could not be called as below. 32-bit ARM, where they are not, gains nothing by it.
  [[ $elf_machine == ARM ]] || optimizer_options+=(
    -enable-misched=false -enable-post-misched=false -disable-machine-licm -disable-constant-hoisting -split-spill-mode=size)
  # What repeats is called. Not on 32-bit ARM: its outliner makes a call out of the middle of a function that keeps its own
  # return address in the register (seen in 6.3.1), and the program returns into itself for ever.
  [[ $elf_machine == ARM ]] || optimizer_options+=(-enable-machine-outliner=always -machine-outliner-reruns=3)
  # Loads and stores side by side stay apart there. The pass that joins them lets a store of several registers move its base
  # register on where nobody seems to need it again, to save two bytes: in a Swift method that is r10, self, which the caller
  # goes on using (seen in 6.3.1: ARMLoadStoreOptimizer, MergeBaseUpdateLSMultiple).
  [[ $elf_machine != ARM ]] || optimizer_options+=(-arm-load-store-opt=false)
  # Functions save and restore registers by calling shared code.
  [[ $elf_machine != AArch64 ]] || optimizer_options+=(-homogeneous-prolog-epilog)
  # Variables have their own addresses: two instructions reach each, and as members of one table it would be three.
  [[ $elf_machine != AArch64 ]] || optimizer_options+=(-aarch64-enable-global-merge=false)
}

describe_foreign_sysroot() {
  local folder=$1 cpu_name=$2
  if [[ $cpu_name == arm1176 && -d $folder/usr/include/arm-linux-gnueabihf ]]; then
    # Raspberry Pi OS (32-bit): what it calls armhf is compiled for ARMv6, with floating point in hardware.
    describe_architecture armhf
    swift_triple=armv6-none-none-eabi
    c_flags=(-march=armv6 -mfloat-abi=hard -mfpu=vfp -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64)
    oldest_cpu=arm1176
  elif [[ -d $folder/usr/include/arm-linux-gnueabi ]]; then
    describe_architecture armel
  elif [[ $cpu_name != arm1176 && -d $folder/usr/include/arm-linux-gnueabihf ]]; then
    describe_architecture armhf
  elif [[ $cpu_name != arm1176 && -d $folder/usr/include/aarch64-linux-gnu ]]; then
    describe_architecture arm64
  else
    return 1
  fi
}
