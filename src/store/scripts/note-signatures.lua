-- Counts webhooks whose signature was wrong, by the address they came to, for the last ten minutes.
--- @include "base"
-- Atomic because: several processes receive webhooks, and each adds to the same counts.
-- KEYS: 1 slot key of the number
-- ARGV: kept_ms: how long a count is kept; then for each: address: its name · count
-- Returns: how many addresses were noted
-- Keys built: wrong-signatures
local minute = math.floor(WALL / MINUTE_MS)
local oldest = math.floor((WALL - num(ARG.kept_ms)) / MINUTE_MS)
local noted = 0
-- The value of an address: `last|minute:count,minute:count`, the newest minute first.
for at = REST, #ARGV, STEP do
  local kept = redis.call('HGET', P .. 'wrong-signatures', EACH.address) or ''
  local counts = { [minute] = num(EACH.count) }
  for of, count in string.gmatch(kept, '(%d+):(%d+)') do
    of = num(of)
    if of >= oldest and of <= minute then counts[of] = (counts[of] or 0) + num(count) end
  end
  local parts = {}
  for of = minute, oldest, -1 do
    if counts[of] then parts[#parts + 1] = of .. ':' .. counts[of] end
  end
  local value = WALL .. '|' .. table.concat(parts, ',')
  redis.call('HSET', P .. 'wrong-signatures', EACH.address, value)
  noted = noted + 1
end
return noted
