#!/usr/bin/env bash
# What the drill measures, for GNU parallel with `curl --retry`: the same kind of rows against the same kind of gateway, killed
# and started again with `--resume`. Prints how many numbers were taken twice.
#   tests/crash/compare.sh [ROWS] [KILLS] [SEED]
# Installs nothing: says what is missing. The gateway is compare_gateway.py, with the drill's chances.
set -euo pipefail
cd "$(dirname "$0")/../.."

rows=${1:-2000} kills=${2:-6} seed=${3:-1}
missing=()
for program in parallel curl python3; do
  command -v "$program" >/dev/null || missing+=("$program")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "missing: ${missing[*]}; install them and run this again" >&2
  exit 2
fi

work=$(mktemp -d)
gateway=
trap '[ -z "$gateway" ] || kill "$gateway" 2>/dev/null; rm -rf "$work"' EXIT
python3 tests/crash/compare_gateway.py "$seed" "$work/taken" >"$work/port" &
gateway=$!
until [ -s "$work/port" ]; do read -rt 0.05 <> <(:) || :; done
url="http://127.0.0.1:$(cat "$work/port")/api/3.0/2fa/request"

seq 34600000000 $((34600000000 + rows - 1)) >"$work/numbers"
send() {
  parallel --will-cite --jobs 32 --joblog "$work/joblog" "$@" \
    curl --silent --output /dev/null --fail --retry 3 --retry-all-errors --retry-delay 1 --max-time 10 \
    --json "'{\"api_key\":\"0123456789abcdef0123456789abcdef\",\"msisdn\":\"{}\"}'" "$url" \
    :::: "$work/numbers" 2>/dev/null
}
RANDOM=$seed
for ((run = 1; run <= kills; run++)); do
  # A session of its own, so that the kill takes its jobs along, as a lost machine would.
  export -f send; export work url
  setsid bash -c 'send --resume-failed' &
  job=$!
  sleep "$((1 + RANDOM % 3)).$((RANDOM % 10))"
  kill -9 -- "-$job" 2>/dev/null || :
  wait "$job" 2>/dev/null || :
done
send --resume-failed || :

awk -v rows="$rows" '
  FNR == NR { taken[$1]++; next }
  FNR > 1 { done[$NF]++; if ($7 == 0) ok++; }
  END {
    for (number in taken) { people++; if (taken[number] > 1) { twice++; sms += taken[number] - 1 } }
    printf "GNU parallel with curl --retry: %d rows, %d people reached, %d of them more than once (%d SMS too many)\n", \
      rows, people, twice, sms
  }' "$work/taken" "$work/joblog"
echo "smspin batch, the drill: cargo test --test crash nobody -- --nocapture"
