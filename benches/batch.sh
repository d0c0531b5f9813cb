#!/bin/sh
# What a batch costs, beside tools that only send: every pair runs in one go, against one gateway in a process of its own
# (benches/gateway.rs). Trust the ratios; absolute figures are this machine's.
#
#   benches/batch.sh [ROWS]     default 200000
#   RATE=1 benches/batch.sh     also whether --rate 139/s holds over a minute
#
# It prints
#   no latency     rows a second of `smspin batch` with everything on (checks, journal with its syncs, results), and its
#                  ratio to oha (a load generator that keeps nothing) and to curl --parallel, all 64 at once, in 3 rounds
#   50 ms          the same with a gateway that takes 50 ms, against oha
#   preflight      rows a second of --dry-run, with a template and six columns
#   resume         the time that a finished batch takes to say so, as a ratio to the preflight's
#   memory         peak resident memory of a tenth of the rows, of all, and of the dry run
#
# Needs oha (cargo install oha), curl and GNU time.
set -eu
cd "$(dirname "$0")/.."

rows=${1:-200000}
concurrency=64
for tool in oha curl awk; do
    command -v "$tool" >/dev/null || { echo "batch.sh: $tool is missing" >&2; exit 2; }
done
/usr/bin/time -f %M true 2>/dev/null || { echo "batch.sh: GNU time is missing (/usr/bin/time)" >&2; exit 2; }

cargo build --quiet --release
gateway=$(cargo bench --quiet --no-run --bench gateway --message-format=json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*gateway[^"]*\)".*/\1/p' | tail -n 1)
smspin=${CARGO_TARGET_DIR:-target}/release/smspin
work=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || :; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export HOME="$work" XDG_CONFIG_HOME="$work" SMSPIN_API_KEY=0123456789abcdef0123456789abcdef
body='{"api_key":"0123456789abcdef0123456789abcdef","msisdn":"34612345678","sms_text":"Hi Ann, your code for Shop 12 in Madrid is {PIN}","pin_params":{"expires_in":600}}'

# Different Spanish mobiles in an order that is not theirs.
table() {
    awk -v rows="$1" 'BEGIN {
        print "id,name,phone,shop,city,expires_in"
        for (i = 0; i < rows; i++)
            printf "%d,Ann,+346%08d,Shop %d,Madrid,600\n", i, (i * 61803399 + 12345) % 100000000, i % 97
    }'
}

gateway() {
    kill $server 2>/dev/null || :
    : >"$work/url"
    "$gateway" "$1" >"$work/url" &
    server=$!
    until [ -s "$work/url" ]; do sleep 0.1; done
    SMSPIN_BASE_URL=$(cat "$work/url")
    export SMSPIN_BASE_URL
}

batch() {
    /usr/bin/time -f '%e %M' -o "$work/time" "$smspin" batch "$@" \
        --sms-text 'Hi {name}, your code for {shop} in {city} is {PIN}' --concurrency "$concurrency" --json >"$work/json" 2>"$work/errors" ||
        { cat "$work/errors" "$work/json" >&2; exit 1; }
}

forget() { rm -f "$1".smspin* "${1%.csv}.results.csv"; }
seconds() { cut -d ' ' -f 1 "$work/time"; }
mebibytes() { awk '{ printf "%.1f", $2 / 1024 }' "$work/time"; }
per_second() { sed -n 's/.*"per_second": *\([0-9.]*\).*/\1/p' "$work/json"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
whole() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.0f", a / b }'; }

blast() {
    oha --no-tui --output-format json -n "$1" -c "$concurrency" -m POST -T application/json -d "$body" \
        "$SMSPIN_BASE_URL/2fa/request" 2>/dev/null | sed -n 's/.*"requestsPerSec": *\([0-9.]*\).*/\1/p'
}

curls() {
    started=$(date +%s.%N)
    curl --silent --parallel --parallel-max "$concurrency" -H 'content-type: application/json' -d "$body" \
        -o /dev/null "$SMSPIN_BASE_URL/2fa/request?[1-$1]" 2>/dev/null
    awk -v n="$1" -v a="$started" -v b="$(date +%s.%N)" 'BEGIN { printf "%.0f", n / (b - a) }'
}

all=$work/all.csv tenth=$work/tenth.csv slow=$work/slow.csv
table "$rows" >"$all"
table $((rows / 10)) >"$tenth"
table 20000 >"$slow"

gateway 0
for round in 1 2 3; do
    forget "$all"
    blasted=$(blast "$rows")
    batch "$all" --yes
    sending=$(per_second) entire=$(whole "$rows" "$(seconds)")
    curled=$(curls 50000)
    echo "no latency $round: smspin $(whole "$sending" 1)/s sending ($entire/s from start to end), oha $(whole "$blasted" 1)/s, curl $curled/s;" \
        "smspin/oha $(ratio "$sending" "$blasted") ($(ratio "$entire" "$blasted")), smspin/curl $(ratio "$sending" "$curled") ($(ratio "$entire" "$curled"))"
done
large=$(mebibytes)
for round in 1 2 3; do
    batch "$all" --yes
    resumed=$(seconds)
    batch "$all" --dry-run --journal "$work/none.smspin"
    echo "preflight $round: $(whole "$rows" "$(seconds)") rows/s; resume/preflight $(ratio "$resumed" "$(seconds)")"
done
dry=$(mebibytes)
batch "$tenth" --yes
echo "memory: $(mebibytes) MiB for $((rows / 10)) rows, $large for $rows, $dry for their dry run"

gateway 50
for round in 1 2 3; do
    forget "$slow"
    blasted=$(blast 20000)
    batch "$slow" --yes
    echo "50 ms $round: smspin/oha $(ratio "$(per_second)" "$blasted") ($(whole "$(per_second)" 1)/s and $(whole "$blasted" 1)/s)"
done

if [ -n "${RATE:-}" ]; then
    table 8340 >"$slow"
    forget "$slow"
    gateway 0
    batch "$slow" --yes --rate 139/s
    echo "--rate 139/s: $(per_second)/s over a minute"
fi
