--- @include "base"
-- The claim counter: notices a Redis that holds less than it once confirmed (a restored backup, a
-- failover to a replica that lags, a cut file). What that means is in ARCHITECTURE.md, "Redis went
-- back in time".
--
-- `count` is raised by every claim, by as many messages as it grants, and by one for every change
-- that people make; it never falls. Each process remembers its last reading, "count at acts serial":
-- at is the time of NOW at which Redis told it, acts the changes by people, serial that of the newest
-- campaign. It brings the reading along; a higher count than Redis has means that claims are missing
-- here whose messages are sent, and whose rows read as pending. Then the number stops until a person
-- accepts it (accept-rollback).
--
-- A process that remembers nothing cannot see that. So after each start of Redis, known by its run
-- id, nothing is granted until a worker that remembers the last claim has spoken, and until the
-- others had time to (`settle`): one of them may remember more. When none comes, a person is asked.
local GUARD = P .. 'guard'
local TOLD = P .. 'told'

-- A reading may be so much older than the last claim and still speak for it: a worker that was killed,
-- or whose machine lost power, may have missed the last of what was granted.
local VOUCH_MS = 15000

-- '' where a service hides it: then a start is not seen.
local function run_id()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
end

-- nil: the caller remembers nothing.
local function parse_reading(text)
  local count, at, acts, serial = string.match(text, '^(%d+) (%d+) (%d+) (%d+)$')
  return count and { count = num(count), at = num(at), acts = num(acts), serial = num(serial) }
end

local function reading(count, acts)
  local serial = num(redis.call('GET', P .. 'serial'))
  return string.format('%.0f %.0f %.0f %.0f', count, NOW, acts, serial)
end

-- Ids that were given in what is lost are known outside, so no other campaign may get them: the next
-- serial is higher by 1,000, and by one for every minute since Redis last knew of anything. What is
-- imported from here on was not sent in what is lost.
local SERIALS_RESERVED = 1000
local function reserve_serials()
  if redis.call('HSETNX', GUARD, 'reserved', 1) == 0 then return end
  local before = num(redis.call('GET', P .. 'serial'))
  redis.call('HSETNX', GUARD, 'serial', before)
  local idle_minutes = math.max(0, WALL - num(redis.call('HGET', GUARD, 'at'), WALL)) / 60000
  redis.call('SET', P .. 'serial', string.format('%.0f', before + SERIALS_RESERVED + math.floor(idle_minutes)))
end

-- Batches that were open may have been sent from; closing them would lose the trace.
local function note_open_batches()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'by-end', '+inf', '+inf')) do
    local open = redis.call('HKEYS', P .. 'campaign:' .. id .. ':open')
    if #open > 0 then redis.call('HSETNX', GUARD, 'open:' .. id, table.concat(open, ',')) end
  end
end

-- Stops the number until a person decides.
local function stop_number()
  if redis.call('HSETNX', GUARD, 'noticedAt', WALL) == 0 then return end
  redis.call('HSET', GUARD, 'wentBackTo', redis.call('HGET', GUARD, 'at') or WALL)
  reserve_serials()
  note_open_batches()
end

-- Somebody remembers more than Redis has. `seen`: its reading; `known`: what Redis had told it.
local function note_rollback(seen, known)
  stop_number()
  local f = redis.call('HMGET', GUARD, 'seen', 'lost', 'lostActs', 'lastSerial', 'acts')
  redis.call('HDEL', GUARD, 'unconfirmed')
  redis.call('HSET', GUARD, 'seen', math.max(num(f[1]), seen.count),
    'lost', math.max(num(f[2]), seen.count - known),
    'lostActs', math.max(num(f[3]), seen.acts - num(f[5])),
    'lastSerial', math.max(num(f[4]), seen.serial))
end

-- All is well with this run of Redis: the question, if it was asked, is answered.
local function confirm_run(run)
  redis.call('HSET', GUARD, 'run', run)
  -- `serial` too, which an import reserves: kept, it would take lists that are imported from here on
  -- for ones that nothing was sent of, when Redis goes back one day.
  redis.call('HDEL', GUARD, 'newRun', 'newRunAt', 'vouched', 'reserved', 'serial')
  if redis.call('HDEL', GUARD, 'unconfirmed') == 0 then return end
  redis.call('HDEL', GUARD, 'noticedAt', 'wentBackTo')
  for _, field in ipairs(redis.call('HKEYS', GUARD)) do
    if string.sub(field, 1, 5) == 'open:' then redis.call('HDEL', GUARD, field) end
  end
