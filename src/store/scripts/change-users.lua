-- Adds, changes or removes a user of the dashboard.
--- @include "base"
-- Atomic because: a change of role, password or numbers takes a new mark in the same step, so that
-- no session of before it is accepted after it.
-- KEYS: 1 slot key of the number
-- ARGV: change: 'add', 'password', 'access' (role and numbers), 'disable', 'enable' or 'remove' ·
--   name · role · numbers: names with commas, '*' for all · hash: of the password · mark: of this
--   change, which ends older sessions · users_max: how many there may be
-- Returns: 'added' (also for the same change once more), 'taken', 'full', 'changed', 'removed' or
--   'none'
-- Keys built: users, users-used
local key = P .. 'users'
local known = redis.call('HGET', key, ARG.name)
if ARG.change == 'remove' then
  if not known then return ANSWER.none end
  redis.call('HDEL', key, ARG.name)
  redis.call('HDEL', P .. 'users-used', ARG.name)
  return ANSWER.removed
end
local role, numbers, created, off, mark, hash =
  string.match(known or '', '^([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
if ARG.change == 'add' then
  if known then return mark == ARG.mark and ANSWER.added or ANSWER.taken end
  if redis.call('HLEN', key) >= num(ARG.users_max) then return ANSWER.full end
  role, numbers, created, off, hash = ARG.role, ARG.numbers, WALL, '0', ARG.hash
elseif not known then
  return ANSWER.none
elseif ARG.change == 'password' then
  hash = ARG.hash
elseif ARG.change == 'access' then
  role, numbers = ARG.role, ARG.numbers
else
  off = ARG.change == 'disable' and '1' or '0'
end
redis.call('HSET', key, ARG.name,
  table.concat({ role, numbers, created, off, ARG.mark, hash }, '|'))
return ARG.change == 'add' and ANSWER.added or ANSWER.changed
