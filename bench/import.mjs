// A list into Redis: checked, normalised, deduplicated, stored. Dropcast and the plain sender.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  loadNow,
  machine,
  median,
  reachedOrNot,
  spread,
  table,
  writeSection,
} from "../scripts/results.mjs";
import { campaignFile } from "./rig/campaign.mjs";
import { dropcastEnv, plainEnv } from "./rig/environment.mjs";
import { temporaryFolder } from "./rig/folder.mjs";
import { writeList } from "./rig/list.mjs";
import { startProcess } from "./rig/process.mjs";
import { startRedis } from "./rig/redis.mjs";

const PER_SECOND_MIN = 100_000;
const RSS_BYTES_MAX = 250 * 1_024 * 1_024;
const RATIO_MIN = 10;
const GROWTH_MAX = 0.15;
/** Enough for the compiler to have done its work, as in a producer that has run for a while. */
const WARM_UP_ROWS = 50_000;
/** Shorter lists are imported so often, for one takes a tenth of a second. */
const SHORT_ROUNDS = 5;
const MEBIBYTE = 1_024 * 1_024;

export async function measure({ rows = 1_000_000, rounds = 3, fsync, profile, results, command }) {
  const load = loadNow();
  const modes = fsync === undefined ? ["always", "everysec"] : [fsync];
  const dir = temporaryFolder();
  const campaignPath = join(dir, "campaign.json");
  writeFileSync(campaignPath, campaignFile("Bench"));
  const plainRows = Math.ceil(rows / 10);
  const list = (name, count, serial) => {
    const path = join(dir, `${name}.csv`);
    writeList({ path, rows: count, serial });
    return { path, rows: count };
  };
  const lists = {
    warmUp: list("warm-up", Math.min(rows, WARM_UP_ROWS), 1),
    whole: list("whole", rows, 2),
    plain: list("plain", plainRows, 3),
    shorter: [100, 10].map((part) =>
      Array.from({ length: SHORT_ROUNDS }, (_, at) =>
        list(`short-${part}-${at}`, Math.ceil(rows / part), 10 * part + at),
      ),
    ),
  };
  const found = [];
  let redisVersion = "";
  for (const mode of modes) {
    for (let round = 1; round <= rounds; round++) {
      for (const sender of ["dropcast", "plain"]) {
        const redis = await startRedis({ appendfsync: mode });
        redisVersion = redis.version;
        try {
          const input = { redis, lists, campaignPath, dir, profile };
          const one = await (sender === "plain" ? importPlain(input) : importDropcast(input));
          found.push({ mode, sender, ...one });
          console.error(`${mode} ${round} ${sender}: ${JSON.stringify(one)}`);
        } finally {
          await redis.stop();
        }
      }
    }
  }
  const process = await startProcess("stages");
  const stages = await process.call("measure", lists.plain.path);
  await process.stop();
  writeSection({
    file: results,
    name: "import",
    lines: [
      "## Import",
      "",
      `\`${command}\` - ${rows.toLocaleString("en")} rows of 6 columns ` +
        `(plain sender: ${plainRows.toLocaleString("en")}), ${rounds} rounds each, alternating. ` +
        machine({ redisVersion, load }),
      ...modes.flatMap((mode) => report(mode, found)),
      ...stageReport(stages, found),
    ],
  });
}

async function importDropcast({ redis, lists, campaignPath, dir, profile }) {
  const env = dropcastEnv({ socket: redis.socket, port: 1, ratePerSecond: 1_000, dir });
  const execArgv = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const importer = await startProcess("dropcast", { env, execArgv });
  const importList = async ({ path, rows }) => {
    const redisBefore = await redis.cpuSeconds();
    const imported = await importer.call("importList", { campaignPath, csvPath: path });
    const redisMicros = ((await redis.cpuSeconds()) - redisBefore) * 1e6;
    if (imported.rows !== rows) throw new Error(`Imported ${imported.rows} of ${rows} rows`);
    const { id, startedAt, endedAt, cpuMicros } = imported;
    const { pending } = await importer.call("counts", id);
    if (pending !== rows) throw new Error(`${pending} of ${rows} rows are to be sent`);
    await importer.call("cancel", id);
    return {
      perSecond: (rows / (endedAt - startedAt)) * 1_000,
      cpu: cpuMicros / rows,
      redis: redisMicros / rows,
    };
  };
  try {
    await importList(lists.warmUp);
    const shorter = [];
    for (const group of lists.shorter) {
      const cpus = [];
      for (const list of group) cpus.push((await importList(list)).cpu);
      shorter.push({ rows: group[0].rows, cpu: median(cpus) });
    }
    const whole = await importList(lists.whole);
    return { ...whole, rssBytes: await importer.call("peakRssBytes"), shorter };
  } finally {
    await importer.call("stop").catch(() => {});
    await importer.stop();
  }
}

