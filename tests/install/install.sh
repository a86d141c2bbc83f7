#!/usr/bin/env bash
# Installs the package in a clean Debian root, founds a county, signs in, upgrades over it, removes and purges it.
# install.sh PLACE OLD.deb NEW.deb; PLACE keeps the root (made once with mmdebstrap) and what is unpacked of it.
# No systemd runs in there: the unit's own command is run as the unit's own user. What the unit locks away from the program is
# only read (systemd-analyze), not tried.
set -euo pipefail
place=$(realpath "$1") old=$(realpath "$2") new=$(realpath "$3")
here=$(realpath "$0")
if [ "$(id -u)" -ne 0 ]; then exec sudo "$here" "$place" "$old" "$new"; fi

root=$place/clean
archive=$place/debian.tar
server=
stop() {
  [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
  server=
}
clear() {
  stop
  rm -rf --one-file-system "$root"
}
trap clear EXIT
fail() {
  echo "install.sh: $*" >&2
  exit 1
}
into=(chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive)
inside() { "${into[@]}" "$@"; }

if [ ! -f "$archive" ]; then
  echo "making a clean Debian root (once)"
  mmdebstrap --quiet --mode=root --variant=minbase --format=tar bookworm "$archive.part"
  mv "$archive.part" "$archive"
fi
rm -rf --one-file-system "$root"
mkdir -p "$root"
tar -C "$root" --exclude='./dev/*' -xf "$archive"
# The devices that are needed; where none may be made (in some containers), files stand for what is only written.
mknod -m 666 "$root/dev/null" c 1 3 2>/dev/null || command install -m 666 /dev/null "$root/dev/null"
# A static program draws its keys from here.
mknod -m 666 "$root/dev/random" c 1 8 2>/dev/null || true
mknod -m 666 "$root/dev/urandom" c 1 9 2>/dev/null || true

install() {
  cp "$1" "$root/tmp/package.deb"
  inside dpkg --force-confdef --force-confold -i /tmp/package.deb >"$place/said.txt" 2>&1 || { cat "$place/said.txt"; fail "dpkg -i"; }
}
# As the unit does it: its user, its settings, its command.
unit=$root/usr/lib/systemd/system/bihuan.service
serve() {
  local command user
  command=$(sed -n 's/^ExecStart=//p' "$unit") user=$(sed -n 's/^User=//p' "$unit")
  # No function here: what is started becomes the server itself, so that it can be ended.
  "${into[@]}" sh -c "cd /var/lib/bihuan && set -a && . /etc/default/bihuan && exec setpriv --reuid $user --regid $user --init-groups $command" >"$place/served.txt" 2>&1 &
  server=$!
  base=http://$(sed -n 's/^BIHUAN_LISTEN=//p' "$root/etc/default/bihuan")
  for _ in $(seq 120); do
    curl -fs -o /dev/null "$base/sign-in" && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.5
  done
  cat "$place/served.txt" >&2
  fail "the server does not answer at $base"
}
token() { curl -s "$base/api/v1/session" -d "{\"login\":\"zhang\",\"password\":\"$1\"}" | jq -r '.token // .code'; }
status() { curl -s -o "$place/answer.json" -w '%{http_code}' -H "Authorization: Bearer $1" "$base$2"; }

echo "install"
install "$old"
grep -q 'bihuan-setup' "$place/said.txt" || fail "the installation does not say what to do next"
[ "$(inside stat -c '%U %a' /var/lib/bihuan)" = "bihuan 700" ] ||
  fail "the data directory is not the service's own"
inside bihuan --version >/dev/null || fail "the program does not run in a clean root"
inside sh -c 'ls /usr/share/doc/bihuan/copyright /usr/share/bihuan/packs/*/pack.toml' >/dev/null

echo "found a county"
inside bihuan-setup --division 141122 --name 样县 --admin zhang >"$place/setup.txt" 2>&1 || { cat "$place/setup.txt"; fail "bihuan-setup"; }
password=$(sed -nE 's/^.*(密码：|Password: )([^ （(]+).*$/\2/p' "$place/setup.txt")
[ "${#password}" -ge 12 ] || { cat "$place/setup.txt"; fail "no first password was shown"; }
! grep -rqF -- "$password" "$root/var" "$root/etc" "$root/tmp" "$root/root" || fail "the first password lies on the disk"
[ -z "$(inside find /var/lib/bihuan ! -user bihuan)" ] || fail "some data are not the service's own"
[ -z "$(inside find /var/lib/bihuan -perm /077)" ] || fail "others may read some of the data"
! inside runuser -u nobody -- ls /var/lib/bihuan 2>/dev/null || fail "nobody in particular may list the data"
! inside bihuan-setup --division 141122 --name 样县 --admin li >/dev/null 2>&1 || fail "a county was founded twice"

echo "sign in"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -i "s/^BIHUAN_LISTEN=.*/BIHUAN_LISTEN=127.0.0.1:$port/" "$root/etc/default/bihuan"
serve
secret=$(token "$password")
[ "$(status "$secret" /api/v1/cases)" = 403 ] && [ "$(jq -r .code "$place/answer.json")" = must_change ] || fail "the first password may stay as it is"
cookies=$place/cookies.txt
rm -f "$cookies"
page() { curl -s -c "$cookies" -b "$cookies" "$@"; }
page -o /dev/null -d "jurisdiction=141122&login=zhang" --data-urlencode "password=$password" "$base/sign-in"
csrf=$(page "$base/account" | sed -nE 's/.*name="csrf" value="([^"]+)".*/\1/p' | head -n 1)
page -o /dev/null -d "csrf=$csrf" --data-urlencode "old=$password" -d "new=long-enough-17&again=long-enough-17" "$base/account/password"
secret=$(token long-enough-17)
[ "$(status "$secret" /api/v1/cases)" = 200 ] || { cat "$place/answer.json"; fail "the administrator does not get in"; }
size() { [ "$(status "$1" /api/v1/log/head)" = 200 ] && jq -r .checkpoint "$place/answer.json" | sed -n 2p; }
entries=$(size "$secret")

echo "upgrade"
install "$new"
[ "$(inside dpkg-query -Wf '${Version}' bihuan)" = "$(dpkg-deb -f "$new" Version)" ] || fail "the new version is not there"
grep -q ":$port$" "$root/etc/default/bihuan" || fail "the upgrade lost the settings"
stop
serve
[ "$(size "$(token long-enough-17)")" -ge "$entries" ] || fail "the upgrade lost the log"
inside runuser -u bihuan -- bihuan verify --data /var/lib/bihuan/141122 >/dev/null || fail "the log does not verify after the upgrade"
inside runuser -u bihuan -- sh -c 'mkdir -p /tmp/b && cd /tmp && bihuan backup --data /var/lib/bihuan/141122 --to /tmp/b/new --keys /tmp/b/keys' >/dev/null || fail "backup"
stop

echo "remove, purge"
inside dpkg -r bihuan >/dev/null
[ ! -e "$root/usr/bin/bihuan" ] && [ -s "$root/var/lib/bihuan/141122/ledger.sqlite" ] && [ -s "$root/etc/default/bihuan" ] || fail "removing took too much or too little"
inside dpkg -P bihuan >"$place/said.txt"
grep -q /var/lib/bihuan "$place/said.txt" || fail "purging does not say where the data stay"
[ ! -e "$root/etc/default/bihuan" ] && [ -s "$root/var/lib/bihuan/141122/ledger.sqlite" ] || fail "purging took too much or too little"
# The log that stayed is whole, and a new installation finds it.
install "$new"
serve
[ "$(size "$(token long-enough-17)")" -ge "$entries" ] || fail "a new installation does not find the data that stayed"
stop
# Nothing but the data keeps the account alive.
rm -rf "$root/var/lib/bihuan/141122"
inside dpkg -P bihuan >/dev/null
! inside getent passwd bihuan >/dev/null && [ ! -e "$root/var/lib/bihuan" ] || fail "purging without data leaves traces"

if command -v systemd-analyze >/dev/null; then
  dpkg-deb --fsys-tarfile "$new" | tar -xO ./usr/lib/systemd/system/bihuan.service >"$place/bihuan.service"
  exposure=$(systemd-analyze security --offline=true "$place/bihuan.service" 2>/dev/null | sed -nE 's/.*Overall exposure level[^:]*: ([0-9.]+).*/\1/p' || true)
  echo "exposure of the unit by systemd-analyze: ${exposure:-unknown} of 10"
fi
echo "installed, upgraded, removed and purged in a clean root"
