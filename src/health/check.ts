/** The result of one check. `fix` is there unless it is ok. */
export interface Check {
  readonly name: string;
  readonly verdict: "ok" | "warn" | "fail";
  readonly message: string;
  readonly fix?: string;
}
