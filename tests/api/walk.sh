#!/usr/bin/env bash
# Walks the whole loop over the JSON API with curl: the very commands of docs/api.md, against a demo of its own.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bihuan=${BIHUAN_BINARY:-${CARGO_TARGET_DIR:-$root/target}/debug/bihuan}
place=$(mktemp -d)
demo=
stop() {
  [ -z "$demo" ] || { kill "$demo" && wait "$demo"; } 2>/dev/null || true
  rm -rf "$place"
}
trap stop EXIT
cd "$place"

"$bihuan" demo --lang en --data "$place/demo" --listen 127.0.0.1:0 >said.txt 2>&1 &
demo=$!
for _ in $(seq 600); do
  BASE=$(sed -n 's|.*open \(http://[0-9.:]*\)/.*|\1|p' said.txt)
  [ -z "$BASE" ] || break
  kill -0 "$demo" 2>/dev/null || { cat said.txt; echo "the demo did not start" >&2; exit 1; }
  sleep 0.5
done

# Every block of shell below the heading, as it stands there.
awk '/^## /{ inside = ($0 == "## The whole loop with curl") } inside && /^```sh$/{ code = 1; next } /^```/{ code = 0 } inside && code' \
  "$root/docs/api.md" >walk.sh
[ "$(grep -c curl walk.sh)" -ge 2 ] || { echo "docs/api.md has no walk" >&2; exit 1; }
mkdir bin && ln -s "$bihuan" bin/bihuan
if ! PATH="$place/bin:$PATH" BASE=$BASE DATA=$place/demo bash -euo pipefail -x walk.sh >out.txt 2>trace.txt; then
  tail -n 20 trace.txt out.txt >&2
  echo "the walk of docs/api.md stopped at the command above" >&2
  exit 1
fi
echo "the whole loop over the API: $(grep -c '^+ ' trace.txt) commands, as docs/api.md has them"
