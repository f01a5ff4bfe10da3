# shellcheck shell=bash
#
# What an ARM object says about the processor it is for (`llvm-readelf -A`), held against a board's CPU. Sourced, never run;
# uses what `describe_architecture` set, and the function `problem`. For other machines than 32-bit ARM there is nothing to
# hold against anything: Debian's arm64 runs on every 64-bit core.

# The values of Tag_CPU_arch that a CPU runs: 4 is v5TE, 6 v6, 7 v6KZ, 8 v6T2, 9 v6K, 10 v7, 14 v8-A; 11 to 13 are
# microcontrollers'. Then the largest value of Tag_FP_arch (2 is VFPv2, 3 and 4 VFPv3, 5 and 6 VFPv4, 7 v8) and of
# Tag_Advanced_SIMD_arch (1 is NEON, 2 NEON with fused multiply-add).
describe_cpu() {
  case "$1" in
    arm1176) arm_architectures=' 0 1 2 3 4 5 6 7 9 ' arm_floating_point=2 arm_vectors=0 ;;
    cortex-a8 | cortex-a9) arm_architectures=' 0 1 2 3 4 5 6 7 8 9 10 ' arm_floating_point=4 arm_vectors=1 ;;
    cortex-a7 | cortex-a15) arm_architectures=' 0 1 2 3 4 5 6 7 8 9 10 ' arm_floating_point=6 arm_vectors=2 ;;
    *) return 1 ;;
  esac
}

# Shared libraries that hold whole functions for newer processors and choose among them as they are loaded (GNU's indirect
# functions), so that their attributes name the newest. libatomic.a, of the same build, shows it member by member: those
# for every processor of Debian armel beside those for ARMv7.
choosing_libraries=' libatomic.so.1 '

# "FILE tag=value ..." for each FILE, and for each member of an archive.
read_attributes() {
  llvm-readelf -A "$@" 2>/dev/null | awk -v file="$1" '
    function out() { print file, said; said = "" }
    /^File: / { if (named) out(); named = 1; file = substr($0, 7) }
    /^ *Tag: [0-9]+$/ { tag = $2 }
    /^ *Value: / { value = $2 }
    /^ *TagName: / { name = $2 }
    /^ *}$/ { if (name != "") said = said " " name "=" value; name = "" }
    END { out() }'
}

# What the values of Tag_CPU_arch are called.
arm_names=([4]=v5TE [6]=v6 [7]=v6KZ [8]=v6T2 [9]=v6K [10]=v7 [11]=v6-M [13]=v7E-M [14]=v8-A)

# Prints what is wrong with one line of read_attributes, if anything is. `strict` holds the whole of it against the board: what we compile and link
# runs as it stands. A shared library may hold floating-point and vector code for more than its architecture's least
# processor, and choose when it runs: libnettle has NEON inside on every 32-bit Debian.
check_attributes() {
  local strictness=$1 cpu_name=$2 file=$3 pair
  local -A said=()
  shift 3
  for pair; do said[${pair%%=*}]=${pair#*=}; done
  # Every object for ARM says what it is for, but one that holds data alone.
  [[ $strictness != strict || $# -gt 0 || $file != *.swift.o ]] ||
    printf '%s says nothing of the processor it is for; llvm-readelf -A must show it\n' "$file"
  if [[ $choosing_libraries == *" $(basename "$file") "* ]]; then
    :
  elif [[ -n ${said[CPU_arch]:-} && $arm_architectures != *" ${said[CPU_arch]} "* ]]; then
    printf '%s\n' "$file is compiled for ARM ${arm_names[${said[CPU_arch]}]:-architecture ${said[CPU_arch]}}, which the board's $cpu_name does not run; take it from a sysroot for this board"
  elif [[ ${said[CPU_arch_profile]:-65} != 65 && ${said[CPU_arch_profile]:-} != 83 ]]; then
    printf '%s\n' "$file is compiled for a microcontroller, not for the board's $cpu_name"
  elif [[ $strictness == strict ]] && ((${said[FP_arch]:-0} > arm_floating_point || ${said[Advanced_SIMD_arch]:-0} > arm_vectors)); then
    printf '%s\n' "$file has floating-point or vector instructions that the board's $cpu_name lacks; is it compiled with ${c_flags[*]}?"
  fi
  case "$float_abi/${said[ABI_VFP_args]:-0}" in
    hard/1 | hard/3 | soft/0 | soft/3) ;;
    hard/0) # Assembler sources and code that takes no floating-point argument say nothing.
      [[ $strictness != strict || $file != *.swift.o && $file != *libreplenish* ]] ||
        printf '%s\n' "$file passes floating-point numbers in integer registers; the board's libraries do not"
      ;;
    *) printf '%s\n' "$file passes floating-point numbers otherwise than the board's libraries ($float_abi-float); take it from a sysroot for this board" ;;
  esac
}
