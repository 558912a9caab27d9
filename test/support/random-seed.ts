/** Properties take their random values from the seed of the run, as the fault runs do. */
import fc from "fast-check";
import { seedOfRun } from "./volume.ts";

fc.configureGlobal({ seed: seedOfRun() });
