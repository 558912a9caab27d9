-- Says which rows wait for an earlier message to the same person, and for which.
--- @include "base"
--- @include "ledger"
--- @include "busy"
-- Atomic because: it changes nothing; what moves meanwhile is told either way.
-- KEYS: 1 slot key of the number
-- ARGV: 1 campaign  2 lease, ms  3 webhooks count as arriving for, ms  4 the rows, packed as for a claim:
--       row (4 bytes) and digest of the person (8 bytes) each
-- Returns: for each row that waits four: row, campaign, row and state number that it waits for
-- Keys built: stats, claimed, campaign:<id> and its :ledger:<batch>
local waits, answer = { lease = num(ARGV[2]), wait = 0, window = num(ARGV[3]) }, {}
for at = 1, #ARGV[4], CLAIM_ROW.bytes do
  local row, person = struct.unpack(CLAIM_ROW.format, ARGV[4], at)
  local attempt = redis.call('HGET', P .. 'claimed', person)
  local wait, other, its_row, state = busy_with(attempt, ARGV[1], row, waits)
  if wait then
    for _, value in ipairs({ row, other, its_row, state }) do answer[#answer + 1] = value end
  end
end
return answer
