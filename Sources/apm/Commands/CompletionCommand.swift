// completion: scripts for the shells. They know nothing of apm: at each tab they ask it, so that
// they fit every version and complete the names of workers that exist.

import ArgumentParser

struct Complete: Act {
    static let configuration = CommandConfiguration(
        entry: "completion",
        discussion: """
            bash: apm completion bash > /etc/bash_completion.d/apm
            zsh: apm completion zsh > /usr/local/share/zsh/site-functions/_apm
            fish: apm completion fish > ~/.config/fish/completions/apm.fish
            """)

    @Argument(help: ArgumentHelp("bash, zsh or fish.", valueName: "shell"))
    var words: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        guard words.count == 1, let script = CompletionScripts.named[words[0]] else {
            let given = words.isEmpty ? "" : ", not \(Visible.text(words.joined(separator: " ")))"
            throw .usage(
                "completion needs the name of a shell\(given)",
                now: "apm completion bash, or zsh, or fish")
        }
        try session.console.print(script)
        return .ok
    }
}

enum CompletionScripts {
    static let named = ["bash": bash, "zsh": zsh, "fish": fish]

    static let bash = #"""
        # Completes apm in bash: source this, or put it into /etc/bash_completion.d.
        _apm() {
            local line
            COMPREPLY=()
            while IFS= read -r line; do
                if [[ $line == :files ]]; then
                    compopt -o default 2>/dev/null
                    return
                fi
                line=${line%%$'\t'*}
                # What a shell would read is put there as the word that it is.
                if [[ $line == *[^[:alnum:]_.,:=@+/#-]* || $line == '#'* ]]; then
                    printf -v line %q "$line"
                fi
                COMPREPLY+=("$line")
            done < <("${COMP_WORDS[0]}" __complete bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
        }
        complete -F _apm apm

        """#

    static let zsh = #"""
        #compdef apm
        # Completes apm in zsh: source this, or put it as _apm into a folder of $fpath.
        _apm() {
            local -a found
            local line
            local answer=$("${words[1]}" __complete zsh "${(@Q)words[2,CURRENT]}" 2>/dev/null)
            for line in "${(@f)answer}"; do
                [[ -z $line ]] && continue
                if [[ $line == :files ]]; then
                    _files
                    return
                fi
                found+=("${${line//:/\\:}/$'\t'/:}")
            done
            _describe apm found
        }
        if [[ ${funcstack[1]} == _apm ]]; then
            _apm "$@"
        else
            compdef _apm apm
        fi

        """#

    static let fish = #"""
        # Completes apm in fish: put this into ~/.config/fish/completions/apm.fish.
        function __apm_complete
            set -l words (commandline -opc) (commandline -ct)
            set -l found (command $words[1] __complete fish $words[2..-1] 2>/dev/null)
            if test "$found[1]" = :files
                __fish_complete_path (commandline -ct)
            else
                printf '%s\n' $found
            end
        end
        complete -c apm -f -a '(__apm_complete)'

        """#
}
