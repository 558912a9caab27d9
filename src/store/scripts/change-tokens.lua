-- Adds or removes a token of the HTTP API.
--- @include "base"
-- Atomic because: a name belongs to one token, and a token is found by its digest exactly while its
-- name is listed.
-- KEYS: 1 slot key of the number
-- ARGV: change: 'add' or 'remove' · name · digest: SHA-256 of the token, hex; '' to remove · role ·
--   numbers: names with commas, '*' for all ·
--   lasts_ms: 0 for a token that does not expire · tokens_max: how many there may be
-- Returns: 'added' (also for the same token once more), 'taken', 'full', 'removed' or 'none'
-- Keys built: tokens, tokens-by-digest, tokens-used
local known = redis.call('HGET', P .. 'tokens', ARG.name)
local digest = known and string.match(known, '[^|]*$')
if ARG.change == 'remove' then
  if not known then return ANSWER.none end
  redis.call('HDEL', P .. 'tokens', ARG.name)
  redis.call('HDEL', P .. 'tokens-by-digest', digest)
  redis.call('HDEL', P .. 'tokens-used', ARG.name)
  return ANSWER.removed
end
if known then return digest == ARG.digest and ANSWER.added or ANSWER.taken end
if redis.call('HLEN', P .. 'tokens') >= num(ARG.tokens_max) then return ANSWER.full end
local lasts = num(ARG.lasts_ms)
local expires = lasts > 0 and WALL + lasts or 0
-- An older process that knows no numbers reads neither more parts nor a role here: it refuses.
local limited = ARG.numbers ~= '*'
local parts = limited and { ARG.role .. '@', WALL, expires, ARG.numbers, ARG.digest }
  or { ARG.role, WALL, expires, ARG.digest }
local value = table.concat(parts, '|')
redis.call('HSET', P .. 'tokens', ARG.name, value)
redis.call('HSET', P .. 'tokens-by-digest', ARG.digest, ARG.name)
return ANSWER.added
