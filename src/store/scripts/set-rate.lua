-- Changes the rate of a number, or of one campaign, from now on.
--- @include "guard"
-- Atomic because: the rate and the end of a slow-down change together. Send times granted at the
-- old rate (up to 200 ms ahead) stay; the next free one is limited to the new rate (pace.lua).
-- KEYS: 1 slot key of the number
-- ARGV: campaign: or '' for the number · rate_per_second: or '' to remove the rate
-- Returns: done | no_campaign
-- Keys built: guard, pace, campaign:<id>
if ARG.rate_per_second ~= '' and num(ARG.rate_per_second) <= 0 then
  return redis.error_reply('ERR a rate must be above zero')
end
local key, field = P .. 'pace', 'rate'
if ARG.campaign ~= '' then
  if not open_campaign(ARG.campaign) then return ANSWER.no_campaign end
  key, field = P .. 'campaign:' .. ARG.campaign, 'ratePerSecond'
end
if ARG.rate_per_second == '' then
  redis.call('HDEL', key, field)
else
  redis.call('HSET', key, field, ARG.rate_per_second)
end
if ARG.campaign == '' then redis.call('HSET', key, 'slow', 1) end
count_act()
return ANSWER.done
