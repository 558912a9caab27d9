/** One thing that was looked at. `fix` is there unless all is well. */
export interface Check {
  readonly name: string;
  readonly verdict: "ok" | "warn" | "fail";
  readonly message: string;
  readonly fix?: string;
}
