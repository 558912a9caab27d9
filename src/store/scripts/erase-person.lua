-- Forgets what a number holds of a person beside the rows: open attempts, parked events, 131026.
--- @include "base"
--- @include "hashes"
--- @include "ledger"
--- @include "wamid"
--- @include "status"
-- Atomic because: an event is judged and dropped in one step; one that is parked meanwhile is seen
-- by a later part of the scan, or forgotten by the sweep ten minutes later.
-- KEYS: 1 slot key of the number
-- ARGV: 1 digest of the person  2 cursor of the scan ('0' to begin)  3 events to look at  4 digest that
--       stands for erased people; then each way in which a stored wamid may hold the number
-- Returns: {cursor to go on from, 0 at the end; events dropped}
-- Keys built: claimed, parked, parked-until, parked-for, undeliverable, suppressed
local person = ARGV[1]
if ARGV[2] == '0' then
  local waiting = hash_get(P .. 'parked-for', person) or ''
  for at = 1, #waiting, DIGEST_BYTES do
    unpark(string.sub(waiting, at, at + DIGEST_BYTES - 1))
  end
  hash_put(P .. 'parked-for', person, false)
  hash_put(P .. 'claimed', person, false)
  redis.call('ZREM', P .. 'undeliverable', person)
  -- A row without a phone has nobody behind it, and nobody is written to: should somebody retry it,
  -- its claim makes it suppressed.
  hash_put(P .. 'suppressed', ARGV[4], 'all')
end

local function names_person(event)
  if event.person == person then return true end
  for i = 5, #ARGV do
    if string.find(event.stored, ARGV[i], 1, true) then return true end
  end
  return false
end

local page = redis.call('HSCAN', P .. 'parked', ARGV[2], 'COUNT', ARGV[3])
local dropped = 0
for at = 1, #page[2], 2 do
  for _, event in ipairs(cmsgpack.unpack(page[2][at + 1])) do
    if names_person(event) then
      dropped = dropped + #unpark(page[2][at])
      break
    end
  end
end
write_hashes()
return { page[1], dropped }
