-- Stores the result of a recount; a difference that is found twice suspends the number.
--- @include "base"
-- Atomic because: the result holds only while no row has moved since the recount; the suspension
-- and the pause of the number's campaigns happen together.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · moves: at the recount · differences: '' or where counters and rows differ
-- Returns: 'moved': not valid · 'fits' · 'noted': seen once · 'suspended': seen twice
-- Keys built: notices, notify, news, halt, running, scheduled, campaign:<id> :events
local c = open_campaign(ARG.campaign)
if not c or num(redis.call('HGET', c.key, 'moves')) ~= num(ARG.moves) then return ANSWER.moved end
if ARG.differences == '' then
  redis.call('HSET', c.key, 'audited', ARG.moves)
  redis.call('HDEL', c.key, 'differs')
  return ANSWER.fits
end
local before = redis.call('HGET', c.key, 'differs')
redis.call('HSET', c.key, 'differs', ARG.differences)
-- A suspension for another reason already stops sending, and its reason must stay.
if before ~= ARG.differences or redis.call('EXISTS', P .. 'halt') == 1 then return ANSWER.noted end
local why = PAUSE.counters .. ':' .. c.id
redis.call('HSET', P .. 'halt', 'code', 0, 'reason', REASON.counters_differ, 'at', WALL,
  'campaign', c.id, 'why', why)
for _, id in ipairs(redis.call('ZRANGE', P .. 'running', 0, -1)) do
  local one = open_campaign(id)
  if one then pause_campaign(one, why) end
end
note_news(c, NEWS.suspended, why)
return ANSWER.suspended
