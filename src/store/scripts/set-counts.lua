-- Sets the counters to the result of a recount, and lifts the suspension they caused.
--- @include "base"
-- Atomic because: the counters are replaced only if no row moved since the recount.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · moves: at the recount; then for each: state: that has any · rows: in it
-- Returns: 1 done, 0 a row has moved since, or there is no such campaign
-- Keys built: asking, shares, notices, notify, news, clock, by-end, with-rows, running,
--   scheduled, endings, halt, campaign:<id> and its :counts :events
local c = open_campaign(ARG.campaign)
if not c or num(redis.call('HGET', c.key, 'moves')) ~= num(ARG.moves) then return 0 end
redis.call('DEL', c.key .. ':counts')
for at = REST, #ARGV, STEP do redis.call('HSET', c.key .. ':counts', EACH.state, EACH.rows) end
redis.call('HDEL', c.key, 'differs')
-- Lift the suspension here: a finished campaign cannot be resumed to lift it.
if redis.call('HGET', P .. 'halt', 'why') == PAUSE.counters .. ':' .. c.id then
  redis.call('DEL', P .. 'halt')
  note_news(c, NEWS.released)
end
redis.call('HSET', c.key, 'audited', ARG.moves)
settle_status(c)
return 1
