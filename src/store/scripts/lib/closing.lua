--- @include "moves"
-- Ends a campaign permanently, whatever its size: its pending rows read as `closed` from now on. An
-- expired campaign with messages on the wire is finished when the last of them is recorded.
local function close_campaign(c, closed)
  if c.closed ~= '' then return false end
  if ENDED[c.status] then return false end
  local live_rows = redis.call('HMGET', c.key .. ':counts', STATE.pending, STATE.sending)
  local pending, sending = num(live_rows[1]), num(live_rows[2])
  redis.call('ZREM', P .. 'running', c.id)
  redis.call('ZREM', P .. 'scheduled', c.id)
  redis.call('ZREM', P .. 'endings', c.id)
  local was = c.status
  redis.call('HSET', c.key, 'closed', closed)
  if closed == CLOSED.cancelled or sending == 0 then
    c.status = closed == CLOSED.cancelled and STATUS.cancelled or STATUS.finished
    redis.call('HSET', c.key, 'status', c.status, 'reason', '', 'finishedAt', WALL)
    index_ended(c.id)
  end
  add(c.count, STATE.pending, -pending)
  add(c.count, closed_state(closed), pending)
  add(c.entered, closed_state(closed), pending)
  c.closed = closed
  commit(c)
  if was ~= STATUS.importing then note_news(c, closed) end
  return true, was
end

-- After an import without a result the same bytes may be imported again. If an earlier campaign had
-- them (`--again`), they stay known.
local function forget_import(c)
  local f = redis.call('HMGET', c.key, 'digest', 'againOf')
  if redis.call('HGET', P .. 'imports', f[1]) ~= c.id then return end
  if f[2] then
    redis.call('HSET', P .. 'imports', f[1], f[2])
  else
    redis.call('HDEL', P .. 'imports', f[1])
  end
end
