--- @include "pace"
-- Every worker reports the rate it is configured with. If they differ, the lowest one holds for all
-- of them (configured_rate in pace.lua). One whose number rests reports once a minute, because the
-- others send meanwhile. A worker that stops takes its report back; a killed one stops counting
-- after a while.
local REPORT_EVERY_MS = 5000

-- Reports the rate of `worker`, and what it counts: people of a portfolio, messages for frequency
-- caps (budget/claim-count.ts), '' nothing. Drops what workers reported that are gone. If one of
-- them counts, all others have to (claim.lua).
local function report_rate(worker, rate, portfolio)
  local key, reports = P .. 'rates', redis.call('HGETALL', P .. 'rates')
  local lowest, highest, counted_for, is_known = num(rate), num(rate), portfolio, false
  -- If this worker could not report for so long, Redis was away, and away for the others as well.
  local own = redis.call('HGET', key, worker)
  local is_new, differs = not own or string.match(own, '|.-|(.*)$') ~= portfolio, false
  local was_away = own and num(string.match(own, '|(.-)|')) + RATE_KEPT_MS < NOW
  for at = 1, #reports, 2 do
    local its_rate, seen, its_portfolio = string.match(reports[at + 1], '^(.-)|(.-)|(.*)$')
    if reports[at] == worker then
      is_known = its_rate == rate and its_portfolio == portfolio
        and num(seen) + REPORT_EVERY_MS > NOW
    elseif num(seen) + RATE_KEPT_MS < NOW and not was_away then
      redis.call('HDEL', key, reports[at])
    else
      if was_away then
        redis.call('HSET', key, reports[at], its_rate .. '|' .. NOW .. '|' .. its_portfolio)
      end
      lowest, highest = math.min(lowest, num(its_rate)), math.max(highest, num(its_rate))
      if its_portfolio > counted_for then counted_for = its_portfolio end
      differs = differs or its_portfolio ~= portfolio
    end
  end
  if not is_known then redis.call('HSET', key, worker, rate .. '|' .. NOW .. '|' .. portfolio) end
  local f = redis.call('HMGET', P .. 'pace', 'lowest', 'highest', 'portfolio')
  if (f[3] or '') ~= counted_for then redis.call('HSET', P .. 'pace', 'portfolio', counted_for) end
  if is_new and differs then note_news(THE_NUMBER, NEWS.budget_differs, counted_for) end
  if num(f[1]) == lowest and num(f[2]) == highest then return end
  redis.call('HSET', P .. 'pace', 'lowest', tostring(lowest), 'highest', tostring(highest))
  if lowest < highest then
    note_news(THE_NUMBER, NEWS.rates_differ, tostring(lowest) .. ' ' .. tostring(highest))
  end
end

-- Once a backoff is over and the rate is back, the log is told.
local function note_recovery()
  local f = redis.call('HMGET', P .. 'pace', 'backedOff', 'hold', 'slow', 'slowAt', 'unreached')
  if not f[1] or f[5] or held_until(f[2]) > NOW or slowed(f[3], f[4]) < 1 then return end
  redis.call('HDEL', P .. 'pace', 'backedOff')
  note_news(THE_NUMBER, NEWS.recovered, f[1])
end
