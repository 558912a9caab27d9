--- @include "pace"
-- Every worker reports the rate it is configured with. If they differ, the lowest one holds for all
-- of them (configured_rate in pace.lua). A worker that left stops counting after a while.
local REPORT_EVERY_MS = 5000

-- Reports the rate of `worker`, and drops what workers reported that are gone.
local function report_rate(worker, rate)
  local key, reports = P .. 'rates', redis.call('HGETALL', P .. 'rates')
  local lowest, highest, is_known = num(rate), num(rate), false
  for at = 1, #reports, 2 do
    local other, seen = string.match(reports[at + 1], '^(.-)|(.-)$')
    if reports[at] == worker then
      is_known = other == rate and num(seen) + REPORT_EVERY_MS > NOW
    elseif num(seen) + RATE_KEPT_MS < NOW then
      redis.call('HDEL', key, reports[at])
    else
      lowest, highest = math.min(lowest, num(other)), math.max(highest, num(other))
    end
  end
  if not is_known then redis.call('HSET', key, worker, rate .. '|' .. NOW) end
  local f = redis.call('HMGET', P .. 'pace', 'lowest', 'highest')
  if num(f[1]) == lowest and num(f[2]) == highest then return end
  redis.call('HSET', P .. 'pace', 'lowest', tostring(lowest), 'highest', tostring(highest))
  if lowest < highest then
    note_news(THE_NUMBER, 'rates_differ', tostring(lowest) .. ' ' .. tostring(highest))
  end
end

-- Once a backoff is over and the rate is back, the log is told.
local function note_recovery()
  local f = redis.call('HMGET', P .. 'pace', 'backedOff', 'hold', 'slow', 'slowAt', 'unreached')
  if not f[1] or f[5] or held_until(f[2]) > NOW or slowed(f[3], f[4]) < 1 then return end
  redis.call('HDEL', P .. 'pace', 'backedOff')
  note_news(THE_NUMBER, 'recovered', f[1])
end
