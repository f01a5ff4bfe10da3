# shellcheck shell=bash
#
# Programs that the scripts of this folder need and the machine may lack. Sourced, never run; whoever sources it has a
# function `fail`.
#
# `need_tool COMMAND PACKAGE` installs Debian's PACKAGE where COMMAND is missing and it may; else it names the command
# that does.

need_tool() {
  local command=$1 package=$2
  command -v "$command" >/dev/null && return
  # Debian keeps administrators' tools in folders that are not everybody's.
  [[ -x /usr/sbin/$command || -x /sbin/$command ]] && PATH=$PATH:/usr/sbin:/sbin && return
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    printf '%s: installing %s\n' "$(basename "$0")" "$package" >&2
    export DEBIAN_FRONTEND=noninteractive
    if apt-get install -y -q --no-install-recommends "$package" >/dev/null 2>&1 ||
      { apt-get update -q >/dev/null 2>&1 &&
        apt-get install -y -q --no-install-recommends "$package" >/dev/null 2>&1; }; then
      return
    fi
  fi
  fail "$command is missing; run: sudo apt-get install $package"
}
