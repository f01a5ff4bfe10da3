# shellcheck shell=bash
#
# Which shared libraries a program needs, and where. Sourced, never run, after architectures.sh and
# `describe_architecture`; whoever sources it has a function `fail`.
#
# `copy_libraries PACKAGES TREE PROGRAM...` copies from the unpacked PACKAGES into TREE the dynamic loader and every
# library that the programs need, and those need in turn.

needed_by() { readelf -d "$@" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

copy_libraries() {
  local packages=$1 tree=$2 queue name file
  shift 2
  mapfile -t queue < <(needed_by "$@")
  queue+=("$(basename "$dynamic_loader")")
  while ((${#queue[@]})); do
    name=${queue[0]}
    queue=("${queue[@]:1}")
    [[ ! -e $tree/usr/lib/$gnu_triple/$name ]] || continue
    for file in "$packages/usr/lib/$gnu_triple/$name" "$packages/usr/lib/$gnu_triple/systemd/$name" "$packages/usr/lib/$name" ''; do
      [[ -z $file || ! -f $file ]] || break
    done
    [[ -n $file ]] || fail "no package holds the library $name"
    install -m 0755 "$file" "$tree/usr/lib/$gnu_triple/$name"
    mapfile -t -O "${#queue[@]}" queue < <(needed_by "$file")
  done
  [[ -e $tree/usr/lib/$(basename "$dynamic_loader") ]] ||
    ln -s "$gnu_triple/$(basename "$dynamic_loader")" "$tree/usr/lib/$(basename "$dynamic_loader")"
}
