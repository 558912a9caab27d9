-- Begins a session of the dashboard, and ends the one that the browser had before.
--- @include "base"
-- Atomic because: the limits hold for sign-ins at the same moment; a user that was changed after
-- the password was compared gets no session; and an answer of a provider signs in once.
-- KEYS: 1 slot key of the number
-- ARGV: digest: SHA-256 of the session's secret, hex · before: digest of the browser's earlier
--   session, '' none · role · numbers: names with commas, '*' for all · mark: of what the session
--   rests on · from: address · who · name: of the user, '' for another way in · once: digest of
--   what may be used once, '' none · once_ms: for how long that is remembered · idle_ms ·
--   lasts_ms · each_max: sessions of one person · sessions_max: of all
-- Returns: 'begun', 'used' (once), or 'changed': the user is not what it was
-- Keys built: sessions, users, users-used, sign-ins
local key = P .. 'sessions'
if ARG.name ~= '' then
  local user = redis.call('HGET', P .. 'users', ARG.name)
  local off, mark = string.match(user or '', '^[^|]*|[^|]*|[^|]*|([^|]*)|([^|]*)|')
  if off ~= '0' or mark ~= ARG.mark then return ANSWER.changed end
end
if ARG.once ~= '' then
  local used = P .. 'sign-ins:' .. ARG.once
  local by = redis.call('GET', used)
  if by and by ~= ARG.digest then return ANSWER.used end
  redis.call('SET', used, ARG.digest, 'PX', ARG.once_ms)
end
if ARG.before ~= '' then redis.call('HDEL', key, ARG.before) end
-- Those that are over go, and of too many the ones that were used longest ago.
local all, own = {}, {}
local stored = redis.call('HGETALL', key)
for at = 1, #stored, 2 do
  local created, used, who =
    string.match(stored[at + 1], '^[^|]*|[^|]*|[^|]*|([^|]*)|([^|]*)|[^|]*|(.*)$')
  if not who or num(used) + num(ARG.idle_ms) < WALL or num(created) + num(ARG.lasts_ms) < WALL then
    redis.call('HDEL', key, stored[at])
  else
    local one = { digest = stored[at], used = num(used) }
    all[#all + 1] = one
    if who == ARG.who then own[#own + 1] = one end
  end
end
local function make_room(list, most)
  table.sort(list, function(a, b) return a.used < b.used end)
  for at = 1, #list - most + 1 do redis.call('HDEL', key, list[at].digest) end
end
make_room(own, num(ARG.each_max))
make_room(all, num(ARG.sessions_max))
redis.call('HSET', key, ARG.digest,
  table.concat({ ARG.role, ARG.numbers, ARG.mark, WALL, WALL, ARG.from, ARG.who }, '|'))
if ARG.name ~= '' then redis.call('HSET', P .. 'users-used', ARG.name, WALL) end
return ANSWER.begun
