-- Notices a Redis that went back in time: a failover to a replica that lags, a file that was cut, a
-- restored backup, another database. `beat` counts the claims granted and what people stopped, and only rises; each worker
-- remembers the last one it was told and brings it along, and Redis notes it too (`told:<worker>`).
-- When Redis has less, claims are missing here whose messages are sent, and their rows read as pending. So nothing is granted from this
-- number until a person accepts it (accept-rollback). Which batches were open is noted at once:
-- their rows are the first in doubt, and closing them would lose the trace.
local GUARD = P .. 'guard'
local LOST_SERIALS = 1000

-- Campaigns of the number that send, or would if nobody had stopped them.
local function note_open_batches()
  for _, id in ipairs(redis.call('ZRANGE', P .. 'campaigns', 0, -1)) do
    local open = redis.call('HKEYS', P .. 'campaign:' .. id .. ':open')
    if #open > 0 then redis.call('HSETNX', GUARD, 'open:' .. id, table.concat(open, ',')) end
  end
end

local function note_rollback(seen, known, beat_at)
  if redis.call('HSETNX', GUARD, 'noticedAt', WALL) == 1 then
    -- Ids that were given in what is lost are known outside: no other campaign may get them.
    local serial = redis.call('INCRBY', P .. 'serial', LOST_SERIALS)
    redis.call('HSET', GUARD, 'wentBackTo', beat_at, 'serial', serial)
    note_open_batches()
  end
  local f = redis.call('HMGET', GUARD, 'seen', 'lost')
  redis.call('HSET', GUARD, 'seen', math.max(num(f[1]), seen), 'lost', math.max(num(f[2]), seen - known))
end

-- `seen`: the highest beat the caller remembers. Compared with what Redis knows to have told this very
-- worker: others may have been granted more since Redis went back than is missing, and the beat
-- alone would not show it. A worker that is not known is compared with the beat. One that started with
-- another database (its pepper, hence its digests of people, differ) is granted nothing. Returns the beat now,
-- whether sending is stopped, and the beat that this worker is known to have been told.
local function check_beat(seen, worker)
  local f = redis.call('HMGET', GUARD, 'beat', 'at', 'noticedAt', 'told:' .. worker, 'database')
  local beat = num(f[1])
  local known = num(f[4], beat)
  if seen > known then note_rollback(seen, known, num(f[2], WALL)) end
  local stranger = f[5] and string.sub(worker, 1, #f[5]) ~= f[5]
  return beat, f[3] ~= false or seen > known or stranger, f[4] and known or 0
end

-- What a person said must not be forgotten unnoticed either: a cancel or an opt-out that is lost
-- would let messages out.
local function rise_for_a_person()
  redis.call('HINCRBY', GUARD, 'beat', 1)
  redis.call('HSET', GUARD, 'at', WALL)
end

-- Workers come and go. When too many are noted, the others are noted again as they next ask; until
-- then they are compared with the beat.
local WORKERS_MAX = 100
local function tell_beat(worker, ...)
  local told = 'told:' .. worker
  if redis.call('HSET', GUARD, told, ...) == 0 then return end
  if redis.call('HLEN', GUARD) <= WORKERS_MAX then return end
  for _, field in ipairs(redis.call('HKEYS', GUARD)) do
    if field ~= told and string.sub(field, 1, 5) == 'told:' then redis.call('HDEL', GUARD, field) end
  end
end

-- Returns what the worker is told: the new beat, or, when nothing was granted, what it knows.
local function rise(worker, known, beat, grants)
  if grants == 0 then return known end
  tell_beat(worker, beat + grants, 'beat', beat + grants, 'at', WALL)
  return beat + grants
end
