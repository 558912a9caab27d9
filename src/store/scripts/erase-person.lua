-- Erases a number's data about a person outside the rows: open attempts, parked events, 131026.
--- @include "status"
-- Atomic because: an event is checked and dropped in one step; one that is parked meanwhile is
-- found by a later part of the scan, or dropped by the sweep ten minutes later.
-- KEYS: 1 slot key of the number
-- ARGV: person: digest · cursor: of the scan, '0' to begin · events_max: how many to check ·
--   no_person: digest that stands for erased people; then for each: spelling: a form in which a
--   stored wamid may contain the phone
-- Returns: {cursor to go on from, 0 at the end; events dropped}
-- Keys built: clock, wamid-levels, claimed, parked, parked-until, parked-for, failures-due,
--   undeliverable, suppressed
local person = ARG.person
if ARG.cursor == '0' then
  local waiting = hash_get(P .. 'parked-for', person) or ''
  for at = 1, #waiting, DIGEST_BYTES do
    unpark(string.sub(waiting, at, at + DIGEST_BYTES - 1))
  end
  hash_put(P .. 'parked-for', person, false)
  hash_put(P .. 'claimed', person, false)
  redis.call('ZREM', P .. 'undeliverable', person)
  redis.call('ZREM', P .. 'failures-due', person)
  -- A row without a phone must never be sent: if it is retried, its claim suppresses it.
  hash_put(P .. 'suppressed', ARG.no_person, SCOPE.all)
end

local function names_person(event)
  if event.person == person then return true end
  for at = REST, #ARGV, STEP do
    if string.find(event.stored, EACH.spelling, 1, true) then return true end
  end
  return false
end

local page = redis.call('HSCAN', P .. 'parked', ARG.cursor, 'COUNT', ARG.events_max)
local dropped = 0
for at = 1, #page[2], 2 do
  for _, event in ipairs(cmsgpack.unpack(page[2][at + 1])) do
    if names_person(event) then
      dropped = dropped + #unpark(page[2][at])
      break
    end
  end
end
write_back()
return { page[1], dropped }