end

-- Redis was started since somebody last spoke for it. Returns nil once somebody does; until then why
-- nothing is granted, and for how long (ms) at least.
local function judge_start(run, seen, claimed_at, settle_ms, role)
  local f = redis.call('HMGET', GUARD, 'newRun', 'newRunAt', 'vouched', 'unconfirmed')
  if f[1] ~= run then
    redis.call('HSET', GUARD, 'newRun', run, 'newRunAt', NOW)
    redis.call('HDEL', GUARD, 'vouched', 'reserved')
    f = { run, NOW, false, f[4] }
  end
  local vouches = seen and seen.at + VOUCH_MS >= claimed_at
  if vouches and not f[3] then redis.call('HSET', GUARD, 'vouched', 1) end
  local wait = num(f[2]) + settle_ms - NOW
  if wait > 0 then return GATE.settling, wait end
  if vouches or f[3] then
    confirm_run(run)
    return nil
  end
  if role == 'worker' then
    redis.call('HSET', GUARD, 'unconfirmed', 1)
    stop_number()
  end
  return GATE.rollback, 0
end

-- Looks at the caller's reading ('' none), by the name `worker`. Its count is compared with what Redis
-- knows to have told this very worker: others may have been granted more since Redis went back
-- than is missing, and the counter alone would not show it. A worker that is not known is compared
-- with the counter. One that started with another database (its pepper, hence its digests of people,
-- differ) is granted nothing. Returns the counter; `stopped`: nil, or the gate: rollback or settling.
local function check_guard(text, worker, settle_ms, role)
  local seen = parse_reading(text)
  local f = redis.call('HMGET', GUARD, 'count', 'acts', 'claimedAt', 'noticedAt', 'unconfirmed',
    'database', 'run')
  local g = { count = num(f[1]), acts = num(f[2]) }
  local told = redis.call('ZSCORE', TOLD, worker)
  g.is_told = told and num(told) == g.count
  local known = math.min(num(told, g.count), g.count)
  if seen and seen.count > known then
    note_rollback(seen, known)
    g.stopped, g.wait = GATE.rollback, 0
  elseif f[4] and not f[5] or f[6] and string.sub(worker, 1, #f[6]) ~= f[6] then
    g.stopped, g.wait = GATE.rollback, 0
  else
    local run = run_id()
    -- A number of which Redis knows nothing at all has nothing to lose.
    if g.count == 0 and f[7] ~= run then confirm_run(run)
    elseif f[7] ~= run then g.stopped, g.wait = judge_start(run, seen, num(f[3]), settle_ms, role) end
  end
  return g
end

-- Whether what Redis says of messages may be acted on without a worker's reading at hand.
local function guard_is_open()
  local f = redis.call('HMGET', GUARD, 'noticedAt', 'run', 'count')
  return not f[1] and (f[2] == run_id() or num(f[3]) == 0)
end

-- What people changed must not be forgotten unnoticed either: a cancel or an opt-out that is lost would
-- let messages out, a list or a retry would be asked for twice.
local function count_act()
  if redis.call('HINCRBY', GUARD, 'count', 1) == 1 then redis.call('HSET', GUARD, 'run', run_id()) end
  redis.call('HINCRBY', GUARD, 'acts', 1)
  redis.call('HSET', GUARD, 'at', WALL)
end

-- Notes what this worker is told. Workers come and go; those that have asked for nothing for longest
-- have the lowest counts, and are forgotten first: they are compared with the counter then.
local WORKERS_MAX = 2000
local function note_told(worker, count)
  if redis.call('ZADD', TOLD, count, worker) == 0 then return end
  local over = redis.call('ZCARD', TOLD) - WORKERS_MAX
  if over > 0 then redis.call('ZREMRANGEBYRANK', TOLD, 0, over - 1) end
end

-- Counts granted claims; returns the worker's new reading, '' when nothing was granted.
local function count_claims(g, worker, grants)
  if grants == 0 then return '' end
  local count = g.count + grants
  redis.call('HSET', GUARD, 'count', count, 'at', WALL, 'claimedAt', NOW)
  note_told(worker, count)
  return reading(count, g.acts)
end
