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
