#!/usr/bin/env bash
# The table of synthetic models in README.md: `llmspell bench` for each, one after the other.
#
#   cargo build --release && benches/models.sh
set -euo pipefail

llmspell=${LLMSPELL:-$(dirname "$0")/../target/release/llmspell}

# shellcheck disable=SC2016
row='
local r = JSON.parse(ARGS[1])
print(("| %s | %d | %.0f | %.0f | %.1f | %.1f | %.1f | %.0f |"):format(r.model, r.parallel, r.load_ms,
  r.first_token_ms, r.prefill_tps, r.decode_tps, r.aggregate_tps, r.peak_rss_bytes / 1e6))
'

measure() {
  "$llmspell" exec "$row" -- "$("$llmspell" bench "$@" --json)"
}

echo '| model | at once | load, ms | first token, ms | prefill, tokens/s | decode, tokens/s | all at once, tokens/s | peak memory, MB |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- |'
for parallel in 1 8 32; do
  measure --synthetic tinyllama-1.1b --prompt 256 --generate 64 --parallel "$parallel"
done
measure --synthetic llama-8b --prompt 64 --generate 16 --parallel 1
