--- @include "base"
-- The claim counter detects that Redis holds less than it once confirmed (a restored backup, a
-- failover to a replica that lags, a truncated file). ARCHITECTURE.md, "Redis went back in time",
-- describes the consequences.
--
-- `count` only increases: by the number of messages each claim grants, and by one for each change
-- that a person makes. Each process remembers its last reading, "count at acts serial": `at` is the
-- time (NOW) at which it received it, `acts` the changes by people, `serial` that of the newest
-- campaign. It sends the reading with each claim. If its count is higher than the one in Redis,
-- claims are missing: their messages were sent, but their rows read as pending. The number then
-- stops until a person accepts the rollback (accept-rollback):
--   t0  worker A is granted messages and remembers count 120
--   t1  Redis is restored from a backup with count 90
--   t2  A claims with 120: 30 claims are missing, the number stops
--
-- A process that remembers nothing cannot detect this. So after each start of Redis, known by its
-- run id, nothing is granted until a worker that remembers the last claim has reported its reading,
-- and the others have had time (`settle`) to report theirs: one of them may remember more. If no
-- worker remembers it, a person is asked.
local GUARD = P .. 'guard'
local TOLD = P .. 'told'

-- A reading that is older than the last claim by no more than this still confirms a start: a worker
-- that was killed, or whose machine lost power, may not have stored its last reading.
local VOUCH_MS = 15000

-- '' if the service hides it: then a start is not detected.
local function run_id()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
end

-- nil if the caller remembers nothing.
local function parse_reading(text)
  local count, at, acts, serial = string.match(text, '^(%d+) (%d+) (%d+) (%d+)$')
  return count and { count = num(count), at = num(at), acts = num(acts), serial = num(serial) }
end

local function reading(count, acts)
  local serial = num(redis.call('GET', P .. 'serial'))
  return string.format('%.0f %.0f %.0f %.0f', count, NOW, acts, serial)
end

-- Campaign ids given out in the lost time are known outside Redis and must not be given again: the
-- next serial is higher by 1,000, plus one for every minute since the last change that Redis knows
-- of. Lists imported from now on were not sent in the lost time.
local SERIALS_RESERVED = 1000
local function reserve_serials()
  if redis.call('HSETNX', GUARD, 'reserved', 1) == 0 then return end
  local before = num(redis.call('GET', P .. 'serial'))
  redis.call('HSETNX', GUARD, 'serial', before)
  local idle_minutes = math.max(0, WALL - num(redis.call('HGET', GUARD, 'at'), WALL)) / MINUTE_MS
  local after = before + SERIALS_RESERVED + math.floor(idle_minutes)
  redis.call('SET', P .. 'serial', string.format('%.0f', after))
end

-- Messages of open batches may have been sent; once a batch is closed, that is no longer known.
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

-- Claims and changes by people that a reading has and Redis lacks. Each kind is compared with its
-- own: else changes made since the loss would make up for lost claims.
local function missing_of(seen, g)
  local claims = (seen.count - seen.acts) - (g.count - g.acts)
  return math.max(0, claims), math.max(0, seen.acts - g.acts)
end

-- A process remembers more than Redis has: `seen` is its reading, `lost` are the claims and changes
-- that are missing, `lost_acts` the changes by people among them.
local function note_rollback(seen, lost, lost_acts)
  stop_number()
  local f = redis.call('HMGET', GUARD, 'seen', 'lost', 'lostActs', 'lastSerial')
  redis.call('HDEL', GUARD, 'unconfirmed', 'restored')
  redis.call('HSET', GUARD, 'seen', math.max(num(f[1]), seen.count),
    'lost', math.max(num(f[2]), lost), 'lostActs', math.max(num(f[3]), lost_acts),
    'lastSerial', math.max(num(f[4]), seen.serial))
end

-- This run of Redis is complete: withdraws the question to the person, if one was asked.
local function confirm_run(run)
  redis.call('HSET', GUARD, 'run', run)
  -- Drop `serial` too, which an import may have reserved: after a later rollback it would make
  -- lists imported from now on count as lists of which nothing was sent.
  redis.call('HDEL', GUARD, 'newRun', 'newRunAt', 'vouched', 'reserved', 'serial')
  if redis.call('HDEL', GUARD, 'unconfirmed', 'restored') == 0 then return end
  redis.call('HDEL', GUARD, 'noticedAt', 'wentBackTo')
  for _, field in ipairs(redis.call('HKEYS', GUARD)) do
    if string.find(field, 'open:', 1, true) == 1 then redis.call('HDEL', GUARD, field) end
  end
