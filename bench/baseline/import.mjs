import { createReadStream } from "node:fs";
import { Queue } from "bullmq";
import { parse } from "csv-parse";
import { parsePhoneNumberFromString } from "libphonenumber-js";
import { connect, QUEUE } from "./campaign.mjs";

/** Fastest of the sizes tried: smaller ones cost round trips, larger ones block Redis. */
const CHUNK_JOBS = 1_000;

/**
 * Reads a list and adds a job for each valid, new phone. The job id is the row's place, so that an
 * import that is repeated adds nothing twice as long as the jobs are kept.
 *
 * `removeOnComplete` as BullMQ takes it; a week by default, for that reason.
 */
export async function importList({ socket, path, campaign, removeOnComplete }) {
  const connection = connect(socket);
  const queue = new Queue(QUEUE, {
    connection,
    defaultJobOptions: {
      attempts: 5,
      backoff: { type: "exponential", delay: 1_000 },
      removeOnComplete: removeOnComplete ?? { age: 7 * 24 * 3600 },
    },
  });
  const seen = new Set();
  const result = { rows: 0, added: 0, rejected: 0, duplicates: 0 };
  let jobs = [];
  const addJobs = async () => {
    await queue.addBulk(jobs);
    result.added += jobs.length;
    jobs = [];
  };

  const records = createReadStream(path).pipe(parse({ columns: true, bom: true, trim: true }));
  for await (const record of records) {
    result.rows++;
    const { phone, ...values } = record;
    const parsed = parsePhoneNumberFromString(phone, "PL");
    if (!parsed?.isValid()) {
      result.rejected++;
      continue;
    }
    const to = parsed.number.slice(1);
    if (seen.has(to)) {
      result.duplicates++;
      continue;
    }
    seen.add(to);
    const row = result.rows;
    const data = { campaign, row, to, values };
    jobs.push({ name: "message", data, opts: { jobId: `${campaign}-${row}` } });
    if (jobs.length === CHUNK_JOBS) await addJobs();
  }
  if (jobs.length > 0) await addJobs();

  await queue.close();
  connection.disconnect();
  return result;
}
