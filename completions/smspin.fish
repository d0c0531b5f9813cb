complete --keep-order --exclusive --command smspin --arguments "(SMSPIN_COMPLETE=fish smspin -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