end

-- Redis was restarted, and no worker has confirmed this run. Returns nil once one has; until then
-- the gate that stops claims, and the shortest wait (ms).
local function check_start(run, seen, claimed_at, settle_ms, role)
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

-- Checks the reading ('' none) of the caller named `worker`. Its count is compared with the value
-- stored for this worker, not with the global counter: since a rollback, other workers may have
-- advanced that past the loss. An unknown worker (one that was restarted) is compared with the
-- global counter, claims and changes by people each with their own:
--   t0  a worker remembers 6 claims; Redis goes back to 3
--   t1  people enter 3 opt-outs: count is 6 again
--   t2  the worker reports 6 claims, Redis has 3: claims are missing
-- A worker that started with a different database gets nothing (its pepper, and so its digests of
-- people, differ). Returns the counter, with `stopped` set to the gate `rollback` or `settling` if
-- claims are stopped.
local function check_guard(text, worker, settle_ms, role)
  local seen = parse_reading(text)
  local f = redis.call('HMGET', GUARD, 'count', 'acts', 'claimedAt', 'noticedAt', 'unconfirmed',
    'database', 'run')
  local g = { count = num(f[1]), acts = num(f[2]) }
  local stored = redis.call('ZSCORE', TOLD, worker)
  g.is_stored = stored and num(stored) == g.count
  local known = math.min(num(stored, g.count), g.count)
  local claims, acts = 0, 0
  if seen then claims, acts = missing_of(seen, g) end
  if seen and (seen.count > known or claims + acts > 0) then
    note_rollback(seen, math.max(seen.count - known, claims + acts), acts)
    g.stopped, g.wait = GATE.rollback, 0
  elseif f[4] and not f[5] or f[6] and string.sub(worker, 1, #f[6]) ~= f[6] then
    g.stopped, g.wait = GATE.rollback, 0
  else
    local run = run_id()
    -- A number without any claim or change has nothing to lose.
    if g.count == 0 and f[7] ~= run then confirm_run(run)
    elseif f[7] ~= run then
      g.stopped, g.wait = check_start(run, seen, num(f[3]), settle_ms, role)
    end
  end
  return g
end

-- Whether the ledger can be trusted without a worker's reading. Until then no message is sent
-- again: who accepts the rollback would take it for pending only since it was noticed.
local function guard_is_open()
  local f = redis.call('HMGET', GUARD, 'noticedAt', 'run', 'count')
  return not f[1] and (f[2] == run_id() or num(f[3]) == 0)
end

-- A lost change by a person must be noticed too: without a lost cancel or opt-out messages would be
-- sent, and a lost import or retry would be asked for twice.
local function count_act()
  if redis.call('HINCRBY', GUARD, 'count', 1) == 1 then
    redis.call('HSET', GUARD, 'run', run_id())
  end
  redis.call('HINCRBY', GUARD, 'acts', 1)
  redis.call('HSET', GUARD, 'at', WALL)
end

-- Stores the last count sent to this worker. The workers that have been silent longest have the
-- lowest counts and are dropped first; they are then compared with the global counter.
local WORKERS_MAX = 2000
local function store_count(worker, count)
  if redis.call('ZADD', TOLD, count, worker) == 0 then return end
  local over = redis.call('ZCARD', TOLD) - WORKERS_MAX
  if over > 0 then redis.call('ZREMRANGEBYRANK', TOLD, 0, over - 1) end
end

-- The new reading of this worker, which is stored as sent to it.
local function new_reading_of(worker, count, acts)
  store_count(worker, count)
  return reading(count, acts)
end

-- Counts granted claims. Returns the worker's new reading, '' if nothing was granted.
local function count_claims(g, worker, grants)
  if grants == 0 then return '' end
  local count = g.count + grants
  redis.call('HSET', GUARD, 'count', count, 'at', WALL, 'claimedAt', NOW)
  return new_reading_of(worker, count, g.acts)
end
