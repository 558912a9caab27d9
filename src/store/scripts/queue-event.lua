-- Turns a noted event, or some failed rows, into one delivery for each endpoint that wants it.
--- @include "base"
-- Atomic because: the note goes away in the step that stores the deliveries, so none is lost or
-- stored twice. Of two workers that read the same notes, the first takes them: the other does not
-- find the first one.
-- KEYS: 1 slot key of the number
-- ARGV: source: events or failed · ids: of the notes, by commas · sort: event or failed ·
--   most: deliveries that may wait for an endpoint; beyond that the oldest of failed messages are
--   dropped, then the oldest of all; then for each: endpoint · id: of the delivery · type · body
-- Returns: 1, or 0 if another worker took it
-- Keys built: clock, notices, notices-failed, endpoint:<id>, endpoint-due:<id>,
--   endpoint-order:<id>, endpoint-deliveries:<id>
local source = ARG.source == 'failed' and P .. 'notices-failed' or P .. 'notices'
local ids = {}
for id in string.gmatch(ARG.ids, '[^,]+') do ids[#ids + 1] = id end
if redis.call('XDEL', source, ids[1]) == 0 then return 0 end
if #ids > 1 then redis.call('XDEL', source, unpack(ids, 2)) end

-- Events other than failed messages rank behind all of those: they are dropped last.
local DROPPED_LAST = 1e15
local rank = WALL + (ARG.sort == 'failed' and 0 or DROPPED_LAST)

local function drop_oldest(e)
  for _ = num(ARG.most) + 1, redis.call('ZCARD', P .. 'endpoint-order:' .. e) do
    local id = redis.call('ZPOPMIN', P .. 'endpoint-order:' .. e)[1]
    redis.call('HDEL', P .. 'endpoint-deliveries:' .. e, id)
    redis.call('ZREM', P .. 'endpoint-due:' .. e, id)
    redis.call('HINCRBY', P .. 'endpoint:' .. e, 'dropped', 1)
  end
end

for at = REST, #ARGV, STEP do
  local e, id = EACH.endpoint, EACH.id
  if redis.call('HEXISTS', P .. 'endpoint:' .. e, 'disabledAt') == 0 then
    redis.call('HSET', P .. 'endpoint-deliveries:' .. e, id, '0|' .. EACH.type .. '|' .. EACH.body)
    redis.call('ZADD', P .. 'endpoint-due:' .. e, NOW, id)
    redis.call('ZADD', P .. 'endpoint-order:' .. e, rank, id)
    drop_oldest(e)
  end
end
return 1
