#!/usr/bin/env bash
# Runs a command (`python3 dev.py test` unless another is given) on the committed tree in a fresh Debian 12 that has
# its python3 package and nothing else. Needs root, git and debootstrap; leaves nothing behind.
#
#   sudo packaging/bare_debian.sh
#   sudo packaging/bare_debian.sh python3 dev.py test tests/protocol
#
# Every variable PIP_* is handed in, and COPY_IN names files to copy to the same place there (a certificate for pip,
# settings for apt). DEBIAN_MIRROR is where debootstrap looks (its own default when unset).
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -gt 0 ] || set -- python3 dev.py test

machine=$(mktemp -d)
cleanup() {
  for mounted in dev/shm proc; do
    if mountpoint -q "$machine/$mounted"; then umount "$machine/$mounted"; fi
  done
  rm -rf --one-file-system "$machine" "$machine.log"
}
trap cleanup EXIT
chmod 755 "$machine"  # apt reads there as a user of its own

debootstrap --variant=minbase --include=python3 bookworm "$machine" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$machine.log" || {
  cat "$machine.log"
  exit 1
}
mount -t proc proc "$machine/proc"
mkdir -p "$machine/dev/shm"
mount -t tmpfs tmpfs "$machine/dev/shm"
for file in /etc/resolv.conf /etc/hosts ${COPY_IN:-}; do
  install -D -m 0644 "$file" "$machine$file"
done
mkdir "$machine/project"
git -C "$project" archive HEAD | tar -x -C "$machine/project"

inside() {
  local handed=(PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8)
  local name
  for name in $(compgen -e PIP_ || true); do handed+=("$name=${!name}"); done
  env -i "${handed[@]}" chroot "$machine" "$@"
}

for missing in pip pip3 make git gcc; do
  if inside sh -c "command -v $missing" >/dev/null; then
    echo "this Debian is not bare: it has $missing" >&2
    exit 1
  fi
done
if inside python3 -c 'import ensurepip' 2>/dev/null; then
  echo "this Debian is not bare: it has ensurepip" >&2
  exit 1
fi
inside python3 --version
inside sh -c 'cd /project && exec "$@"' sh "$@"
