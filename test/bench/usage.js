/** Preloaded with --import: leaves the peak memory of the process, in megabytes, in the file that BENCH_USAGE names. */
import { writeFileSync } from 'node:fs';

process.on('exit', () => writeFileSync(process.env.BENCH_USAGE, String(Math.round(process.resourceUsage().maxRSS / 1024))));
