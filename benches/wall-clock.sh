#!/usr/bin/env bash
# The figures of `llmspell bench` by other means: scripts, and the wall clock of the processes that run
# them. A figure is the difference between two processes of which one does so much more.
#
#   benches/wall-clock.sh MODEL [PROMPT [GENERATE [PARALLEL]]]
#
# MODEL is a GGUF file whose answers do not end early, such as a synthetic one. The binary is
# target/release/llmspell, or what LLMSPELL names.
set -euo pipefail
export LC_ALL=C # a point in numbers

model=${1:?usage: wall-clock.sh MODEL [PROMPT [GENERATE [PARALLEL]]]}
prompt=${2:-256}
generate=${3:-64}
parallel=${4:-4}
llmspell=${LLMSPELL:-$(dirname "$0")/../target/release/llmspell}

# shellcheck disable=SC2016
script='
local model, words, tokens, sequences = ARGS[1], tonumber(ARGS[2]), tonumber(ARGS[3]), tonumber(ARGS[4])
local function run(number)
  local text = {}
  for i = 1, words do
    local at = number * 101 + i * 37
    text[i] = string.char(97 + at % 26, 97 + at // 26 % 26)
  end
  local options = { model = model, max_tokens = tokens, temperature = 0 }
  local result = LocalLLM.generate(table.concat(text, " "), options)
  assert(result.metadata.tokens.completion == tokens, "the answer ended early")
  return result.metadata.tokens.prompt
end
local runs = {}
for number = 1, sequences do runs[number] = function() return run(number) end end
print(Task.all(runs)[1])
'

# Seconds that a process takes with so many words, tokens and sequences, and its prompt tokens.
measure() {
  local start=$EPOCHREALTIME
  counted=$("$llmspell" exec "$script" -- "$model" "$1" "$2" "$3")
  local end=$EPOCHREALTIME
  taken=$(awk "BEGIN { print $end - $start }")
}

rate() { # what, tokens, longer, shorter
  awk "BEGIN { printf \"%-12s %12.1f tokens/s\n\", \"$1\", $2 / ($3 - $4) }"
}

measure 1 1 1
start=$taken least=$counted
measure "$prompt" 1 1
prefill=$taken tokens=$counted
measure "$prompt" $((1 + generate)) 1
decode=$taken
measure 1 1 "$parallel"
begun=$taken
measure 1 $((1 + generate)) "$parallel"
together=$taken

awk "BEGIN { printf \"%-12s %12.1f ms\n\", \"start, load\", 1000 * $start }"
rate prefill $((tokens - least)) "$prefill" "$start"
rate decode "$generate" "$decode" "$prefill"
rate "$parallel at once" $((generate * parallel)) "$together" "$begun"
