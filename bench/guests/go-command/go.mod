module ostiary/bench/guests/go-command

go 1.24
