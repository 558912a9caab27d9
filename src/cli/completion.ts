import { accept } from "../core/refusal.ts";
import { type Command, type CommandSpec, type ProgramShape, refuseUsage } from "./command.ts";

const SHELLS: Readonly<Record<string, (program: ProgramShape) => string>> = { bash, zsh, fish };

export const spec: CommandSpec = {
  name: "completion",
  harmless: true,
  args: [{ syntax: "<shell>", description: "bash, zsh or fish", choices: Object.keys(SHELLS) }],
  options: [],
  summary: "a script that completes commands and options in your shell",
  examples: [
    "source <(dropcast completion bash)",
    "dropcast completion zsh > ~/.zfunc/_dropcast",
    "dropcast completion fish > ~/.config/fish/completions/dropcast.fish",
  ],
};

/** `completion bash|zsh|fish`: made from the same program that reads the command line. */
export const run: Command = async (_, { args: [shell = ""], program }) => {
  const write = SHELLS[shell];
  if (write === undefined) {
    return refuseUsage(`Unknown shell "${shell}".`, `Give ${Object.keys(SHELLS).join(", ")}.`);
  }
  const script = write(await program());
  return accept({ json: { shell, script }, text: script.trimEnd() });
};

/** Names of files are completed by the shell itself, where no word of ours fits. */
function bash({ name, commands, options }: ProgramShape): string {
  const cases = commands.map((command) => {
    const words = [...command.words, ...command.options.map(({ flag }) => flag)];
    return `    ${command.name}) words="${words.join(" ")}" ;;`;
  });
  const first = [...commands.map((command) => command.name), ...options.map(({ flag }) => flag)];
  return `# bash completion of ${name}: source <(${name} completion bash)
_${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${first.join(" ")}"
  else
    case \${COMP_WORDS[1]} in
${cases.join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}
`;
}

function zsh({ name, commands }: ProgramShape): string {
  const list = commands.map((command) => `    ${quoted(`${command.name}:${command.summary}`)}`);
  const cases = commands.map(({ name: command, words, options }) => {
    const flags = options.map(({ flag, description, takesValue }) =>
      quoted(`${flag}[${description.replace(/[[\]:]/g, " ")}]${takesValue ? ":value:_files" : ""}`),
    );
    const first = words.length === 0 ? [] : [quoted(`1:action:(${words.join(" ")})`)];
    return `    ${command}) _arguments ${[...flags, ...first, quoted("*:file:_files")].join(" ")} ;;`;
  });
  return `#compdef ${name}
_${name}() {
  local -a commands
  commands=(
${list.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${cases.join("\n")}
  esac
}
compdef _${name} ${name}
`;
}

function fish({ name, commands }: ProgramShape): string {
  const lines = commands.flatMap((command) => {
    const within = `-n '__fish_seen_subcommand_from ${command.name}'`;
    const words = command.words.join(" ");
    return [
      `complete -c ${name} -n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.summary)}`,
      ...(words === "" ? [] : [`complete -c ${name} ${within} -f -a ${quoted(words)}`]),
      ...command.options.map(
        ({ flag, description, takesValue }) =>
          `complete -c ${name} ${within} -l ${flag.slice(2)} ${takesValue ? "-r " : ""}-d ${quoted(description)}`,
      ),
    ];
  });
  return `# fish completion of ${name}\n${lines.join("\n")}\n`;
}

/** In single quotes, for all three shells alike: an apostrophe would end them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "’")}'`;
}
