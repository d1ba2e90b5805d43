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
