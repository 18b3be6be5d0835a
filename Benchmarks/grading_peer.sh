#!/usr/bin/env bash
# What grading takes when every submission is built and tested in its own copy of the package, as
# students do it: the seconds of `swift build && swift test --filter Sheet1`, a copy after the other.
#
#   Benchmarks/grading_peer.sh [COPIES]
#
# A copy brings the package's build along, so only what a new Answers.swift changes is built anew.
set -euo pipefail
cd "$(dirname "$0")/.."
copies=${1:-2}
swift build --build-tests >/dev/null 2>&1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
begin=$(date +%s.%N)
for copy in $(seq "$copies"); do
  cp -a . "$folder/$copy"
  cp Solutions/1-Attention/Answers.swift "$folder/$copy/Sheets/1-Attention/Answers.swift"
  (cd "$folder/$copy" && swift build --build-tests >/dev/null 2>&1 &&
    swift test --skip-build --filter Sheet1 >/dev/null 2>&1)
  rm -rf "${folder:?}/$copy"
done
end=$(date +%s.%N)
awk -v s="$(echo "$end - $begin" | bc)" -v n="$copies" \
  'BEGIN { printf "%d copies: %.1f s each, %.2f a minute\n", n, s / n, 60 * n / s }'
