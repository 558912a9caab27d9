-- Writes down what a recount of a campaign's rows came to; a difference seen twice halts the number.
--- @include "base"
-- Atomic because: the verdict holds only while no row moved since the recount; the halt and the
-- pause of the number's campaigns come together.
-- KEYS: 1 slot key of the number
-- ARGV: 1 campaign  2 moves at the recount  3 '' or where counters and rows differ  4 reason number
-- Returns: 'moved' worth nothing · 'fits' · 'noted' seen once · 'halted' seen twice
-- Keys built: halt, running, scheduled, campaign:<id>
local c = open_campaign(ARGV[1])
if not c or num(redis.call('HGET', c.key, 'moves')) ~= num(ARGV[2]) then return 'moved' end
if ARGV[3] == '' then
  redis.call('HSET', c.key, 'audited', ARGV[2])
  redis.call('HDEL', c.key, 'differs')
  return 'fits'
end
local before = redis.call('HGET', c.key, 'differs')
redis.call('HSET', c.key, 'differs', ARGV[3])
-- A number that is halted for another reason sends nothing, and that reason must stay.
if before ~= ARGV[3] or redis.call('EXISTS', P .. 'halt') == 1 then return 'noted' end
redis.call('HSET', P .. 'halt', 'code', 0, 'reason', ARGV[4], 'at', WALL, 'campaign', c.id,
  'why', 'counters:' .. c.id)
for _, id in ipairs(redis.call('ZRANGE', P .. 'running', 0, -1)) do
  local one = open_campaign(id)
  if one then pause_campaign(one, 'counters:' .. c.id) end
end
return 'halted'
