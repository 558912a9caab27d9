/**
 * A reporter that prints why a run failed as soon as it has: vitest's own one waits for the end,
 * which may be an hour away.
 */
export default class {
  onTestCaseResult(test) {
    const { state, errors } = test.result();
    if (state !== "failed") return;
    for (const { stack, message } of errors) {
      console.error(`${test.module.relativeModuleId}: ${stack ?? message}`);
    }
  }
}
