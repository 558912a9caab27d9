-- Finds a token of the HTTP API by its digest, and notes its use, at most once a minute.
--- @include "base"
-- Atomic because: a token that is removed meanwhile leaves no time of its last use behind.
-- KEYS: 1 slot key of the number
-- ARGV: digest: SHA-256 of the token, hex
-- Returns: {name, role, numbers: names with commas, '*' for all}; {} if there is none, or if it has
--   expired
-- Keys built: tokens, tokens-by-digest, tokens-used
local USED_EVERY_MS = MINUTE_MS
local name = redis.call('HGET', P .. 'tokens-by-digest', ARG.digest)
local value = name and redis.call('HGET', P .. 'tokens', name)
if not value then return {} end
local role, expires, rest = string.match(value, '^([^|]*)|[^|]*|([^|]*)|(.*)$')
if num(expires) > 0 and num(expires) <= WALL then return {} end
local used = num(redis.call('HGET', P .. 'tokens-used', name))
-- A Redis that takes no writes still lets people read.
if math.abs(WALL - used) >= USED_EVERY_MS then
  redis.pcall('HSET', P .. 'tokens-used', name, WALL)
end
local numbers = string.match(rest, '^(.*)|') or '*'
return { name, (string.gsub(role, '@$', '')), numbers }
