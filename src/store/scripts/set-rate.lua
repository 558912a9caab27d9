-- Changes the rate of a number, or of one campaign, from now on.
--- @include "base"
--- @include "guard"
-- Atomic because: the rate and the end of a slow-down change together. Slots granted at the old rate
-- (up to 200 ms ahead) stay; the next free one is cut to what the new rate allows (pace.lua).
-- KEYS: 1 slot key of the number
-- ARGV: 1 campaign, or '' for the number  2 messages a second, or '' to take the rate back
-- Returns: 1 done, -1 no such campaign
-- Keys built: guard, pace, campaign:<id>
if ARGV[2] ~= '' and num(ARGV[2]) <= 0 then return redis.error_reply('ERR a rate is above zero') end
local key, field = P .. 'pace', 'rate'
if ARGV[1] ~= '' then
  if not open_campaign(ARGV[1]) then return -1 end
  key, field = P .. 'campaign:' .. ARGV[1], 'ratePerSecond'
end
if ARGV[2] == '' then redis.call('HDEL', key, field) else redis.call('HSET', key, field, ARGV[2]) end
if ARGV[1] == '' then redis.call('HSET', key, 'slow', 1) end
count_act()
return 1
