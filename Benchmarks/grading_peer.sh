#!/usr/bin/env bash
# What grading takes when every submission is built and tested in its own copy of the package, as
# students do it: the seconds of `swift build && swift test --filter Sheet1`, a copy after the other.
#
#   Benchmarks/grading_peer.sh [COPIES]
#
# A build cannot be copied along: the compiler's module cache holds its own path and refuses another.
set -euo pipefail
cd "$(dirname "$0")/.."
copies=${1:-1}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
SECONDS=0
for copy in $(seq "$copies"); do
  git clone -q . "$folder/$copy"
  cp Solutions/1-Attention/Answers.swift "$folder/$copy/Sheets/1-Attention/Answers.swift"
  (
    cd "$folder/$copy"
    swift build --build-tests --quiet
    swift test --skip-build --filter Sheet1Tests 2>&1 | tail -n 1
  )
  rm -rf "${folder:?}/$copy"
done
awk -v s="$SECONDS" -v n="$copies" \
  'BEGIN { printf "%d copies: %.0f s each, %.2f a minute\n", n, s / n, 60 * n / s }'
