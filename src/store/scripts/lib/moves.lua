--- @include "base"
--- @include "trial"
-- The end of a script that moved rows.

-- Writes the noted moves (counters, error counts, timeline), then updates the status and trials.
local function write_moves(c)
  local live, moved = false, false
  for state, n in pairs(c.count) do
    if n ~= 0 then
      redis.call('HINCRBY', c.key .. ':counts', state, n)
      moved = true
    end
    if state == STATE.pending or state == STATE.sending then live = true end
  end
  -- A recount is valid only if nothing moved meanwhile.
  if moved then redis.call('HINCRBY', c.key, 'moves', 1) end
  local minute = math.floor(WALL / 60000)
  for state, n in pairs(c.entered) do
    if state ~= STATE.sending and state ~= STATE.pending then
      redis.call('HINCRBY', c.key .. ':timeline', minute .. ':' .. state, n)
    end
  end
  for code, n in pairs(c.errors) do
    if redis.call('HINCRBY', c.key .. ':errors', code, n) <= 0 then
      redis.call('HDEL', c.key .. ':errors', code)
    end
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
