-- Takes lines for the workers' log: each line for one worker, and a limited number a minute.
--- @include "base"
-- Atomic because: the worker that takes a line logs it, so no two workers do. If it dies before it
-- has written, these lines are lost; the campaigns still have the same facts.
-- KEYS: 1 slot key of the number
-- ARGV: taken_max: lines · lines_max: in a minute, over all workers; further ones are only counted
--   · minute_ms: how long a minute lasts
-- Returns: {1 if a minute begins with this call and the progress is due, else 0, running campaigns,
--   counts of the lines not logged in the last minute (`started 12 finished 7`), then the lines:
--   `campaign|what|when, ms|detail`}
-- Keys built: clock, news, news-minute, running
local key = P .. 'news-minute'
local minute = redis.call('HMGET', key, 'until', 'lines')
local lines, is_new, untold = num(minute[2]), num(minute[1]) <= NOW, {}
local running = redis.call('ZCARD', P .. 'running')
if is_new then
  local before = redis.call('HGETALL', key)
  for at = 1, #before, 2 do
    if before[at] ~= 'until' and before[at] ~= 'lines' then
      untold[#untold + 1] = before[at] .. ' ' .. before[at + 1]
    end
  end
  table.sort(untold)
  redis.call('DEL', key)
  redis.call('HSET', key, 'until', NOW + num(ARG.minute_ms))
  lines = 0
end
local answer = { is_new and 1 or 0, running, table.concat(untold, ' ') }
local HEAD = #answer
for _, line in ipairs(redis.call('LPOP', P .. 'news', num(ARG.taken_max)) or {}) do
  local what = string.match(line, '^.-|(.-)|')
  -- Suspensions of the number are always logged.
  if lines < num(ARG.lines_max) or what == NEWS.suspended or what == NEWS.released then
    lines = lines + 1
    answer[#answer + 1] = line
  else
    redis.call('HINCRBY', key, what, 1)
  end
end
if #answer > HEAD then redis.call('HSET', key, 'lines', lines) end
return answer
