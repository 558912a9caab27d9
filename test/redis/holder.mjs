// A process that acquires the Redis of the folder in argv[2], tells what it got in one line, and
// releases it when its standard input ends.
import { acquireRedis } from "../../dist/redis/embedded.js";

const acquired = await acquireRedis({ redisUrl: null, dataDir: process.argv[2], say: () => {} });
if (!acquired.ok) throw new Error(acquired.refusal.message);
process.stdout.write(`${JSON.stringify(acquired.value)}\n`);
process.stdin.on("end", () => void acquired.value.release().then(() => process.exit(0))).resume();
