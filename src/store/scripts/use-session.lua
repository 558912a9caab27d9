-- Finds a session of the dashboard, and notes its use, at most once a minute.
--- @include "base"
-- Atomic because: what a user may do is read together with the session, so that a change of the
-- user holds from the next request on.
-- KEYS: 1 slot key of the number
-- ARGV: digest: SHA-256 of the session's secret, hex · password_mark: of a session that began with
--   the dashboard's password · sso_mark: of one that began at the provider · idle_ms · lasts_ms
-- Returns: {who, role, numbers: names with commas, '*' for all}; {} if there is none, or if it is
--   over
-- Keys built: sessions, users, users-used
local USED_EVERY_MS = MINUTE_MS
local key = P .. 'sessions'
local value = redis.call('HGET', key, ARG.digest)
if not value then return {} end
local role, numbers, mark, created, used, from, who =
  string.match(value, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
local name, is_over = string.match(who or '', '^user:(.*)$'), not who
if not is_over then
  is_over = num(used) + num(ARG.idle_ms) < WALL or num(created) + num(ARG.lasts_ms) < WALL
end
if not is_over and name then
  local user = redis.call('HGET', P .. 'users', name)
  local its_role, its_numbers, off, its_mark =
    string.match(user or '', '^([^|]*)|([^|]*)|[^|]*|([^|]*)|([^|]*)|')
  is_over = off ~= '0' or its_mark ~= mark
  role, numbers = its_role, its_numbers
elseif not is_over and mark ~= (who == 'password' and ARG.password_mark or ARG.sso_mark) then
  -- It stays: while a new configuration is rolled out, another process still accepts it.
  return {}
end
-- A Redis that takes no writes still lets people read.
if is_over then
  redis.pcall('HDEL', key, ARG.digest)
  return {}
end
if math.abs(WALL - num(used)) >= USED_EVERY_MS then
  redis.pcall('HSET', key, ARG.digest,
    table.concat({ role, numbers, mark, created, WALL, from, who }, '|'))
  if name then redis.pcall('HSET', P .. 'users-used', name, WALL) end
end
return { who, role, numbers }
