--- @include "base"
--- @include "trial"
-- The end of a script that moved rows.

-- When a cause of failures was first and last seen, while any row failed with it.
local function note_seen(c, code, n, left)
  local key, first, last = c.key .. ':seen', 'first ' .. code, 'last ' .. code
  if left <= 0 then redis.call('HDEL', key, first, last) end
  if left <= 0 or n <= 0 then return end
  redis.call('HSETNX', key, first, WALL)
  redis.call('HSET', key, last, WALL)
end

-- The timeline has minutes; of rows that move a day after the start steps of ten minutes, and after
-- a week hours, since people read messages for weeks.
local DAY_MIN, WEEK_MIN, DAY_STEP_MIN, WEEK_STEP_MIN = 1440, 10080, 10, 60
local function timeline_minute(c)
  local minute = math.floor(WALL / MINUTE_MS)
  local age = minute - math.floor(c.started_at / MINUTE_MS)
  local step = age < DAY_MIN and 1 or age < WEEK_MIN and DAY_STEP_MIN or WEEK_STEP_MIN
  return minute - minute % step
end

-- Writes the noted moves (counters, error counts, timeline), then updates the status and trials.
local function write_moves(c)
  local live, moved = false, false
  for state, n in pairs(c.count) do
    if n ~= 0 or c.steps then
      redis.call('HINCRBY', c.key .. ':counts', state, n)
      moved = true
    end
    if state == STATE.pending or state == STATE.sending then live = true end
  end
  -- A recount is valid only if nothing moved meanwhile. `steps`: moves that are written together.
  if moved then redis.call('HINCRBY', c.key, 'moves', c.steps or 1) end
  c.steps = nil
  local minute = timeline_minute(c)
  for state, n in pairs(c.entered) do
    if state ~= STATE.sending and state ~= STATE.pending then
      redis.call('HINCRBY', c.key .. ':timeline', minute .. ':' .. state, n)
    end
  end
  for code, n in pairs(c.errors) do
    local left = redis.call('HINCRBY', c.key .. ':errors', code, n)
    if left <= 0 then redis.call('HDEL', c.key .. ':errors', code) end
    note_seen(c, code, n, left)
  end
  for price, n in pairs(c.priced) do redis.call('HINCRBY', c.key .. ':pricing', price, n) end
  if c.attempts > 0 then redis.call('HINCRBY', c.key, 'attempts', c.attempts) end
  c.count, c.entered, c.errors, c.priced, c.attempts = {}, {}, {}, {}, 0
  if live then settle_status(c) end
  settle_trials(c)
end

-- Libraries that buffer writes add a function that writes their buffer.
local kept_back = {}
local function write_back()
  for _, write in ipairs(kept_back) do write() end
end

-- A script that moved rows of a campaign ends with `commit`. One that moved none but uses a library
-- that buffers writes ends with `write_back`.
local function commit(c)
  write_back()
  write_moves(c)
end
