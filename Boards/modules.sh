# shellcheck shell=bash
#
# Kernel modules out of an unpacked kernel package. Sourced, never run, after tools.sh; whoever sources it has a function
# `fail`.
#
# `copy_modules PACKAGES FOLDER LIST MODULE...` puts the modules and those they need into FOLDER, and their files' names
# into LIST, in the order in which they can be loaded. One that is built in needs no file. One written with a question mark
# before it may be missing: not every architecture's kernel has a driver for hardware that it does not run on.

copy_modules() {
  local packages=$1 output=$2 list=$3 version folder module wanted path name
  shift 3
  need_tool depmod kmod
  need_tool xz xz-utils
  version=$(basename "$(find "$packages/usr/lib/modules" -mindepth 1 -maxdepth 1 -type d | head -n 1)")
  folder=$packages/usr/lib/modules/$version
  [[ -f $folder/modules.dep ]] || depmod -b "$packages" "$version"
  mkdir -p "$output"
  for module; do
    wanted=${module#\?}
    awk -v wanted="${wanted//-/_}" '
      function name(path) { sub(/.*\//, "", path); sub(/\.ko.*/, "", path); gsub(/-/, "_", path); return path }
      FILENAME ~ /builtin$/ { if (name($1) == wanted) found = 1; next }
      { file = $1; sub(/:$/, "", file) }
      name(file) == wanted { for (i = NF; i > 1; i--) print $i; print file; found = 1 }
      END { exit !found }' "$folder/modules.builtin" "$folder/modules.dep" ||
      [[ $module == \?* ]] || fail "the kernel $version has no module '$module'"
  done | awk '!seen[$0]++' | while read -r path; do
    name=$(basename "${path%.xz}")
    # Unpacked: loading them then needs no unpacker, and an emulated CPU less time.
    if [[ $path == *.xz ]]; then xz -dc "$folder/$path"; else cat "$folder/$path"; fi >"$output/$name"
    printf '%s\n' "$name"
  done >"$list"
}
