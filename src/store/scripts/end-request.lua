-- Notes the campaign that a request of the HTTP API has begun, or its answer, and ends its try.
--- @include "base"
-- Atomic because: a try that lost its lease to another must not replace what that one noted; nor
-- may it once the other has ended, so the first campaign that is noted stays.
-- KEYS: 1 slot key of the number
-- ARGV: request: digest of the client and its key · token: of the try · campaign: '' for none ·
--   answer: '' for none · ends: '1' when the try is over; without an answer it may be repeated
-- Returns: 1, or 0 if the request is not this try's, or has another campaign
-- Keys built: requests
local key = P .. 'requests:' .. ARG.request
local known = redis.call('HMGET', key, 'token', 'campaign')
if known[1] ~= ARG.token then return 0 end
if ARG.campaign ~= '' then
  if known[2] and known[2] ~= ARG.campaign then return 0 end
  redis.call('HSET', key, 'campaign', ARG.campaign)
end
if ARG.answer ~= '' then redis.call('HSET', key, 'answer', ARG.answer) end
if ARG.ends == '1' then redis.call('HDEL', key, 'token', 'until') end
return 1
