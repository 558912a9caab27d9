/** A role's answer at `/metrics`. */
export interface Scrape {
  readonly contentType: string;
  /** Never rejects. */
  text(): Promise<string>;
}
