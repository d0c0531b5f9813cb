set edit:completion:arg-completer[smspin] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) SMSPIN_COMPLETE="elvish" smspin -- $@words) | to-lines
}
