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
