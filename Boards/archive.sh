# shellcheck shell=bash
#
# Where packages of a Debian release come from: the archives this machine's own apt already uses and trusts. Sourced, never
# run.
#
# `debian_sources RELEASE` prints an apt sources file (deb822) for that release (bookworm, trixie, ...), at the addresses
# that this machine's apt asks for its own. It fails, saying so, where apt knows no Debian archive.

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

debian_sources() {
  local release=$1 targets archive security
  [[ -r $debian_keyring ]] ||
    { printf 'the keys of the Debian archive are missing; run: sudo apt-get install debian-archive-keyring\n' >&2 && return 1; }
  # shellcheck disable=SC2016 # the names in braces are apt's
  targets=$(apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null | sort -u)
  archive=$(awk '$1 == "Debian" && $2 !~ /-/ { print $3; exit }' <<<"$targets")
  security=$(awk '$1 == "Debian" && $2 ~ /-security$/ { print $3; exit }' <<<"$targets")
  if [[ -z $archive ]]; then
    printf 'apt knows no Debian archive; run apt-get update, or add one to /etc/apt/sources.list.d\n' >&2
    return 1
  fi
  printf 'Types: deb\nURIs: %s\nSuites: %s %s-updates\nComponents: main\nSigned-By: %s\n' \
    "$archive" "$release" "$release" "$debian_keyring"
  [[ -z $security ]] ||
    printf '\nTypes: deb\nURIs: %s\nSuites: %s-security\nComponents: main\nSigned-By: %s\n' \
      "$security" "$release" "$debian_keyring"
}
