#!/usr/bin/env bash
# Asks the demo's API what /api/openapi.json says it answers, and a good deal that it says it refuses: Schemathesis makes the
# requests. No server error, no undocumented status or kind of content, no answer of another shape.
# $SCHEMATHESIS is its command; $EXAMPLES how many random requests each address gets besides the systematic ones (10).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bihuan=${BIHUAN_BINARY:-${CARGO_TARGET_DIR:-$root/target}/debug/bihuan}
schemathesis=${SCHEMATHESIS:-schemathesis}
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
  base=$(sed -n 's|.*open \(http://[0-9.:]*\)/.*|\1|p' said.txt)
  [ -z "$base" ] || break
  kill -0 "$demo" 2>/dev/null || { cat said.txt; echo "the demo did not start" >&2; exit 1; }
  sleep 0.5
done

sign_in() { curl -s "$base/api/v1/session" -d "{\"jurisdiction\":\"jiaocheng\",\"login\":\"$1\",\"password\":\"bihuan-demo\"}" | jq -r .token; }

# The stream never ends and signing out would end the run: both are asked by themselves below. The seed is the same every time.
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance
ask() {
  local login=$1 phases=$2
  if ! "$schemathesis" run "$base/api/openapi.json" -H "Authorization: Bearer $(sign_in "$login")" \
    --phases "$phases" --max-examples "${EXAMPLES:-10}" --generation-deterministic --checks "$checks" --continue-on-failure \
    --exclude-path /api/v1/stream --exclude-operation-id sign_out --request-timeout 20 --warnings off --no-color >"$login.txt" 2>&1; then
    cat "$login.txt" >&2
    echo "the API does not answer as /api/openapi.json says: see above (asked as $login)" >&2
    exit 1
  fi
  sed -n "s/^ *\([0-9]* generated.*\)/$login: \1/p" "$login.txt"
}
# Who administers, and who may only see what concerns his unit.
ask ducha examples,coverage,fuzzing
ask zhujian examples,coverage

token=$(sign_in ducha)
documented() { curl -s "$base/api/openapi.json" | jq -e --arg status "$2" ".paths[\"/api/v1/$1\"] | map(.responses | has(\$status)) | any" >/dev/null; }
kind=$(curl -s -m 2 -o stream.txt -w '%{content_type}' -H "Authorization: Bearer $token" "$base/api/v1/stream" || true)
[ "$kind" = text/event-stream ] && documented stream 200 || { echo "/api/v1/stream is of kind $kind" >&2; exit 1; }
for wanted in 204 401; do
  found=$(curl -s -X DELETE -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" "$base/api/v1/session")
  [ "$found" = "$wanted" ] && documented session "$found" || { echo "signing out answered $found instead of $wanted" >&2; exit 1; }
done
echo "the API answers as /api/openapi.json says"
