module bench/go-policy

go 1.24
