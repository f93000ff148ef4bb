#!/usr/bin/env bash
# Installs the package on a bare Debian 12, and runs the demo there.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/try-package.sh [--root=FOLDER] [--limit=SECONDS] [FILE.deb]

Installs FILE.deb (of build/release/packages) in a bare Debian 12 with apt, runs the
demo of the installed package there, and says how long both took. Fails when they took
the processor more than SECONDS (120) together: that does not depend on what else runs.
Needs root, chroot and debootstrap, and is skipped where they are not.

  --root=FOLDER   a bare Debian 12 that is copied, instead of what debootstrap makes
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
bare= limit=120 package=
for argument in "$@"; do
  case "$argument" in
  --root=*) bare="${argument#*=}" ;;
  --limit=*) limit="${argument#*=}" ;;
  -h | --help) usage; exit 0 ;;
  -*) echo "try-package.sh: unknown argument '$argument'" >&2; usage >&2; exit 2 ;;
  *) package="$argument" ;;
  esac
done
skip() { echo "try-package.sh: skipped: $*"; exit 0; }
[[ $(id -u) -eq 0 ]] || skip "needs root to install in another root folder"
command -v chroot >/dev/null || skip "no chroot"
[[ -n $bare ]] || command -v debootstrap >/dev/null || skip "no debootstrap (apt-get install debootstrap), and no --root"
if [[ -z $package ]]; then
  packages=(build/release/packages/lw_*.deb)
  package="${packages[0]}"
fi
[[ -f $package ]] || { echo "try-package.sh: no package '$package': scripts/package.sh makes it" >&2; exit 1; }

root="$(mktemp -d)"
# The folder /proc of the kernel is not to go with it.
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$root"' EXIT
if [[ -n $bare ]]; then
  cp -a "$bare/." "$root"
else
  debootstrap --variant=minbase bookworm "$root" >"$root.log" || { cat "$root.log" >&2; exit 1; }
  rm "$root.log"
fi
cp -f /etc/resolv.conf "$root/etc/resolv.conf"
cp "$package" "$root/tmp/lw.deb"
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"; }
# Where programs find themselves. There are systems that forbid it in containers.
mount -t proc proc "$root/proc" 2>/dev/null || true
inside apt-get update -qq

# Sets `processor` to the seconds of the processor that what has ended took.
measure() {
  times >"$root/tmp/times" # of this shell's children, not of a subshell's
  processor="$(awk -F'[ms ]+' 'NR == 2 { print int($1 * 60 + $2 + $3 * 60 + $4) }' "$root/tmp/times")"
}
SECONDS=0
measure
start=$processor
before=$(du -smx --apparent-size "$root" | cut -f1)
inside apt-get install -y -qq /tmp/lw.deb >"$root/tmp/install.log" 2>&1 || { cat "$root/tmp/install.log" >&2; exit 1; }
installed=$SECONDS
measure
install=$((processor - start))
after=$(du -smx --apparent-size "$root" | cut -f1)
inside /bin/sh -c 'cd /tmp && /usr/share/lw/scripts/demo.sh'
measure
used=$((processor - start))
echo "installed in $installed s ($install s of the processor), $((after - before)) MB with what it needs;" \
  "with the demo $SECONDS s ($used s of the processor)"
if ((used > limit)); then
  echo "try-package.sh: took more than $limit s" >&2
  exit 1
fi