async function importPlain({ redis, lists }) {
  const env = plainEnv({ socket: redis.socket, port: 1, ratePerSecond: 1_000 });
  const importer = await startProcess("plain", { env });
  try {
    await importer.call("importList", { campaign: "warm-up", csvPath: lists.warmUp.path });
    const { path, rows } = lists.plain;
    const redisBefore = await redis.cpuSeconds();
    const imported = await importer.call("importList", { campaign: "list", csvPath: path });
    const redisMicros = ((await redis.cpuSeconds()) - redisBefore) * 1e6;
    return {
      perSecond: (rows / (imported.endedAt - imported.startedAt)) * 1_000,
      cpu: imported.cpuMicros / rows,
      redis: redisMicros / rows,
      rssBytes: await importer.call("peakRssBytes"),
    };
  } finally {
    await importer.call("stop").catch(() => {});
    await importer.stop();
  }
}

function report(mode, found) {
  const of = (sender, figure) =>
    found.filter((one) => one.mode === mode && one.sender === sender).map((one) => one[figure]);
  const row = (sender, name) => [
    name,
    ...["perSecond", "cpu", "redis"].map((figure) => spread(of(sender, figure))),
    spread(of(sender, "rssBytes").map((bytes) => bytes / MEBIBYTE)),
  ];
  const own = median(of("dropcast", "perSecond"));
  const ratio = own / median(of("plain", "perSecond"));
  const rss = Math.max(...of("dropcast", "rssBytes"));
  const whole = median(of("dropcast", "cpu"));
  const shorter = of("dropcast", "shorter");
  const sizes = shorter[0].map(({ rows }, at) => ({
    rows,
    cpu: median(shorter.map((round) => round[at].cpu)),
  }));
  const growth = Math.max(...sizes.map(({ cpu }) => whole / cpu)) - 1;
  const inWords = sizes.map(
    ({ rows, cpu }) => `${rows.toLocaleString("en")} rows: ${cpu.toFixed(1)}`,
  );
  return [
    "",
    `### appendfsync ${mode}`,
    "",
    ...table(
      ["", "rows/s", "importer, CPU µs per row", "Redis, CPU µs per row", "importer, MiB at most"],
      [row("dropcast", "Dropcast"), row("plain", "plain sender")],
    ),
    "",
    `- rows/s: ${Math.round(own).toLocaleString("en")}; to reach: ${PER_SECOND_MIN.toLocaleString("en")}: ${reachedOrNot(own >= PER_SECOND_MIN)}`,
    `- ${ratio.toFixed(1)} x plain; to reach: ${RATIO_MIN} x: ${reachedOrNot(ratio >= RATIO_MIN)}`,
    `- memory of the importer: ${Math.round(rss / MEBIBYTE)} MiB at most; to reach: 250: ${reachedOrNot(rss <= RSS_BYTES_MAX)}`,
    `- CPU µs per row, ${inWords.join(", ")}, all: ${whole.toFixed(1)}; to reach: at most 15 % more than ` +
      `shorter ones, which carry what each import costs once: ${reachedOrNot(growth <= GROWTH_MAX)}`,
  ];
}

function stageReport(stages, found) {
  const own = median(found.filter(({ sender }) => sender === "dropcast").map(({ cpu }) => cpu));
  const redis = median(found.filter(({ sender }) => sender === "dropcast").map((one) => one.redis));
  const known = ["prepare", "digest", "parse", "phones", "judge", "preflight", "pack", "people"];
  const sum = known.reduce((total, stage) => total + stages[stage], 0);
  const words = {
    digest: "second SHA-256",
    prepare: "first reading: SHA-256, encoding, dialect, columns",
    parse: "second reading: SHA-256 left out, csv-parse",
    phones: "phones",
    judge: "template values, duplicates",
    preflight: "preflight: countries, time zones, warnings",
    pack: "rows to JSON, deflated",
    people: "index of people: a keyed digest of each",
  };
  return [
    "",
    "### What each stage costs",
    "",
    ...table(
      ["stage", "CPU µs per row"],
      [
        ...known.map((stage) => [words[stage], stages[stage].toFixed(2)]),
        [
          "all else: asking for opt-outs, sending to Redis, collecting more garbage",
          (own - sum).toFixed(2),
        ],
        ["Redis (its own process)", redis.toFixed(2)],
      ],
    ),
    "",
    `Without the short cut for plain phones, these would cost ${stages.fullPhones.toFixed(1)} µs a row.`,
  ];
}
