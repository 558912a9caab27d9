-- Notices a Redis that went back in time: a failover to a replica that lags, a file that was cut, a
-- restored backup, another database. `beat` counts the claims granted and what people stopped, and only rises; each worker
-- remembers the last one it was told and brings it along. When Redis has less, claims are missing
-- here whose messages are sent, and their rows read as pending. So nothing is granted from this
-- number until a person accepts it (accept-rollback). Which batches were open is noted at once:
-- their rows are the first in doubt, and closing them would lose the trace.
local GUARD = P .. 'guard'

-- Campaigns of the number that send, or would if nobody had stopped them.
local function note_open_batches()
  for _, id in ipairs(redis.call('ZRANGE', P .. 'campaigns', 0, -1)) do
    local open = redis.call('HKEYS', P .. 'campaign:' .. id .. ':open')
    if #open > 0 then redis.call('HSETNX', GUARD, 'open:' .. id, table.concat(open, ',')) end
  end
end

local function note_rollback(seen, beat, beat_at)
  if redis.call('HSETNX', GUARD, 'noticedAt', NOW) == 1 then
    redis.call('HSET', GUARD, 'lost', seen - beat, 'wentBackTo', beat_at)
    note_open_batches()
  end
  if num(redis.call('HGET', GUARD, 'seen')) < seen then
    redis.call('HSET', GUARD, 'seen', seen, 'lost', seen - beat)
  end
end

-- `seen`: the highest beat the caller remembers. Returns the beat now, and whether sending is stopped.
local function check_beat(seen)
  local f = redis.call('HMGET', GUARD, 'beat', 'at', 'noticedAt')
  local beat = num(f[1])
  if seen > beat then note_rollback(seen, beat, num(f[2], NOW)) end
  return beat, f[3] ~= false or seen > beat
end

-- What a person said must not be forgotten unnoticed either: a cancel or an opt-out that is lost
-- would let messages out.
local function rise_for_a_person()
  redis.call('HINCRBY', GUARD, 'beat', 1)
  redis.call('HSET', GUARD, 'at', NOW)
end

local function rise(beat, grants)
  if grants == 0 then return beat end
  redis.call('HSET', GUARD, 'beat', beat + grants, 'at', NOW)
  return beat + grants
end
