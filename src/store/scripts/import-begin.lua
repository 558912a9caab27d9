-- Opens an import: a new campaign, or the same one again if its importer died.
--- @include "guard"
--- @include "test-message"
-- Atomic because: two importers of the same bytes must end up with one campaign and one token. The
-- token fences every chunk: a frozen importer that wakes up after another took over is refused.
-- KEYS: 1 slot key of the number
-- ARGV: digest: of number, name and bytes · token · lease_ms · again: '1' to import known bytes
--   again, 'own' to refill only the campaign that is being imported under this token · fresh:
--   'refuse' to begin none and only resume an interrupted one · reading: this process's of the
--   claim counter, '' none · process: a name for this process · settle_ms: how long workers have to
--   report after a start of Redis · test_ms: for how long a test message may be sent, 0 for a
--   campaign; then for each: field: of the campaign hash · value
-- Returns: {begun|restarted|busy, campaign}, or {none, ''} if `fresh` prevented a new one · {known,
--   campaign, how many of its rows were tried before it was cancelled, -1 if it was not} · {lost,
--   ''} for 'own': another importer took over, or it was cancelled
-- Keys built: endings, by-end, with-rows, clock, guard, told, imports, serial, campaigns,
--   campaign:<id> and its :counts :ready :open :errors :timeline :side :beyond :first
local digest, token, lease = ARG.digest, ARG.token, num(ARG.lease_ms)
local id = redis.call('HGET', P .. 'imports', digest)
local c = id and open_campaign(id)
local importing = c and c.status == STATUS.importing
if ARG.again == 'own' and not (importing and redis.call('HGET', c.key, 'importer') == token) then
  return { ANSWER.lost, '' }
end
local lease_left = importing and num(redis.call('HGET', c.key, 'importLease')) - NOW or 0
-- Without a worker to keep the clock, TIME may have stepped back: ignore a lease longer than one.
if lease_left > 0 and lease_left <= lease and redis.call('HGET', c.key, 'importer') ~= token then
  return { ANSWER.busy, id }
end
-- If no row of a cancelled campaign was ever tried, the same bytes may be imported again: people
-- cancel in order to correct. With `--again`, all earlier campaigns of the bytes are checked.
local function was_never_tried(known)
  return known.status == STATUS.cancelled and redis.call('HGET', known.key, 'attempts') == '0'
    and guard_is_open()
end
local function last_tried(known)
  while known and was_never_tried(known) do
    local before = redis.call('HGET', known.key, 'againOf')
    known = before and open_campaign(before)
  end
  return known
end
local function tried_rows(known)
  if known.status ~= STATUS.cancelled then return -1 end
  local untried = redis.call('HMGET', known.key .. ':counts', STATE.cancelled, STATE.rejected,
    STATE.duplicate, STATE.suppressed)
  return known.rows - num(untried[1]) - num(untried[2]) - num(untried[3]) - num(untried[4])
end
local again_of = id
if c and not importing and ARG.again ~= '1' then
  local known = last_tried(c)
  if known then return { ANSWER.known, known.id, tried_rows(known) } end
  again_of = nil
end
if not importing and ARG.fresh == 'refuse' then return { ANSWER.none, '' } end

local answer = ANSWER.restarted
if importing then again_of = redis.call('HGET', c.key, 'againOf') end
if not importing then
  answer = ANSWER.begun
  local guard = check_guard(ARG.reading, ARG.process, num(ARG.settle_ms), 'importer')
  -- This start of Redis is not confirmed yet: it may have lost campaigns.
  if guard.stopped then reserve_serials() end
  local seen = parse_reading(ARG.reading)
  if seen and seen.serial > num(redis.call('GET', P .. 'serial')) then
    redis.call('SET', P .. 'serial', seen.serial)
  end
  id = number_name() .. '-' .. redis.call('INCR', P .. 'serial')
  count_act()
  if num(ARG.test_ms) == 0 then
    redis.call('HSET', P .. 'imports', digest, id)
    redis.call('ZADD', P .. 'campaigns', WALL, id)
  end
end
keep_clock()
index_live(id)
local key = P .. 'campaign:' .. id
-- The batches of an importer that died stay until they are stored again: how far they may reach.
local marks = redis.call('HMGET', key, 'stored', 'storedMax')
local stored_max = math.max(num(marks[1]), num(marks[2]))
for _, suffix in ipairs({ '', ':counts', ':ready', ':errors', ':timeline', ':side', ':first',
  ':beyond' }) do
  redis.call('UNLINK', key .. suffix)
end
redis.call('HSET', key, 'epoch', WALL, 'createdAt', WALL, 'status', STATUS.importing, 'reason', '',
  'rows', 0, 'stored', 0, 'people', 1, 'attempts', 0, 'importer', token,
  'importLease', NOW + lease, 'digest', digest)
if stored_max > 0 then redis.call('HSET', key, 'storedMax', stored_max) end
if again_of then redis.call('HSET', key, 'againOf', again_of) end
for at = REST, #ARGV, STEP do redis.call('HSET', key, EACH.field, EACH.value) end
if num(ARG.test_ms) > 0 then limit_test(key, id, num(ARG.test_ms)) end
return { answer, id }
