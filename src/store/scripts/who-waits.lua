-- Reads which rows wait for an earlier message to the same person, and for which one.
--- @include "busy"
-- Atomic because: it changes nothing; rows may move meanwhile.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · rows: CLAIM_ROW of protocol.ts each · lease_ms · webhooks_arriving_ms: they
--   count as arriving for this time
-- Returns: for each row that waits four: row, campaign, row and state number that it waits for
-- Keys built: clock, stats, claimed, campaign:<id> and its :ledger:<batch>
local waits = { lease = num(ARG.lease_ms), wait = 0, window = num(ARG.webhooks_arriving_ms) }
local answer = {}
for at = 1, #ARG.rows, CLAIM_ROW.bytes do
  local row, person = struct.unpack(CLAIM_ROW.format, ARG.rows, at)
  local attempt = redis.call('HGET', P .. 'claimed', person)
  local wait, other, its_row, state = busy_with(attempt, ARG.campaign, row, waits)
  if wait then
    for _, value in ipairs({ row, other, its_row, state }) do answer[#answer + 1] = value end
  end
end
return answer
