# shellcheck shell=bash disable=SC2154 # what describe_architecture sets is used here
#
# Compiling for a board as Embedded Swift, and looking at what came out. Sourced, never run, after architectures.sh,
# attributes.sh and tools.sh; whoever sources it has a function `fail`, and sets
#
#   root, package   this repository, and the package to build
#   sysroot         the folder with the board's libraries, / for this machine itself
#   scratch         SwiftPM's folder for what it builds
#   label           for whom it is, in messages
#   cpu             the processor it must run on; empty where nothing is to be held against one
#   jobs            -j N for swift build, or nothing
#
# `prepare_embedded` comes first. `build_embedded library|executable NAME` compiles, the linker's map being at
# $scratch/NAME.map and a program at `program`; `inspect NAME PROGRAM MAP` looks at it; `starts NAME PROGRAM` runs it. What is wrong is said by `problem` and counted in `problems`.

problems=0
problem() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  problems=$((problems + 1))
}

# The toolchain's own words are about its innards; these say what to install.
need_swift() {
  local version major minor
  command -v swift >/dev/null ||
    fail 'no swift in PATH; install Swift 6.3 or newer (https://www.swift.org/install) and add its bin folder to PATH'
  version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -n 1)
  read -r major minor <<<"${version:-0 0}"
  ((major > 6 || (major == 6 && minor >= 3))) ||
    fail "the swift in PATH is version $major.$minor, and Embedded Swift for Linux boards needs 6.3 or newer; install it (https://www.swift.org/install)"
}

prepare_embedded() {
  need_swift
  need_tool llvm-readelf llvm
  launcher=()
  if [[ $sysroot != / ]]; then
    need_tool "$emulator" qemu-user
    launcher=("$emulator" -cpu "${cpu:-$oldest_cpu}" -L "$sysroot")
  fi

  inspect_sysroot

  # The same path every time, and new contents only when they differ: SwiftPM builds everything anew for a new toolset.
  mkdir -p "$scratch"
  toolset=$scratch/toolset.json
  "$root/Boards/toolset" --sysroot "$sysroot" "${toolset_options[@]}" "$architecture" >"$toolset.new" || exit 1
  if cmp -s "$toolset.new" "$toolset"; then rm "$toolset.new"; else mv "$toolset.new" "$toolset"; fi

  mapfile -t build_options < <("$root/Boards/toolset" --options)

  # A system library's pkg-config file must come from the sysroot: the machine's own names the machine's own headers, and
  # SwiftPM puts those before every other folder.
  if [[ $sysroot != / ]]; then
    export PKG_CONFIG_LIBDIR=$sysroot/usr/lib/$gnu_triple/pkgconfig:$sysroot/usr/share/pkgconfig
    export PKG_CONFIG_PATH=$PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR=$sysroot
  fi

  # "name type" for each target, as the package itself declares them.
  declared=$(swift package --package-path "$package" describe --type text |
    awk '/^Targets:/ { on = 1 } on && /^ +Name: / { name = $2 } on && /^ +Type: / { print name, $2 }') ||
    fail "swift cannot read $package/Package.swift; run: swift package --package-path $package describe"
}

declares() { grep -qE "^$1 ($2)$" <<<"$declared"; }

# SwiftPM takes no -isystem from a pkg-config file and says so each time: libcurl's in trixie has one of Kerberos, whose
# headers nothing here includes.
#
# The linker's map says which objects are in the program, those out of archives too; its sections alone would not, since
# the linker takes the first object's attributes for all.
build_embedded() {
  local kind=$1 name=$2 what=(--target "$2")
  log=$scratch/log
  # With link-time optimization the linker compiles, and what it made is only to be seen where it is told to keep it.
  [[ $kind == library ]] ||
    what=(--product "$name" -Xlinker "-Map=$scratch/$name.map" -Xlinker "--lto-obj-path=$scratch/$name.lto.swift.o")
  printf '\n%s: %s as Embedded Swift for %s\n' "$(basename "$0")" "$name" "$label"
  if ! swift build --package-path "$package" --scratch-path "$scratch" "${jobs[@]}" \
    --triple "$swift_triple" --toolset "$toolset" "${build_options[@]}" "${what[@]}" 2>&1 | sed -u '/^warning: prohibited flag(s): -isystem/d' | tee "$log"; then
    problem "$name does not build for $label; the errors are above and in $log"
    return 1
  fi
  program=$scratch/$swift_triple/release/$name
  ! grep -q 'warning:' "$log" || problem "$name builds with warnings for $label; they are above and in $log"
}

# What must not be among the libraries a program asks for.
unwanted='libswift|libFoundation|lib_Foundation|libdispatch|libBlocksRuntime|libstdc\+\+|libc\+\+|libicu'

