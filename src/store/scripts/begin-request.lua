-- Begins a request of the HTTP API that has an Idempotency-Key, or finds what is known of it.
--- @include "base"
-- Atomic because: of two requests with one key at once, one acts and the other learns of it.
-- KEYS: 1 slot key of the number
-- ARGV: request: digest of the client and its key · body: digest of what was asked · token: names
--   the process and this try · lease_ms: how long it acts without a sign · kept_ms: how long the
--   answer is kept
-- Returns: {begun, campaign that an earlier try began, ''} · {answered, answer} · {busy, ms} while
--   another try acts · {other, ''} if the key was used for another request
-- Keys built: requests
local key = P .. 'requests:' .. ARG.request
local known = redis.call('HMGET', key, 'body', 'token', 'until', 'answer', 'campaign')
if known[1] and known[1] ~= ARG.body then return { ANSWER.other, '' } end
if known[4] then return { ANSWER.answered, known[4] } end
local lease, left = num(ARG.lease_ms), num(known[3]) - WALL
-- Redis TIME may have stepped back: a lease longer than one is ignored.
if known[2] and known[2] ~= ARG.token and left > 0 and left <= lease then
  return { ANSWER.busy, left }
end
redis.call('HSET', key, 'body', ARG.body, 'token', ARG.token, 'until', WALL + lease)
if not known[1] then redis.call('PEXPIRE', key, ARG.kept_ms) end
return { ANSWER.begun, known[5] or '' }
