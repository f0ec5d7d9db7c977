import path from "node:path";
import { Argument, Command } from "commander";
import { loadConfig } from "../../config/load.ts";
import { candidates, configIn } from "../complete.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { DEFAULT_CONFIG, withExamples } from "../options.ts";

/** The hidden command that the shells' functions ask; it answers with one word a line, or `:files`. */
export const COMPLETE = "__complete";

const BASH = `# bootwire completion bash
_bootwire() {
  local answer
  answer=$(bootwire ${COMPLETE} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
  if [ "$answer" = :files ]; then
    compopt -o default
    COMPREPLY=()
  else
    mapfile -t COMPREPLY <<<"$answer"
    [ -n "$answer" ] || COMPREPLY=()
  fi
}
complete -F _bootwire bootwire
`;

const ZSH = `#compdef bootwire
# bootwire completion zsh
_bootwire() {
  local answer
  answer=$(bootwire ${COMPLETE} -- "\${(@)words[2,CURRENT]}" 2>/dev/null) || return
  if [[ $answer == :files ]]; then
    _files
  elif [[ -n $answer ]]; then
    compadd -- \${(f)answer}
  fi
}
if [[ \${funcstack[1]} == _bootwire ]]; then _bootwire "$@"; else compdef _bootwire bootwire; fi
`;

const FISH = `# bootwire completion fish
function __bootwire_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l answer (bootwire ${COMPLETE} -- $words[2..-1] 2>/dev/null)
    if test "$answer" = :files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $answer
    end
end
complete -c bootwire -f -a '(__bootwire_complete)'
`;

const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
type Shell = keyof typeof SCRIPTS;
const SHELLS = ["bash", "zsh", "fish"] as const satisfies readonly Shell[];

/** `bootwire completion`: the script that makes a shell complete our commands, options and machines. */
export function completionCommand({ io, run }: Cli): Command {
  const command = new Command("completion")
    .summary("print a shell's completion script")
    .description(
      "Print the script that makes a shell complete commands, options, their values and the names of machines.",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action(async (shell: Shell) =>
      run({}, async () => {
        io.out(SCRIPTS[shell]);
        return EXIT.ok;
      }),
    );
  return withExamples(command, [
    "bootwire completion bash > /etc/bash_completion.d/bootwire",
    'bootwire completion zsh > "${fpath[1]}/_bootwire"',
    "bootwire completion fish > ~/.config/fish/completions/bootwire.fish",
  ]);
}

/** The hidden command behind the scripts. A config that cannot be read only means that there are no names. */
export function completeCommand({ io, run }: Cli): Command {
  return new Command(COMPLETE)
    .argument("[words...]")
    .allowUnknownOption()
    .action(async (words: readonly string[], _options: unknown, command: Command) =>
      run({}, async () => {
        const loaded = await loadConfig(path.resolve(configIn(words) ?? DEFAULT_CONFIG));
        const machines = loaded.ok ? loaded.config.hosts.map((host) => host.name) : [];
        const found = command.parent ? candidates(command.parent, words, machines) : undefined;
        if (found?.kind === "files") io.out(":files\n");
        else if (found) io.out(found.words.map((word) => `${word}\n`).join(""));
        return EXIT.ok;
      }),
    );
}
