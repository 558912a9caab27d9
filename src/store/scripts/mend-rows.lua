-- Takes rejected rows of one batch into the campaign as a person corrected them: rejected -> pending.
--- @include "base"
--- @include "ledger"
--- @include "guard"
-- Atomic because: the stored rows, the ledger and the counters change together, and only while nobody
-- else has rewritten stored rows since the caller read them (`rewrites`): else two of them could undo
-- each other, or put one person into two rows.
-- KEYS: 1 slot key of the number
-- ARGV: 1 campaign  2 batch  3 `rewrites` as the caller read it  4 the batch's rows blob, corrected;
--       then each row
-- Returns: {-1} no such campaign, or its rows are deleted · {-2} stored rows were rewritten meanwhile: read them again ·
--   {0, closed|importing|ended} nothing more of it is sent, or not yet · {1, rows mended, rewrites now}
-- Keys built: by-end, with-rows, guard, resends, running, scheduled, endings, halt, campaign:<id>
--   and its :counts :errors :timeline :pricing :unknown :ready :open :batch:<batch>
--   :ledger:<batch>
local c, batch = open_rows(ARGV[1]), num(ARGV[2])
if not c then return { -1 } end
local f = redis.call('HMGET', c.key, 'rewrites', 'endBy')
if c.closed ~= '' then return { 0, c.closed } end
if c.status == 'importing' then return { 0, 'importing' } end
if num(f[2]) > 0 and num(f[2]) <= WALL then return { 0, 'ended' } end
if num(f[1]) ~= num(ARGV[3]) then return { -2 } end
local key, fields = ledger_key(c, batch), {}
for at = 5, #ARGV do
  local row = num(ARGV[at])
  local r = decode(redis.call('HGET', key, row_field(row)))
  if batch_of(row) ~= batch or not fire(c, row, r, 'mend') then
    return redis.error_reply('ERR row ' .. row .. ' is no rejected row of the batch')
  end
  fields[#fields + 1] = row_field(row)
end
if #fields == 0 then return { 1, 0, num(f[1]) } end
count_act()
redis.call('SET', c.key .. ':batch:' .. batch, ARGV[4])
-- No value at all is how a row looks that nobody has touched.
redis.call('HDEL', key, unpack(fields))
local rewrites = redis.call('HINCRBY', c.key, 'rewrites', 1)
make_ready(c, batch, NOW)
go_on(c)
flush(c)
return { 1, #fields, rewrites }
