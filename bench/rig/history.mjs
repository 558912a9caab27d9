// Fills a Redis with campaigns that have ended, from one that was really sent.

/**
 * Copies of all keys of one finished campaign, in its place on every list of campaigns. Their ends
 * are spread evenly over `spanMs` before now. Names differ, the template is the same.
 *
 * What a campaign leaves elsewhere is not copied: the index of message ids, which is forgotten
 * after 40 days and is read by webhooks only.
 */
const COPY = `
local source, first, count, total = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local span, now, prefix = tonumber(ARGV[5]), tonumber(ARGV[6]), KEYS[1]
local own = prefix .. 'campaign:' .. source
local epoch, created = unpack(redis.call('HMGET', own, 'epoch', 'createdAt'))
for serial = first, first + count - 1 do
  local id = string.match(source, '^(.*)-%d+$') .. '-' .. string.format('%d', serial)
  local to, ended = prefix .. 'campaign:' .. id, now - math.floor(span * (total - serial + first) / total)
  local shift = now - ended
  for at = 7, #ARGV do redis.call('COPY', own .. ARGV[at], to .. ARGV[at]) end
  redis.call('HSET', to, 'name', 'Campaign ' .. serial, 'digest', redis.sha1hex(id),
    'createdAt', string.format('%d', created - shift), 'startedAt', string.format('%d', created - shift),
    'epoch', string.format('%d', epoch - shift), 'finishedAt', string.format('%d', ended))
  redis.call('ZADD', prefix .. 'campaigns', string.format('%d', created - shift), id)
  redis.call('ZADD', prefix .. 'by-end', string.format('%d', ended), id)
  redis.call('ZADD', prefix .. 'with-rows', string.format('%d', ended), id)
  redis.call('HSET', prefix .. 'imports', redis.sha1hex(id), id)
  redis.call('SET', prefix .. 'serial', string.format('%d', serial))
end`;

const COPIED_AT_ONCE = 250;

/** Makes `total` ended campaigns of the finished one with the id `source`, the newest one last. */
export async function copyCampaign({ client, prefix, source, total, spanMs }) {
  const own = `${prefix}campaign:${source}`;
  const suffixes = (await client.keys(`${own}*`)).map((key) => key.slice(own.length));
  const now = Date.now();
  const serial = Number(await client.get(`${prefix}serial`));
  for (let done = 0; done < total; done += COPIED_AT_ONCE) {
    const count = Math.min(COPIED_AT_ONCE, total - done);
    // The rest of the span is for those that come after.
    const span = Math.round((spanMs * (total - done)) / total);
    const args = [source, serial + done + 1, count, total - done, span, now, ...suffixes];
    await client.eval(COPY, 1, prefix, ...args);
  }
}
