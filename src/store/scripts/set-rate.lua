-- Changes the rate of a number, or of one campaign, from now on.
--- @include "guard"
-- Atomic because: the rate and the end of a slow-down change together. Send times granted at the
-- old rate (up to 200 ms ahead) stay; the next free one is limited to the new rate (pace.lua).
-- KEYS: 1 slot key of the number
-- ARGV: campaign: or '' for the number · rate_per_second: or '' to remove the rate · ramp: of the
--   campaign from now on (core/ramp.ts), '' for none
-- Returns: done | no_campaign | closed: it sends nothing more
-- Keys built: guard, pace, campaign:<id>
if ARG.rate_per_second ~= '' and num(ARG.rate_per_second) <= 0 then
  return redis.error_reply('ERR a rate must be above zero')
end
local function put(key, field, value)
  if value == '' then redis.call('HDEL', key, field) else redis.call('HSET', key, field, value) end
end
if ARG.campaign == '' then
  put(P .. 'pace', 'rate', ARG.rate_per_second)
  redis.call('HSET', P .. 'pace', 'slow', 1)
else
  local c = open_campaign(ARG.campaign)
  if not c then return ANSWER.no_campaign end
  if c.closed ~= '' then return ANSWER.closed end
  put(c.key, 'ratePerSecond', ARG.rate_per_second)
  put(c.key, 'ramp', ARG.ramp)
end
count_act()
return ANSWER.done
