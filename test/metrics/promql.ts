import { parser } from "@prometheus-io/lezer-promql";

/** What an expression reads: metrics with the labels that it compares, and those it groups by. */
export interface Reads {
  readonly metrics: readonly {
    readonly name: string;
    readonly labels: readonly { readonly name: string; readonly values: readonly string[] }[];
  }[];
  readonly groups: readonly string[];
}

/** Throws if it is not PromQL. A value that is a variable of Grafana counts as none. */
export function readsOf(expression: string): Reads {
  const text = expression.replaceAll("$__rate_interval", "5m").replaceAll("$number", "");
  const metrics: { name: string; labels: { name: string; values: string[] }[] }[] = [];
  const groups: string[] = [];
  parser.parse(text).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`No PromQL at ${node.from}: ${expression}`);
      const words = text.slice(node.from, node.to);
      const parent = node.node.parent?.name;
      if (node.name === "Identifier" && parent === "VectorSelector") {
        metrics.push({ name: words, labels: [] });
      } else if (node.name === "UnquotedLabelMatcher") {
        const [, name = "", value = ""] = /^(\w+)\s*(?:=~|!~|!=|=)\s*"(.*)"$/s.exec(words) ?? [];
        const values = value.split("|").filter((one) => /^[\w-]+$/.test(one));
        metrics.at(-1)?.labels.push({ name, values });
      } else if (node.name === "LabelName" && parent === "GroupingLabels") {
        groups.push(words);
      }
    },
  });
  return { metrics, groups };
}