needed_libraries() { llvm-readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

# Prints the files of all shared libraries that a file needs, directly or through another.
library_closure() {
  local queue=("$1") file name folder
  local -A seen=()
  while ((${#queue[@]})); do
    file=${queue[0]}
    queue=("${queue[@]:1}")
    while read -r name; do
      [[ -n $name && -z ${seen[$name]:-} ]] || continue
      seen[$name]=yes
      for folder in "usr/lib/$gnu_triple" "lib/$gnu_triple" usr/lib lib; do
        [[ -e $sysroot/$folder/$name ]] || continue
        printf '%s\n' "$sysroot/$folder/$name"
        queue+=("$sysroot/$folder/$name")
        continue 2
      done
      printf 'missing %s %s\n' "$name" "$(basename "$file")"
    done < <(needed_libraries "$file")
  done
}

# The sysroot's own C library against the board's processor, before anything is compiled.
inspect_sysroot() {
  local library said
  [[ -n $float_abi && -n $cpu ]] || return 0
  describe_cpu "$cpu" || fail "nothing is known of the processor '$cpu'; give it a case in Boards/attributes.sh"
  for library in "$sysroot"/{usr/,}lib/"$gnu_triple"/libc.so.6; do
    [[ -f $library ]] || continue
    said=$(read_attributes "$library")
    # shellcheck disable=SC2086 # one word for each attribute
    said=$(check_attributes library "$cpu" "$library" ${said#"$library"})
    [[ -z $said ]] || fail "$said"
  done
}

# Holds every object in a program, and every library it runs with, against the board's processor.
inspect_attributes() {
  local name=$1 program=$2 map=$3 line file library libraries said=() objects
  [[ -n $float_abi && -n $cpu ]] || return 0
  describe_cpu "$cpu" || fail "nothing is known of the processor '$cpu'; give it a case in Boards/attributes.sh"
  mapfile -t objects < <(sed -nE 's/^ *[0-9a-f]+ +[0-9a-f]+ +[0-9a-f]+ +[0-9]+ +(\/.*):\(.*$/\1/p' "$map" | sort -u)
  # What the linker itself compiled is in the map as PROGRAM.lto.o, and kept elsewhere.
  objects=("${objects[@]/#"$program.lto.o"/"${map%.map}.lto.swift.o"}")
  ((${#objects[@]})) || problem "the linker's map of $name names no object; is its form another in this toolchain?"
  libraries=$(library_closure "$program")
  # shellcheck disable=SC2086 # one word for each attribute
  mapfile -t said < <(
    for file in "${objects[@]}"; do
      if [[ $file == *\) ]]; then
        line=$(read_attributes "${file%(*}" | grep -F "(${file##*\(} " || true)
        line=${line#*\)}
      else
        line=$(read_attributes "$file" || true)
        line=${line#"$file"}
      fi
      check_attributes strict "$cpu" "$file" $line
    done
    while read -r library; do
      if [[ $library == missing\ * ]]; then
        read -r _ library file <<<"$library"
        printf '%s needs %s, which is not in %s; add the package that has it\n' "$file" "$library" "$sysroot"
        continue
      fi
      line=$(read_attributes "$library" || true)
      check_attributes library "$cpu" "$library" ${line#"$library"}
    done <<<"$libraries"
    printf 'all seen\n'
  )
  ((${#said[@]})) && [[ ${said[-1]} == 'all seen' ]] || fail "the objects of $name could not all be read; try llvm-readelf -A on those in $map"
  unset 'said[-1]'
  if ((${#said[@]} > 1)); then
    problem "${said[0]} (and $((${#said[@]} - 1)) more of its objects and libraries like it)"
  elif ((${#said[@]})); then
    problem "${said[0]}"
  else
    printf '%s: %d objects and %d libraries of %s fit the processor, %s\n' "$(basename "$0")" "${#objects[@]}" \
      "$(wc -l <<<"$libraries")" "$name" "$cpu"
  fi
}

inspect() {
  local name=$1 program=$2 map=$3 machine interpreter foreign before=$problems
  [[ -s $map ]] || { problem "the linker left no map of $name; remove $program and build again" && return 1; }
  machine=$(llvm-readelf -h "$program" | sed -n 's/^ *Machine: *//p')
  [[ $machine == "$elf_machine" ]] || problem "$program is for '$machine', not '$elf_machine'; was it built with $toolset?"
  interpreter=$(llvm-readelf -l "$program" | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
  [[ $interpreter == "$dynamic_loader" ]] || problem "$program wants the loader '$interpreter'; boards have $dynamic_loader"
  if foreign=$(needed_libraries "$program" | grep -E "$unwanted"); then
    problem "$program needs ${foreign//$'\n'/ }, which boards do not have; some device code imports it"
  fi
  # The self-test may: it is no part of a product, and its JSON reader keeps names in dictionaries.
  if [[ $name != replenish-selftest ]] && grep -qE 'libswiftUnicodeDataTables.*:\(\.(text|rodata)' "$map"; then
    problem "$name compares or hashes a String somewhere, which brings Unicode's tables (50 KB): compare with isExactly(_:)"
  fi
  inspect_attributes "$name" "$program" "$map"
  ((problems == before))
}

# Runs the program for its own words about itself: they must come, on standard output, with status 0. A program whose
# help names a self-test must pass it on the CPU of the board.
starts() {
  local name=$1 program=$2 option said options=(--version --help)
  ! grep -q -e --self-test <<<"$(timeout 60 "${launcher[@]}" "$program" --help </dev/null 2>&1)" || options+=(--self-test)
  for option in "${options[@]}"; do
    if ! said=$(timeout 120 "${launcher[@]}" "$program" "$option" </dev/null 2>&1); then
      problem "$name $option fails on $label: $(grep -m 1 FAILED <<<"$said" || head -n 1 <<<"$said"); run: ${launcher[*]} $program $option"
    elif [[ -z $said ]]; then
      problem "$name $option says nothing on $label; a target with one source file is compiled as a script with an empty main: give it a second file"
    else
      printf '%s %s: %s\n' "$name" "$option" "$(if [[ $option == --self-test ]]; then tail -n 1; else head -n 1; fi <<<"$said")"
    fi
  done
}

size_header() { printf '\n%-18s %8s %8s %8s %8s  %s\n' "$1" stripped text data bss needs; }

# One row: a file's name, its size, and its sections as llvm-size counts them.
size_row() {
  printf '%-18s %8d%s  %s\n' "$(basename "$1" .stripped)" "$(stat -c %s "$1")" \
    "$(llvm-size "$1" | awk 'NR == 2 { printf " %8d %8d %8d", $1, $2, $3 }')" "$(needed_libraries "$1" | paste -s -d ' ')"
}
